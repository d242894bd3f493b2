package admin

import (
	"context"
	"errors"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// fakeSource is a Source that holds what it tells.
type fakeSource struct {
	plugins  []Plugin
	sessions map[session.ID]session.Session
	notReady error
	stats    Stats
	farm     *Farm
	genuine  map[session.ID]session.Node // ids that a farm's node made
	enabled  []string                    // names that Enable was called with
	events   []string                    // lines
}

func (f *fakeSource) Plugins() []Plugin { return f.plugins }
func (f *fakeSource) Ready() error      { return f.notReady }
func (f *fakeSource) Stats() Stats      { return f.stats }
func (f *fakeSource) Farm() *Farm       { return f.farm }
func (f *fakeSource) Remove(id session.ID) Removal {
	if s, ok := f.sessions[id]; ok {
		delete(f.sessions, id)
		return Removal{Session: &s}
	}
	if home, ok := f.genuine[id]; ok {
		return Removal{Home: home, Buried: time.Date(2026, 1, 3, 0, 5, 0, 7, time.FixedZone("", 3600))}
	}
	return Removal{}
}

func (f *fakeSource) Enable(_ context.Context, name string) (bool, error) {
	f.enabled = append(f.enabled, name)
	return name == "audit", f.notReady
}

func (f *fakeSource) Events(_ context.Context, write func([]byte) error) error {
	for _, lines := range f.events {
		if err := write([]byte(lines)); err != nil {
			return err
		}
	}
	return f.notReady
}

func (f *fakeSource) Session(id session.ID) (session.Session, bool) {
	s, ok := f.sessions[id]
	return s, ok
}

var errDraining = errors.New("draining")

// busySource is a Source of a host with one plugin that has seen some work.
func busySource() *fakeSource {
	var times Histogram
	times.Observe(1500 * time.Nanosecond)
	times.Observe(3 * time.Millisecond)
	return &fakeSource{
		plugins: []Plugin{{
			Name: "audit", File: "modules/audit.wasm", SHA256: "ab12", State: "running", Language: "Go",
			Hooks: []string{"on_session_insert"}, Instances: 1, Generation: 2,
			LoadedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), QueueCapacity: 65536, Calls: 3, Errors: 1,
		}},
		sessions: map[session.ID]session.Session{
			"\x01\xab": {
				ID: "\x01\xab", Sealed: []byte("sealed, and nobody's business"),
				Meta: session.Meta{
					Created: 1, Expires: 2_000_000_000, Version: 0x0304, CipherSuite: 0x1301, Format: abi.GoTLS,
					ServerName: "example.org", ALPN: "h2", Home: session.Node{1, 2, 3, 4, 5, 6},
				},
			},
		},
		genuine: map[session.ID]session.Node{"\x02": {1, 2, 3, 4, 5, 6}},
		stats: Stats{
			Cache: CacheStats{
				Sessions: 5, Bytes: 1234, Tombstones: 2, Inserts: 9, Gets: 8, Misses: 7, Removes: 4,
				Removals: map[abi.Reason]uint64{abi.Explicit: 3, abi.Expired: 1},
				Refusals: map[abi.Code]uint64{abi.Exists: 2, abi.Invalid: 1},
			},
			TLS: TLSStats{Full12: 1, Resumed12: 2, Full13: 3, Resumed13: 4, Refusals: map[abi.Code]uint64{abi.Invalid: 10}},
			Plugins: []PluginStats{{
				Name: "audit", Running: true,
				Calls: []HookStats{
					{Hook: "on_session_insert", Results: map[string]uint64{ResultOK: 2, "quarantined": 1}, Time: times},
					{Hook: "on_session_resume"},
				},
				Loads: map[string]uint64{ResultOK: 2}, QueueEvents: 6, EventsLost: 11, MemoryBytes: 65536,
				Values: []Value{{"inserts", 9}, {"depth", -3}},
			}},
		},
	}
}
