package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/admin"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/workbench/eventfile"
)

// A recording is what Events has written so far.
type recording struct {
	mu    sync.Mutex
	lines bytes.Buffer
	hold  chan struct{} // nil; else a write waits for it
	ended chan error
	stop  context.CancelFunc
}

// record begins a recording, and returns once it is under way.
func (r *rig) record(t *testing.T, hold chan struct{}) *recording {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	rec := &recording{hold: hold, ended: make(chan error, 1), stop: cancel}
	begun := make(chan struct{})
	var once sync.Once
	go func() {
		rec.ended <- adminSource{r.host}.Events(ctx, func(lines []byte) error {
			once.Do(func() { close(begun) })
			if rec.hold != nil {
				<-rec.hold
			}
			rec.mu.Lock()
			defer rec.mu.Unlock()
			rec.lines.Write(lines)
			return nil
		})
	}()
	<-begun
	t.Cleanup(cancel)
	return rec
}

func (rec *recording) String() string {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.lines.String()
}

// events reads what was recorded.
func (rec *recording) events(t *testing.T) []eventfile.Event {
	t.Helper()
	all, err := eventfile.ReadAll("recording", strings.NewReader(rec.String()))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func kindsOf(all []eventfile.Event) string {
	var names []string
	for _, e := range all {
		names = append(names, string(e.Kind))
	}
	return strings.Join(names, " ")
}

func TestARecordingOfHandshakesIsPlayedAgain(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "farm.keys")
	if err := os.WriteFile(keys, []byte(session.NewKey().Encode()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hello := filepath.Join("..", "testdata", "modules", "hello.wasm")
	r := newRig(t, Config{FarmKeyFile: keys}, hello)
	rec := r.record(t, nil)
	for name, version := range versions {
		cfg := client(version)
		for range 2 {
			if _, err := visit(r.addr, cfg); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	// Each full handshake stores a session, and each resumption fetches one,
	// resumes it, and stores the next.
	r.eventually("all is recorded, and delivered", func() bool {
		return strings.Count(rec.String(), `"event":"insert"`) == 4 && r.value("hello", "insert") == 4
	})
	rec.stop()
	if err := <-rec.ended; err != nil {
		t.Error(err)
	}
	all := rec.events(t)
	if all[0].Kind != eventfile.Host || all[0].Node.String() != r.host.NodeID() {
		t.Errorf("the first line is %+v", all[0])
	}
	for _, e := range all[1:] {
		if !session.IsSealed(e.Session) || e.ServerName != "example.com" || e.Has("data") {
			t.Errorf("%+v", e)
		}
	}
	inserted := r.value("hello", "insert")
	for _, withKeys := range []string{keys, ""} {
		cfg := RunConfig{Module: hello, Events: strings.NewReader(rec.String()), EventsName: "recording", FarmKeyFile: withKeys}
		var out strings.Builder
		end, err := Run(t.Context(), cfg, func(s *RunStep) error { return json.NewEncoder(&out).Encode(s) })
		if err != nil || !end.OK() {
			t.Fatalf("%+v, %v", end, err)
		}
		if end.Metrics["insert"] != inserted || end.Metrics["get"] != 2 || len(end.Sessions) != r.host.cache.Len() {
			t.Errorf("metrics %v, %d sessions; on the server %d were inserted, and %d are there\n%s", end.Metrics, len(end.Sessions), inserted, r.host.cache.Len(), &out)
		}
	}
}

func TestARecordingSaysWhichPluginItWas(t *testing.T) {
	r := newRig(t, Config{}, sequencer)
	rec := r.record(t, nil)
	number := uint32(1)
	if name := r.host.plugins.NameOf(number); name != "sequencer" {
		t.Fatalf("plugin 1 is %q", name)
	}
	insert(t, r, "a", session.Source{Origin: abi.FromPlugin, Plugin: number})
	if err := r.host.cache.Remove("a", abi.Explicit, session.Source{Origin: abi.FromAdmin}); err != nil {
		t.Fatal(err)
	}
	hooks{r.host}.Miss(t.Context(), "m", session.Node{7})
	r.eventually("all is recorded", func() bool { return strings.Contains(rec.String(), `"event":"miss"`) })
	all := rec.events(t)
	if got := kindsOf(all); got != "host insert remove miss" {
		t.Fatal(got)
	}
	if e := all[1]; e.Plugin != "sequencer" || e.Origin != abi.FromPlugin {
		t.Errorf("%+v", e)
	}
	if e := all[2]; e.Has("plugin") || e.Reason != abi.Explicit || e.Origin != abi.FromAdmin {
		t.Errorf("%+v", e)
	}
	if e := all[3]; e.Home != (session.Node{7}) || e.Has("session") {
		t.Errorf("%+v", e)
	}
}

func insert(t *testing.T, r *rig, id session.ID, src session.Source) {
	t.Helper()
	now := r.host.clock.Now()
	meta := session.Meta{Created: now, Expires: now + 1e12}
	if err := r.host.cache.Insert(&session.Session{ID: id, Meta: meta, Sealed: r.host.keys.ring.Seal(id, meta, []byte("x"))}, abi.Overwrite, src); err != nil {
		t.Fatal(err)
	}
}

func TestWhatARecordingMissesIsCounted(t *testing.T) {
	r := newRig(t, Config{})
	hold := make(chan struct{})
	rec := r.record(t, hold)
	const events = tapBuffer + 1000
	for range events {
		insert(t, r, "a", session.Source{Origin: abi.FromClient})
	}
	close(hold)
	insert(t, r, "b", session.Source{Origin: abi.FromClient})
	r.eventually("the last is recorded, or counted", func() bool {
		var known uint64
		for _, e := range rec.events(t) {
			switch e.Kind {
			case eventfile.Insert:
				known++
			case eventfile.Dropped:
				known += e.Count
			}
		}
		return known == events+1
	})
	var dropped uint64
	for _, e := range rec.events(t) {
		dropped += e.Count
	}
	if dropped < 900 || dropped > 1001 {
		t.Errorf("%d are missing, and there was room for %d of %d", dropped, tapBuffer, events)
	}
}

func TestOnlySoManyRecord(t *testing.T) {
	r := newRig(t, Config{})
	var all []*recording
	for range maxTaps {
		all = append(all, r.record(t, nil))
	}
	listen := func() error {
		ctx, cancel := context.WithCancel(t.Context())
		return adminSource{r.host}.Events(ctx, func([]byte) error {
			cancel()
			return nil
		})
	}
	if err := listen(); !errors.Is(err, admin.ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	all[1].stop()
	if err := <-all[1].ended; err != nil {
		t.Error(err)
	}
	if err := listen(); err != nil {
		t.Errorf("after another has ended: %v", err)
	}
	for _, rec := range all {
		rec.stop()
	}
	for i, rec := range all {
		if i != 1 {
			<-rec.ended
		}
	}
	if r.host.taps.open() {
		t.Error("nobody records, and events are kept for somebody")
	}
}

func TestARecordingEndsWithItsHostOrItsListener(t *testing.T) {
	h, err := New(Config{Node: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{tb: t, host: h}
	rec := r.record(t, nil)
	gone := errors.New("the listener has gone")
	ended := make(chan error, 1)
	begun := make(chan struct{}, 8)
	go func() {
		lines := 0
		ended <- adminSource{h}.Events(t.Context(), func([]byte) error {
			begun <- struct{}{}
			if lines++; lines > 1 {
				return gone
			}
			return nil
		})
	}()
	<-begun
	insert(t, r, "a", session.Source{Origin: abi.FromClient})
	if err := <-ended; !errors.Is(err, gone) {
		t.Error(err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-rec.ended; err != nil {
		t.Error(err)
	}
}

// BenchmarkNotifyWithoutARecording is what it costs that somebody might record.
func BenchmarkNotifyWithoutARecording(b *testing.B) {
	h, err := New(Config{Node: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close(context.Background()) })
	ev := session.Event{Kind: abi.Insert, Session: &session.Session{ID: "a"}}
	b.ReportAllocs()
	for b.Loop() {
		h.notify(ev)
	}
}
