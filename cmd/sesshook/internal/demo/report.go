package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
)

// A Report is what a demo has measured. Its JSON is documented by the command's
// help; fields may be added, but what is there keeps its name and meaning.
type Report struct {
	Version     string  `json:"version"`
	Complete    bool    `json:"complete"` // false: it ended early, and the last phases are missing
	Nodes       int     `json:"nodes"`
	Clients     int     `json:"clients"`
	Mode        string  `json:"mode"`
	Seconds     number  `json:"seconds"` // of all phases
	CPUs        int     `json:"cpus"`
	Certificate string  `json:"certificate"`
	Plugin      string  `json:"plugin_sha256"`
	NewerPlugin string  `json:"newer_plugin_sha256"`
	Failed      int     `json:"failed"`
	Cut         int     `json:"cut"`
	Phases      []Phase `json:"phases"`
}

// A Phase is one phase of a Report. Its figures are of the time after its change
// has taken effect, but for Failed and Cut, which are of all of it.
type Phase struct {
	Name string `json:"phase"`
	Figures
	Begun   number `json:"begun"`   // seconds since the first phase began
	Below   number `json:"below"`   // seconds of Changed in which less than 99% resumed, by half seconds
	Changed Change `json:"changed"` // until then

	title  string
	shares bool
}

// Figures are what was measured for a while.
type Figures struct {
	Share      number `json:"resumption_share"` // of the handshakes of clients that came with a session
	ShareTLS12 number `json:"resumption_share_tls12"`
	ShareTLS13 number `json:"resumption_share_tls13"`
	Full       number `json:"full_per_second"`
	Resumed    number `json:"resumed_per_second"`
	CPU        number `json:"cpu_ms_per_handshake"`
	P50        number `json:"p50_ms"`
	P99        number `json:"p99_ms"`
	Messages   number `json:"messages_per_second"`
	Failed     int    `json:"failed"`
	Cut        int    `json:"cut"`
	Handshakes int    `json:"handshakes"`
	Seconds    number `json:"seconds"`
}

// A Change is the part of a phase that its figures leave out.
type Change struct {
	Seconds    number `json:"seconds"`
	Handshakes int    `json:"handshakes"`
	Share      number `json:"resumption_share"`
}

// report returns what the phases that have ended were like.
func (d *director) report(complete bool) *Report {
	r := &Report{
		Version: d.cfg.Version, Complete: complete, Nodes: d.cfg.Nodes, Clients: d.cfg.Clients, Mode: d.cfg.Mode,
		CPUs: runtime.GOMAXPROCS(0), Certificate: certificateKind,
		Plugin: hashOf(d.cfg.Module), NewerPlugin: hashOf(newer(d.cfg.Module)), Phases: []Phase{},
	}
	for _, a := range d.acts {
		if a.ended.IsZero() {
			continue
		}
		p := a.report(d.begun)
		r.Failed += p.Failed
		r.Cut += p.Cut
		r.Seconds = seconds(a.ended.Sub(d.begun))
		r.Phases = append(r.Phases, p)
	}
	return r
}

func (a *act) report(begun time.Time) Phase {
	p := Phase{
		Name: a.phase.name, title: a.phase.title, shares: a.phase.shares,
		Figures: a.figures(a.ended), Begun: seconds(a.begun.Sub(begun)), Below: seconds(a.below),
		Changed: Change{Seconds: seconds(a.settled.Sub(a.begun)), Handshakes: a.before.handshakes, Share: a.before.share()},
	}
	return p
}

func seconds(d time.Duration) number { return number(d.Round(time.Millisecond).Seconds()) }

// WriteJSON writes the report as one JSON document.
func (r *Report) WriteJSON(out io.Writer) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteSummary says in words what the table says in numbers, and what it leaves
// out.
func (r *Report) WriteSummary(out io.Writer) error {
	var b strings.Builder
	for _, s := range r.sentences() {
		b.WriteString("\n  " + strings.Join(wrap(s, summaryWidth), "\n  ") + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *Report) sentences() (all []string) {
	if len(r.Phases) == 0 {
		return nil
	}
	if s := r.contrast(); s != "" {
		all = append(all, s, r.delays())
	}
	return append(all, r.failures(),
		"share: of the clients that came with a session, those that resumed it. CPU: of the nodes, for all that they do: handshake, page, plugin, messages. "+
			"p50, p99: from TCP connect to the end of the handshake. Figures of a phase begin when its change has taken effect.",
		fmt.Sprintf("%d clients, half of them with TLS 1.2 and half with 1.3, the balancer and NATS run on the same %d processors as the nodes. "+
			"The certificate is %s; with ECDSA a full handshake costs less. The newer share.wasm is the same code with a custom section added.", r.Clients, r.CPUs, certificateKind))
}

// contrast compares the first phase with the second.
func (r *Report) contrast() string {
	if len(r.Phases) < 2 {
		return ""
	}
	without, with := &r.Phases[0], &r.Phases[1]
	s := fmt.Sprintf("With share.wasm %s of returning clients resumed, instead of %s", with.Share.percent(), without.Share.percent())
	if without.CPU.known() && with.CPU.known() {
		s += fmt.Sprintf("; a handshake took %s ms of the nodes' CPU time, instead of %s", with.CPU.text(2), without.CPU.text(2))
	}
	return s + "."
}

// delays says how long it was below the goal in each phase.
func (r *Report) delays() string {
	var late, never, always []string
	for i := range r.Phases {
		switch p := &r.Phases[i]; {
		case !p.shares:
		case p.Share < goal:
			always = append(always, p.title)
		case p.Below > 0:
			late = append(late, "for "+p.Below.text(1)+" s ("+p.title+")")
		default:
			never = append(never, p.title)
		}
	}
	if len(never) > 0 {
		late = append(late, "at no time ("+strings.Join(never, ", ")+")")
	}
	if len(always) > 0 {
		late = append(late, "on the whole ("+strings.Join(always, ", ")+")")
	}
	return "Less than 99 % resumed " + strings.Join(late, ", ") + "."
}

func (r *Report) failures() string {
	s := "No visit failed"
	if r.Failed == 1 {
		s = "One visit failed"
	} else if r.Failed > 1 {
		s = fmt.Sprintf("%d visits failed", r.Failed)
	}
	switch {
	case r.Cut == 1:
		s += "; one connection was cut by the kill, and its client came again"
	case r.Cut > 1:
		s += fmt.Sprintf("; %d connections were cut by the kill, and their clients came again", r.Cut)
	}
	return s + "."
}

// summaryWidth is that of the text below the table, in bytes.
const summaryWidth = 76

// wrap makes lines of at most width bytes of a text.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
