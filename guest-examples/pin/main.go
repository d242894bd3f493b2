// Command pin is a plugin that decides which sessions may be resumed: not those
// that are too old, were made under a TLS version below the least, or for a
// server name that is not (or no longer) served. README.md beside this file
// tells how it is configured.
//
// It stands on the handshake path, so it allocates nothing, and calls the host
// only for what it refuses.
package main

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
	"github.com/sesshook/sesshook/abi/guest/config"
)

//go:wasmexport plugin_start
func pluginStart() int32 { return guest.Run(start) }

//go:wasmexport on_session_resume
func onSessionResume(n uint32) int32 { return guest.HandleResume(n, resume) }

func main() {} // never runs: the hook is called

var (
	pins policy
	line []byte // reused for log lines
)

func start() error {
	raw, err := guest.Config()
	if err != nil {
		return err
	}
	pins = policy{}
	return config.Each(raw, pins.set)
}

func resume(e *guest.Event) (guest.Verdict, error) {
	c := pins.judge(e)
	if c == fine {
		return guest.Allow, nil
	}
	if guest.LogEnabled(abi.Debug) {
		guest.LogBytes(abi.Debug, describe(e, c))
	}
	// The verdict stands even where it could not be counted.
	_ = guest.MetricAdd(c.metric(), 1)
	return guest.Refuse, nil
}

// describe returns the line for a refusal, valid until the next one.
func describe(e *guest.Event, c cause) []byte {
	line = append(line[:0], "resumption refused: "...)
	line = append(line, c.text()...)
	if name := e.ServerName(); len(name) > 0 {
		line = append(line, ": server name "...)
		line = append(line, name...)
	}
	return line
}
