package abi

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An example is one call of SPEC.md: the memory that the function reads, the
// call, and the memory that it wrote.
type example struct {
	before, after map[uint32][]byte // by address
	function      string
	args          []int64
	result        string // empty where the function has none
}

var (
	exampleBlock = regexp.MustCompile("(?s)```example\n(.*?)```")
	exampleCall  = regexp.MustCompile(`^call   (\w+)\((.*?)\)(?: -> (-?\d+))?$`)
	exampleDumps = regexp.MustCompile(`^(before|after ) ([0-9a-f]{4})  ((?:[0-9a-f]{2} ?)+?) +\|(.*)\|$`)
)

func parseExample(t *testing.T, text string) example {
	t.Helper()
	ex := example{before: make(map[uint32][]byte), after: make(map[uint32][]byte)}
	var next uint32 // where a continued dump goes on
	var start uint32
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if call := exampleCall.FindStringSubmatch(line); call != nil {
			ex.function, ex.result = call[1], call[3]
			for arg := range strings.SplitSeq(call[2], ", ") {
				if arg == "" {
					continue
				}
				n, err := strconv.ParseInt(arg, 0, 64)
				if err != nil {
					t.Fatal(err)
				}
				ex.args = append(ex.args, n)
			}
			continue
		}
		dump := exampleDumps.FindStringSubmatch(line)
		if dump == nil {
			t.Fatalf("neither a call nor a dump: %q", line)
		}
		at, _ := strconv.ParseUint(dump[2], 16, 32)
		b, err := hex.DecodeString(strings.ReplaceAll(dump[3], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := printable(b); got != dump[4] {
			t.Errorf("%q: the text is %q", line, got)
		}
		memory := ex.before
		if dump[1] == "after " {
			memory = ex.after
		}
		if uint32(at) != next || memory[start] == nil {
			start = uint32(at)
		}
		memory[start] = append(memory[start], b...)
		next = uint32(at) + uint32(len(b))
	}
	return ex
}

func printable(b []byte) string {
	return string(bytes.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '.'
		}
		return r
	}, bytes.ToValidUTF8(latin1(b), nil)))
}

// latin1 gives each byte its own rune, so that none is joined or lost.
func latin1(b []byte) []byte {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return []byte(string(runes))
}

// ranges finds the memory that a function reads and writes by its parameters'
// names: $x and $x_len are a range that is read, $buf and $cap (in random_fill
// $len) one that is written.
func ranges(names []string, args []int64) (reads map[uint32]int64, buf uint32, room int64) {
	reads = make(map[uint32]int64)
	for i := 0; i+1 < len(names); i++ {
		switch {
		case names[i] == "buf":
			buf, room = uint32(args[i]), args[i+1]
		case names[i+1] == names[i]+"_len":
			reads[uint32(args[i])] = args[i+1]
		}
	}
	return reads, buf, room
}

// TestSpecExamples checks the example calls: as many arguments as parameters,
// exactly the memory before that the function reads, and exactly the memory
// after that its result says it wrote.
func TestSpecExamples(t *testing.T) {
	for _, f := range specFunctions(t) {
		t.Run(f.name, func(t *testing.T) {
			blocks := exampleBlock.FindAllStringSubmatch(f.text, -1)
			if len(blocks) == 0 {
				t.Fatal("no example")
			}
			var names []string
			line := importLine.FindStringSubmatch(f.text)
			for _, p := range paramNames.FindAllStringSubmatch(line[3], -1) {
				names = append(names, p[1])
			}
			for _, block := range blocks {
				checkExample(t, f.name, names, results.MatchString(line[3]), parseExample(t, block[1]))
			}
		})
	}
}

func checkExample(t *testing.T, function string, names []string, hasResult bool, ex example) {
	t.Helper()
	if ex.function != function || len(ex.args) != len(names) || hasResult != (ex.result != "") {
		t.Fatalf("call of %s with %d arguments, result %q; %s has %v", ex.function, len(ex.args), ex.result, function, names)
	}
	reads, buf, room := ranges(names, ex.args)
	for at, n := range reads {
		if int64(len(ex.before[at])) != n {
			t.Errorf("%d bytes are read at %#x, the example shows %x", n, at, ex.before[at])
		}
		delete(ex.before, at)
	}
	for at, b := range ex.before {
		t.Errorf("nothing reads %x at %#x", b, at)
	}
	if got, want := int64(len(ex.after[buf])), written(t, function, ex.result, room); got != want {
		t.Errorf("%d bytes are written at %#x, the example shows %d", want, buf, got)
	}
	delete(ex.after, buf)
	for at, b := range ex.after {
		t.Errorf("nothing writes %x at %#x", b, at)
	}
}

// written is how many bytes a function wrote, from its result and its room.
func written(t *testing.T, function, result string, room int64) int64 {
	t.Helper()
	if result == "" || room == 0 {
		return 0
	}
	n, err := strconv.ParseInt(result, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case n < 0:
		return 0
	case function == "random_fill":
		return room
	case function == "event_read" || function == "state_read":
		return min(n, room)
	case n > room:
		return 0
	}
	return n
}

// TestSpecEventReadExample holds event_read's example against ReadAt.
func TestSpecEventReadExample(t *testing.T) {
	for _, f := range specFunctions(t) {
		if f.name != "event_read" {
			continue
		}
		ex := parseExample(t, exampleBlock.FindStringSubmatch(f.text)[1])
		e := exampleEvent()
		dst := make([]byte, ex.args[2])
		n := e.ReadAt(dst, uint32(ex.args[0]))
		if strconv.Itoa(n) != ex.result || !bytes.Equal(dst, ex.after[uint32(ex.args[1])]) {
			t.Errorf("ReadAt gives %d and %q, the example %s and %q", n, dst, ex.result, ex.after[uint32(ex.args[1])])
		}
		return
	}
	t.Fatal("no section event_read")
}
