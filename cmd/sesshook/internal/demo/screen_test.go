package demo

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A fakeTerminal understands what a Screen writes, and nothing else. Its lines
// are those that were written since it was opened; what has scrolled off the top
// of the screen can't be reached any more.
type fakeTerminal struct {
	t             *testing.T
	columns, rows int
	lines         [][]rune
	row, column   int
	hidden        bool // the cursor
	updating      bool
	drawn         int // complete updates
}

func (f *fakeTerminal) size() (int, int) { return f.columns, f.rows }

func (f *fakeTerminal) Write(p []byte) (int, error) {
	for text := string(p); text != ""; {
		text = f.consume(text)
	}
	return len(p), nil
}

func (f *fakeTerminal) consume(text string) (rest string) {
	for sequence, do := range map[string]func(){
		hideCursor:  func() { f.hidden = true },
		showCursor:  func() { f.hidden = false },
		beginUpdate: func() { f.updating = true },
		endUpdate:   func() { f.updating, f.drawn = false, f.drawn+1 },
		clearLine:   func() { f.line(); f.lines[f.row] = f.lines[f.row][:f.column] },
		clearBelow: func() {
			f.line()
			f.lines[f.row] = f.lines[f.row][:f.column]
			f.lines = f.lines[:f.row+1]
		},
		lineUp: func() { f.row = max(f.row-1, len(f.lines)-f.rows, 0) },
		"\r\n": func() { f.row, f.column = f.row+1, 0 },
		"\r":   func() { f.column = 0 },
	} {
		if after, ok := strings.CutPrefix(text, sequence); ok && (sequence != "\r" || !strings.HasPrefix(text, "\r\n")) {
			do()
			return after
		}
	}
	if strings.HasPrefix(text, "\x1b[") { // colours
		end := strings.IndexByte(text, 'm')
		if end < 0 || strings.Trim(text[2:end], "0123456789;") != "" {
			f.t.Fatalf("what is %.20q?", text)
		}
		return text[end+1:]
	}
	r := []rune(text)[0]
	if r < ' ' {
		f.t.Fatalf("what is %q?", r)
	}
	f.put(r)
	return text[len(string(r)):]
}

// line makes the cursor's place.
func (f *fakeTerminal) line() {
	for len(f.lines) <= f.row {
		f.lines = append(f.lines, nil)
	}
	for len(f.lines[f.row]) < f.column {
		f.lines[f.row] = append(f.lines[f.row], ' ')
	}
}

func (f *fakeTerminal) put(r rune) {
	if f.column >= f.columns-1 {
		f.t.Fatalf("a line goes over column %d: %s", f.columns, string(f.lines[f.row]))
	}
	f.line()
	f.lines[f.row] = append(f.lines[f.row][:f.column], append([]rune{r}, f.lines[f.row][min(f.column+1, len(f.lines[f.row])):]...)...)
	f.column++
}

