package workbench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// settings are a plugin's sidecar, and what is changed about it.
type settings struct {
	side   sidecar.Sidecar
	config map[string]any
	notes  []string // what of the sidecar is not as it says
}

// newSettings reads a sidecar; an empty one says nothing. name is for messages.
func newSettings(name string, data []byte) (*settings, error) {
	side, err := sidecar.Parse(name, data)
	if err != nil {
		return nil, err
	}
	s := &settings{side: *side}
	if s.config, err = decodeConfig(side.Config); err != nil {
		return nil, err
	}
	return s, nil
}

func decodeConfig(text []byte) (config map[string]any, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return config, dec.Decode(&config)
}

// tame takes out of the sidecar what goes by the wall clock, or by chance.
func (s *settings) tame() (tick time.Duration) {
	if !s.side.Enabled {
		s.notes = append(s.notes, "the sidecar disables the plugin; it is run all the same")
	}
	if s.side.Instances > 1 {
		s.notes = append(s.notes, fmt.Sprintf("the sidecar asks for %d instances; one is run", s.side.Instances))
	}
	tick = s.side.Tick
	s.side.Enabled, s.side.Instances, s.side.Tick, s.side.Gather = true, 1, 0, 0
	s.side.LogLines, s.side.MessageRate = 1_000_000, 10_000_000 // the most that a sidecar can say
	return tick
}

// set changes one value of [config], from "key=value". It has the type that it
// has in the sidecar, else the one that it looks like.
func (s *settings) set(assignment string) error {
	key, text, ok := strings.Cut(assignment, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not a setting: write KEY=VALUE", assignment)
	}
	old, there := s.config[key]
	switch old.(type) {
	case string:
		s.config[key] = text
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%s is true or false in the sidecar, and can't be %q", key, text)
		}
		s.config[key] = b
	case json.Number:
		n, ok := number(text)
		if !ok {
			return fmt.Errorf("%s is a number in the sidecar, and can't be %q", key, text)
		}
		s.config[key] = n
	default:
		if there {
			return fmt.Errorf("%s is an array or a table in the sidecar: change it there", key)
		}
		s.config[key] = guess(text)
	}
	return nil
}

// guess returns what text looks like: in quotes a string, true, false, a number,
// or else a string.
func guess(text string) any {
	if len(text) > 1 && text[0] == '"' {
		var unquoted string
		if json.Unmarshal([]byte(text), &unquoted) == nil {
			return unquoted
		}
	}
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	if n, ok := number(text); ok {
		return n
	}
	return text
}

// number returns text as a number that both JSON and TOML know.
func number(text string) (json.Number, bool) {
	var n json.Number
	if json.Unmarshal([]byte(text), &n) != nil || strings.HasPrefix(text, `"`) {
		return "", false
	}
	if _, err := n.Int64(); err == nil {
		return n, true
	}
	f, err := n.Float64()
	return n, err == nil && !math.IsInf(f, 0) && strings.ContainsAny(text, ".eE")
}

// text writes the settings as a sidecar. Revision makes it another content than
// that of another revision.
func (s *settings) text(revision int) []byte {
	var b bytes.Buffer
	d := &s.side
	fmt.Fprintf(&b, "# revision %d\nenabled = %v\n", revision, d.Enabled)
	if d.Grants != nil {
		fmt.Fprintf(&b, "grants = %s\n", tomlValue(grantList(d.Grants)))
	}
	fmt.Fprintf(&b, "instances = %d\nfuel = %d\nstart_fuel = %d\nmemory = \"%d\"\nqueue = %d\n", d.Instances, d.Fuel, d.StartFuel, uint64(d.Memory), d.Queue)
	if d.Tick > 0 {
		fmt.Fprintf(&b, "tick = %q\n", d.Tick.String())
	}
	if d.SHA256 != "" {
		fmt.Fprintf(&b, "sha256 = %q\n", d.SHA256)
	}
	fail := "open"
	if d.ResumeFailClosed {
		fail = "closed"
	}
	fmt.Fprintf(&b, "miss_deadline = %q\nresume_deadline = %q\nevent_deadline = %q\nresume_fail = %q\n", d.MissDeadline, d.ResumeDeadline, d.EventDeadline, fail)
	fmt.Fprintf(&b, "module_size = \"%d\"\ncompile_time = %q\nkv_bytes = \"%d\"\nkv_keys = %d\nmetric_names = %d\n", uint64(d.ModuleSize), d.CompileTime, uint64(d.KVBytes), d.KVKeys, d.MetricNames)
	fmt.Fprintf(&b, "log_lines = %d\nlog_line = \"%d\"\nsubscriptions = %d\nmessage_rate = %d\nqueue_bytes = \"%d\"\ngather = %q\n",
		d.LogLines, uint64(d.LogLine), d.Subscriptions, d.MessageRate, uint64(d.QueueBytes), d.Gather)
	fmt.Fprintf(&b, "config = %s\n", tomlValue(s.config))
	return b.Bytes()
}

func grantList(grants []abi.Grant) []any {
	all := make([]any, len(grants))
	for i, g := range grants {
		all[i] = string(g)
	}
	return all
}

// tomlValue writes what was decoded from JSON as TOML does, on one line.
func tomlValue(v any) string {
	switch v := v.(type) {
	case string:
		return tomlString(v)
	case json.Number:
		return tomlNumber(v)
	case []any:
		parts := make([]string, len(v))
		for i, inner := range v {
			parts[i] = tomlValue(inner)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, tomlString(key)+" = "+tomlValue(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v) // a boolean
}

// tomlNumber writes a number so that it stays one of its kind: what is no whole
// number of 64 bits is one with a fraction.
func tomlNumber(n json.Number) string {
	if _, err := n.Int64(); err == nil || strings.ContainsAny(n.String(), ".eE") {
		return n.String()
	}
	return n.String() + ".0"
}

// tomlString writes s as a basic string.
func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
