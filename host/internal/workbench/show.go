package workbench

import (
	"fmt"
	"strings"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/workbench/eventfile"
)

// maxShown is how much of what a plugin sends, stores or logs is shown, in
// bytes.
const maxShown = 256

// sealMark is what every sealed session begins with; see session.Keyring.Seal.
const sealMark = "\xf5ssk"

// printable returns b as events have it. Of a seal, only how long it is: its bytes
// differ from run to run, and nobody needs them.
func printable(b []byte) string {
	if strings.Contains(string(b), sealMark) {
		return fmt.Sprintf("(%d bytes, sealed)", len(b))
	}
	return eventfile.Bytes(b)
}

// shown returns b where it is text that can be shown as it is, and no longer
// than people read; else nothing, and its length has to do. What is sealed is
// never text.
func shown(b []byte) string {
	if len(b) > maxShown || !eventfile.Readable(b) {
		return ""
	}
	return string(b)
}

// A flagName is what SPEC.md calls a bit.
type flagName[T any] struct {
	bit  T
	name string
}

var recordFlags = []flagName[abi.Flags]{
	{abi.Existing, "EXISTING"}, {abi.Replaced, "REPLACED"}, {abi.Resumed, "RESUMED"}, {abi.ClientCert, "CLIENT_CERT"}, {abi.Request, "REQUEST"},
}

var insertFlags = []flagName[uint32]{{abi.Overwrite, "OVERWRITE"}, {abi.Revive, "REVIVE"}}

func flagNames[T abi.Flags | uint32](flags T, names []flagName[T]) (set []string) {
	for _, f := range names {
		if flags&f.bit != 0 {
			set = append(set, f.name)
		}
	}
	return set
}

// levels are what the log's levels are called, from the highest.
var levels = []struct {
	level abi.Level
	name  string
}{{abi.Error, "error"}, {abi.Warn, "warn"}, {abi.Info, "info"}}

func levelName(l abi.Level) string {
	for _, known := range levels {
		if l >= known.level {
			return known.name
		}
	}
	return "debug"
}

// record describes an event as the plugin was told of it.
func record(ev *session.Event) *Record {
	r := &Record{Kind: ev.Kind.String(), Origin: ev.Source.Origin.String(), Seq: ev.Seq}
	if m := ev.Message; m != nil {
		r.Node, r.Topic, r.Data, r.DataLen = m.From.String(), m.Topic, shown(m.Data), len(m.Data)
		if m.Key != "" {
			r.Key = printable([]byte(m.Key))
		}
		if m.Reply != nil {
			r.Flags = flagNames(abi.Request, recordFlags)
		}
		return r
	}
	s, flags := ev.Session, ev.Flags
	if s.Resumed {
		flags |= abi.Resumed
	}
	if s.ClientCert {
		flags |= abi.ClientCert
	}
	if ev.Reason != abi.NoReason {
		r.Reason = ev.Reason.String()
	}
	r.ID, r.SessionLen, r.ServerName = printable([]byte(s.ID)), len(s.Sealed), s.ServerName
	r.Node, r.Flags = s.Home.String(), flagNames(flags, recordFlags)
	return r
}