func (f *fakeTerminal) text() string {
	var b strings.Builder
	for _, l := range f.lines {
		b.WriteString(strings.TrimRight(string(l), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// views are moments of a demo.
func views() map[string]*View {
	cfg := testConfig()
	at := func(seconds float64, over bool) *View {
		v := newView(cfg, plan(cfg))
		v.Balancer, v.Note = "127.0.0.1:40001", "starting 3 nodes, each a sesshook serve"
		begins := []float64{0, 4.8, 10, 13.6, 16.4}
		for i, b := range begins {
			if seconds <= b {
				break
			}
			v.Note = plan(cfg)[i].done
			v.Marks = append(v.Marks, Mark{At: time.Duration(b * float64(time.Second)), Label: plan(cfg)[i].label})
			v.Rows[i] = Row{Title: v.Rows[i].Title, State: Running, Figures: Figures{
				Share: 1, Full: 0.4, Resumed: 317, CPU: 0.713, P50: 1.24, P99: 4.04, Messages: 318, Failed: i / 4,
			}}
			if i == 0 {
				v.Rows[0].Figures = Figures{Share: 0.3347, Full: 212, Resumed: 106, CPU: 2.318, P50: 2.04, P99: 14.4, Messages: 0}
			} else {
				v.Rows[i-1].State = Done
			}
		}
		for tick := 1; float64(tick)/8 <= seconds; tick++ {
			p := Point{At: time.Duration(tick) * time.Second / 8, Came: 40, Resumed: 40}
			if p.At < 6*time.Second {
				p.Resumed = 10 + tick%7
			}
			v.History = append(v.History, p)
		}
		v.Elapsed = time.Duration(seconds * float64(time.Second))
		for i := range v.Nodes {
			v.Nodes[i].Up, v.Nodes[i].PerSecond = seconds > 0 && (i != 1 || seconds < 13.6 || over), 106
		}
		if v.Over = over; over {
			v.Rows[4].State = Done
		}
		return v
	}
	return map[string]*View{"start": at(0, false), "begin": at(2.1, false), "killed": at(14.7, false), "over": at(20, true)}
}

func TestScreenLooks(t *testing.T) {
	all := views()
	for _, tt := range []struct {
		view          string
		columns, rows int
		style         Style
	}{
		{"start", 100, 30, Style{Unicode: true, Color: true}},
		{"begin", 100, 30, Style{Unicode: true, Color: true}},
		{"killed", 100, 30, Style{Unicode: true, Color: true}},
		{"killed", 80, 24, Style{}},
		{"killed", 60, 24, Style{Unicode: true}},
		{"killed", 30, 24, Style{Unicode: true}},
		{"killed", 100, 12, Style{Unicode: true}},
		{"killed", 100, 6, Style{Unicode: true}},
		{"over", 80, 10, Style{Unicode: true, Color: true}},
	} {
		name := fmt.Sprintf("%s-%dx%d", tt.view, tt.columns, tt.rows)
		t.Run(name, func(t *testing.T) {
			f := &fakeTerminal{t: t, columns: tt.columns, rows: tt.rows}
			s := NewScreen(f, tt.style, f.size)
			s.Show(all[tt.view])
			golden(t, name+".golden", f.text())
		})
	}
}

// Whatever was drawn before, the screen holds the last view and nothing else,
// and what stood above it is still there.
func TestScreenRedrawsInPlace(t *testing.T) {
	all := views()
	f := &fakeTerminal{t: t, columns: 100, rows: 30}
	_, _ = f.Write([]byte("$ sesshook demo\r\n"))
	s := NewScreen(f, Style{Unicode: true, Color: true}, f.size)
	for _, name := range []string{"start", "begin", "killed", "killed"} {
		s.Show(all[name])
		fresh := &fakeTerminal{t: t, columns: 100, rows: 30}
		NewScreen(fresh, s.style, fresh.size).Show(all[name])
		if got, want := f.text(), "$ sesshook demo\n"+fresh.text(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
		if !f.hidden {
			t.Error("the cursor is seen")
		}
	}
	f.rows = 12 // the window gets smaller, and then larger
	s.Show(all["killed"])
	f.rows = 30
	s.Show(all["killed"])
	s.Show(all["over"])
	if f.hidden || f.updating {
		t.Error("the cursor is not given back")
	}
	_, _ = f.Write([]byte("$ "))
	if got := f.text(); !strings.HasSuffix(got, "  1\n$\n") || !strings.HasPrefix(got, "$ sesshook demo\n") {
		t.Error(got)
	}
	if f.drawn != 7 {
		t.Errorf("%d updates", f.drawn)
	}
}

// A demo that ends before its clients came leaves nothing on the screen.
func TestScreenIsClearedWhereNothingWasMeasured(t *testing.T) {
	v := views()["start"]
	f := &fakeTerminal{t: t, columns: 80, rows: 24}
	s := NewScreen(f, Style{}, f.size)
	s.Show(v)
	v.Over = true
	s.Show(v)
	if got := f.text(); got != "\n" || f.hidden {
		t.Errorf("%q", got)
	}
}

func TestScreenCloseGivesTheCursorBack(t *testing.T) {
	f := &fakeTerminal{t: t, columns: 80, rows: 24}
	s := NewScreen(f, Style{}, f.size)
	s.Show(views()["begin"])
	s.Close()
	if f.hidden {
		t.Error("the cursor is hidden")
	}
}

func TestColoursOnlyWhereWanted(t *testing.T) {
	for _, colour := range []bool{false, true} {
		var b strings.Builder
		NewScreen(&b, Style{Unicode: true, Color: colour}, func() (int, int) { return 80, 24 }).Show(views()["killed"])
		if got := strings.Contains(b.String(), "m"+"▶") || strings.Contains(b.String(), "\x1b[32m"); got != colour {
			t.Errorf("colours are %v", got)
		}
	}
}

func TestStyleOf(t *testing.T) {
	for _, tt := range []struct {
		env  string
		want Style
	}{
		{"", Style{true, true}},
		{"NO_COLOR=1", Style{false, true}},
		{"NO_COLOR=", Style{true, true}},
		{"LANG=de_DE.UTF-8", Style{true, true}},
		{"LANG=C", Style{true, false}},
		{"LANG=C LC_CTYPE=en_US.utf8", Style{true, true}},
		{"LC_ALL=POSIX LANG=C.UTF-8", Style{true, false}},
	} {
		env := map[string]string{}
		for _, v := range strings.Fields(tt.env) {
			name, value, _ := strings.Cut(v, "=")
			env[name] = value
		}
		if got := styleOf(func(name string) string { return env[name] }); got != tt.want {
			t.Errorf("%s: %+v", tt.env, got)
		}
	}
}

func TestNoTerminalMeansLines(t *testing.T) {
	d, restore := NewDisplay(&strings.Builder{}, func(string) string { return "xterm" })
	restore()
	if _, ok := d.(*Lines); !ok {
		t.Errorf("%T", d)
	}
}
