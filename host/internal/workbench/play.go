package workbench

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/workbench/eventfile"
)

// A player plays events to the plugin of a rig, one at a time. It belongs to one
// goroutine.
type player struct {
	cfg     RunConfig
	rig     *rig
	about   *Module
	events  []eventfile.Event
	tell    func(*Step) error
	tick    time.Duration // the sidecar's
	started int64         // when the plugin was loaded, by the clock
	metrics map[string]int64
	foreign bool // there was a session that no key here opens
	hinted  bool // and it was said that this is why
	named   bool // the module names its functions, or it was said that it does not
	end     End
}

// play moves the clock to an event and has it happen.
func (p *player) play(ctx context.Context, e *eventfile.Event) error {
	before := p.rig.clock.now()
	at := e.When(before)
	if err := p.pass(ctx, at); err != nil || p.end.Failed != "" {
		return err
	}
	p.rig.store.replays.Store(0)
	p.rig.farm.answerOnce(e.Reply, e.Has("reply") && e.Kind != eventfile.Answer)
	step := &Step{
		Event: string(e.Kind), Line: e.Line, At: Time(p.rig.clock.now()), Topic: e.Topic, Count: e.Count,
	}
	if at < before {
		step.Notes = append(step.Notes, fmt.Sprintf("recorded %v too late, behind what came after it: the clock stands still", time.Duration(before-at)))
	}
	if e.ID != "" {
		step.ID = printable([]byte(e.ID))
	}
	if e.Key != nil {
		step.Key = printable(e.Key)
	}
	p.end.Events++
	if err := p.happen(ctx, e, step); err != nil {
		return err
	}
	if err := p.settled(ctx, step); err != nil {
		return err
	}
	if p.rig.store.replays.Load() > maxReplays {
		step.Notes = append(step.Notes, fmt.Sprintf("the plugin asked for a replay more than %d times; does the handler of a replayed session ask for the next?", maxReplays))
	}
	if err := p.played(e); err != nil {
		return err
	}
	return p.finish(step)
}

// played hands the event on as it was played.
func (p *player) played(e *eventfile.Event) error {
	if p.cfg.Played == nil {
		return nil
	}
	return p.cfg.Played(eventfile.Append(nil, e))
}

// pass moves the clock. What falls due on the way happens at its time: sessions
// expire, and on_tick is called, once however many ticks there were, as on a
// host that was asleep.
func (p *player) pass(ctx context.Context, to int64) error {
	tick, due := p.nextTick(to)
	if due {
		if err := p.expire(ctx, tick); err != nil || p.end.Failed != "" {
			return err
		}
		p.rig.clock.move(tick)
		p.started = tick
		step := &Step{Event: string(eventfile.Tick), At: Time(tick), Notes: []string{"by the sidecar's tick"}}
		p.rig.store.replays.Store(0)
		p.rig.plugins.Tick(p.rig.name)
		if err := p.settled(ctx, step); err != nil {
			return err
		}
		if err := p.finish(step); err != nil || p.end.Failed != "" {
			return err
		}
	}
	if err := p.expire(ctx, to); err != nil || p.end.Failed != "" {
		return err
	}
	p.rig.clock.move(to)
	p.rig.cache.Expire() // tombstones
	return nil
}

// nextTick returns the last of the ticks that fall due until a time.
func (p *player) nextTick(to int64) (at int64, due bool) {
	if p.tick == 0 || !slices.Contains(p.about.Hooks, "on_tick") {
		return 0, false
	}
	n := (to - p.started) / int64(p.tick)
	return p.started + n*int64(p.tick), n > 0
}

// expire has the sessions expire whose life ends until a time, each at its own.
func (p *player) expire(ctx context.Context, until int64) error {
	for {
		over, any := p.rig.due(until)
		if !any {
			return nil
		}
		s, err := p.rig.cache.Get(over.id)
		if err != nil || s.Expires != over.end {
			continue // removed meanwhile, or replaced
		}
		p.rig.clock.move(over.end)
		p.rig.store.replays.Store(0)
		p.rig.farm.answerOnce(nil, false)
		_, _ = p.rig.cache.Get(over.id) // which finds that it is over
		step := &Step{Event: "expiry", At: Time(over.end), ID: printable([]byte(over.id))}
		if err := p.settled(ctx, step); err != nil {
			return err
		}
		if err := p.finish(step); err != nil || p.end.Failed != "" {
			return err
		}
	}
}

// happen has an event happen, and says what became of it.
func (p *player) happen(ctx context.Context, e *eventfile.Event, step *Step) error {
	switch e.Kind {
	case eventfile.Insert:
		p.insert(e, step)
	case eventfile.Get:
		p.get(e, step)
	case eventfile.Resume:
		p.resume(ctx, e, step)
	case eventfile.Miss:
		p.miss(ctx, e, step)
	case eventfile.Remove:
		p.remove(e, step)
	case eventfile.Message, eventfile.Lost:
		p.message(e, step)
	case eventfile.Request:
		return p.request(ctx, e, step)
	case eventfile.Tick:
		p.rig.plugins.Tick(p.rig.name)
		p.unheard(step, "on_tick")
	case eventfile.EventsLost:
		p.rig.plugins.Lose(p.rig.name, max(e.Count, 1))
		p.unheard(step, "on_events_lost")
	case eventfile.Reload:
		return p.reload(ctx, e, step)
	case eventfile.Answer:
		reply := e.Reply
		if e.Has("reply") && reply == nil {
			reply = []byte{}
		}
		p.rig.farm.answer(e.Topic, e.Node, reply)
	case eventfile.Farm:
		p.rig.farm.reach(e.Up)
	case eventfile.Dropped:
		step.Notes = append(step.Notes, fmt.Sprintf("the recording lacks %d events here: the server had more than it could write", e.Count))
	}
	return nil
}

// unheard says that the module does not export what the event is for.
func (p *player) unheard(step *Step, hook string) {
	if !slices.Contains(p.about.Hooks, hook) {
		step.Outcome = "the module does not export " + hook
	}
}

// byOthers is the number of whichever plugin is not the one that is run.
const byOthers = 1 << 31

// source is who causes an event, if not by default somebody else.
func source(e *eventfile.Event, by abi.Origin) session.Source {
	src := session.Source{Origin: by}
	if e.Has("origin") {
		src.Origin = e.Origin
	}
	if src.Origin == abi.FromPlugin {
		src.Plugin = byOthers
	}
	return src
}

// own reports whether the plugin that is run caused the event where it was
// recorded. It is left to it to do so again.
func (p *player) own(e *eventfile.Event, step *Step) bool {
	if !e.Has("plugin") || e.Plugin != p.rig.name {
		return false
	}
	step.Outcome = "left to the plugin, which did it itself where this was recorded"
	return true
}

// session makes the session that an event brings with it, or is about.
func (p *player) session(e *eventfile.Event) *session.Session {
	now := p.rig.clock.now()
	s := &session.Session{ID: e.ID, Sealed: e.Session, Meta: session.Meta{Created: now, Version: tls.VersionTLS13, Home: p.rig.node}}
	clear := e.Data
	if e.Has("session") {
		if meta, _, err := p.rig.keys.Open(e.ID, e.Session); err == nil {
			s.Meta = meta
		} else {
			p.foreign = true
		}
	} else if !e.Has("data") {
		clear = []byte("a session that was made up")
	}
	p.describe(e, s, clear)
	if s.Sealed == nil {
		s.Sealed = p.rig.keys.Seal(s.ID, s.Meta, clear)
	}
	return s
}

// suites are what sessions have that do not say, by version.
var suites = map[uint16]uint16{tls.VersionTLS12: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.VersionTLS13: tls.TLS_AES_128_GCM_SHA256}

// describe fills in what an event says of its session, and what follows.
func (p *player) describe(e *eventfile.Event, s *session.Session, clear []byte) {
	now := p.rig.clock.now()
	if e.Has("created") {
		s.Created = e.Created.From(now)
	}
	if e.Has("server_name") {
		s.ServerName = e.ServerName
	}
	if e.Has("alpn") {
		s.ALPN = e.ALPN
	}
	if e.Has("tls_version") {
		s.Version = e.Version
	}
	if e.Has("format") {
		s.Format = e.Format
	} else if !e.Has("session") {
		s.Format, _, _ = session.Sniff(clear)
	}
	if e.Has("home") {
		s.Home = e.Home
	}
	s.ClientCert = s.ClientCert || e.ClientCert
	s.Resumed = s.Resumed || e.Resumed
	switch {
	case e.Has("cipher_suite"):
		s.CipherSuite = e.CipherSuite
	case s.CipherSuite == 0:
		s.CipherSuite = suites[s.Version]
	}
	switch {
	case e.Has("expires"):
		s.Expires = e.Expires.From(now)
	case s.Expires == 0:
		s.Expires = eventfile.After(ttl).From(s.Created)
	}
}

// present returns the session that an event is about. One that is not in the
// cache is put there, as if it had been all along, if the event brings it.
func (p *player) present(e *eventfile.Event, step *Step) *session.Session {
	if s, err := p.rig.cache.Get(e.ID); err == nil {
		return s
	}
	if !e.HasSession() {
		return nil
	}
	s := p.session(e)
	var err error
	p.rig.quietly(e.ID, func() { err = p.rig.cache.Insert(s, 0, session.Source{Origin: abi.FromSnapshot}) })
	if err != nil {
		step.Notes = append(step.Notes, fmt.Sprintf("the session that the event brings can't be in the cache: %s", session.Code(err)))
		return nil
	}
	step.Notes = append(step.Notes, "the session was not in the cache: it is put there, and the plugin not told")
	return s
}

// absent is the outcome of an event about a session that is not there.
const absent = "NOT_FOUND"

func (p *player) insert(e *eventfile.Event, step *Step) {
	if p.own(e, step) {
		return
	}
	var flags uint32
	if e.Overwrite {
		flags = abi.Overwrite
	}
	err := p.rig.cache.Insert(p.session(e), flags, source(e, abi.FromClient))
	if err != nil {
		step.Outcome = session.Code(err).String()
		return
	}
	step.Outcome = "stored"
}

func (p *player) get(e *eventfile.Event, step *Step) {
	if p.present(e, step) == nil {
		step.Outcome = absent
		return
	}
	step.Outcome = "found"
	if _, err := p.rig.cache.Fetch(e.ID, source(e, abi.FromClient)); err != nil {
		step.Outcome = session.Code(err).String()
	}
}

func (p *player) resume(ctx context.Context, e *eventfile.Event, step *Step) {
	s := p.present(e, step)
	if s == nil {
		step.Outcome = absent
		return
	}
	step.Outcome = "refused"
	if p.rig.plugins.Resume(ctx, s) {
		step.Outcome = "allowed"
	}
	p.unheard(step, "on_session_resume")
}

func (p *player) miss(ctx context.Context, e *eventfile.Event, step *Step) {
	if _, err := p.rig.cache.Get(e.ID); err == nil {
		step.Outcome = "the session is in the cache: it was no miss"
		return
	}
	home := e.Home
	if !e.Has("home") {
		var genuine bool
		if home, genuine = p.rig.keys.Home([]byte(e.ID)); !genuine {
			home = otherNode
		}
	}
	p.rig.plugins.Miss(ctx, e.ID, home)
	step.Outcome = "still missing"
	if _, err := p.rig.cache.Get(e.ID); err == nil {
		step.Outcome = "inserted by the plugin"
	}
	p.unheard(step, "on_session_miss")
}

func (p *player) remove(e *eventfile.Event, step *Step) {
	if p.own(e, step) {
		return
	}
	s := p.present(e, step)
	if s == nil {
		if step.Outcome = absent; e.Reason == abi.Expired {
			step.Outcome = "gone already"
		}
		return
	}
	step.Outcome = "removed"
	switch e.Reason {
	case abi.Expired:
		p.rig.end(e.ID)
	case abi.Evicted:
		p.rig.forget(e.ID)
		p.rig.plugins.Notify(session.Event{
			Kind: abi.Remove, Reason: abi.Evicted, Source: session.Source{Origin: abi.FromHost},
			Seq: p.rig.cache.NextSeq(), Time: p.rig.clock.now(), Session: s,
		})
	case abi.Consumed:
		_ = p.rig.cache.Remove(e.ID, abi.Consumed, source(e, abi.FromClient)) // it is there
	default:
		_ = p.rig.cache.Remove(e.ID, abi.Explicit, source(e, abi.FromAdmin)) // it is there
	}
}

// message has a message arrive, or the news that some did not.
func (p *player) message(e *eventfile.Event, step *Step) {
	m := session.Message{From: e.Node, Topic: e.Topic, Key: string(e.Key), Data: e.Data}
	ev := p.rig.farm.event(abi.Message, m, 0)
	if e.Kind == eventfile.Lost {
		if e.Has("heard") {
			m.Heard = e.Heard.From(p.rig.clock.now())
		}
		ev = p.rig.farm.event(abi.Lost, m, max(e.Count, 1))
	}
	p.send(ev, step)
}

// send hands over what another node sent, and says what became of it.
func (p *player) send(ev session.Event, step *Step) {
	hook := "on_message"
	if ev.Kind == abi.Lost {
		hook = "on_messages_lost"
	}
	step.Outcome = "delivered"
	if !p.rig.farm.send(ev) {
		step.Outcome = fmt.Sprintf("not delivered: the plugin has not subscribed to %q", ev.Message.Topic)
		if topics := p.rig.farm.subscriptions(); len(topics) > 0 {
			step.Outcome += fmt.Sprintf(", but to %q", topics)
		}
	}
	p.unheard(step, hook)
}

func (p *player) request(ctx context.Context, e *eventfile.Event, step *Step) error {
	replied := make(chan []byte, 1)
	m := session.Message{From: e.Node, Topic: e.Topic, Key: string(e.Key), Data: e.Data, Reply: func(b []byte) error {
		select {
		case replied <- slices.Clone(b):
		default: // once is enough
		}
		return nil
	}}
	p.send(p.rig.farm.event(abi.Message, m, 0), step)
	if err := p.rig.settle(ctx); err != nil && !errors.Is(err, errDead) {
		return err
	}
	select {
	case b := <-replied:
		n := len(b)
		step.Outcome, step.Reply, step.ReplyLen = "replied", shown(b), &n
	default:
		if step.Outcome == "delivered" {
			step.Outcome = "no reply"
		}
	}
	return nil
}

func (p *player) reload(ctx context.Context, e *eventfile.Event, step *Step) error {
	for key, value := range e.Config {
		p.rig.settings.config[key] = value
	}
	refused, err := p.rig.reload(ctx)
	if err != nil {
		return err
	}
	if step.Outcome = "reloaded"; refused != "" {
		step.Outcome, step.Error = "refused: what ran before goes on", refused
		p.end.Refused++
	}
	return nil
}

// settled waits until the plugin is at rest.
func (p *player) settled(ctx context.Context, step *Step) error {
	err := p.rig.settle(ctx)
	if errors.Is(err, errDead) {
		step.Error = fmt.Sprintf("%v: %s", err, withoutStack(p.rig.status().LastError))
		p.end.Failed = err.Error()
		return nil
	}
	return err
}

// finish completes a step by what the plugin has done, and tells of it.
func (p *player) finish(step *Step) error {
	calls, notes := p.rig.seen.take()
	step.Calls, step.Notes = calls, append(step.Notes, notes...)
	step.Metrics = p.changes()
	p.hint(step)
	p.hintNames(step)
	return p.tell(step)
}

// changes returns what has become of the plugin's metrics since the last time.
func (p *player) changes() (all []Change) {
	now := map[string]int64{}
	for name, v := range p.rig.status().Values {
		now[name] = v.Value
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		before, known := p.metrics[name]
		if !known || before != now[name] {
			all = append(all, Change{name, before, now[name]})
		}
	}
	p.metrics = now
	return all
}

// hint says once that a farm key is missing, where that shows.
func (p *player) hint(step *Step) {
	if !p.foreign || p.hinted {
		return
	}
	for _, c := range step.Calls {
		for _, d := range c.Did {
			if d.Code == abi.Invalid.String() && (d.Call == "session_insert" || d.Call == "session_get") {
				p.hinted = true
				step.Notes = append(step.Notes, d.Call+" is INVALID: sessions of the events are sealed under a farm key that is not here; give that by --farm-key-file")
				return
			}
		}
	}
}

// hintNames says once that the module has no names, where that shows.
func (p *player) hintNames(step *Step) {
	if p.named || !slices.ContainsFunc(step.Calls, func(c Call) bool { return c.Fault != nil && len(c.Fault.Stack) > 0 }) {
		return
	}
	p.named = true
	step.Notes = append(step.Notes, "functions are numbers because the module has no names: build it without stripping them")
}

// conclude notes what the run leaves behind, while the plugin still runs.
func (p *player) conclude() {
	end := &p.end
	end.Sessions, end.Tombstones, end.Metrics = []Session{}, []string{}, map[string]int64{}
	for s := range p.rig.cache.All() {
		line := Session{ID: printable([]byte(s.ID)), ServerName: s.ServerName, Expires: Time(s.Expires), SealedLen: len(s.Sealed)}
		if s.Version != 0 {
			line.Version = tls.VersionName(s.Version)
		}
		end.Sessions = append(end.Sessions, line)
	}
	slices.SortFunc(end.Sessions, func(a, b Session) int { return cmp.Compare(a.ID, b.ID) })
	for id := range p.rig.cache.Removed() {
		end.Tombstones = append(end.Tombstones, printable([]byte(id)))
	}
	slices.Sort(end.Tombstones)
	st := p.rig.status()
	end.Pages = pages(st.MemoryPeak)
}

// count completes the end by what was counted, plugin_stop included.
func (p *player) count() error {
	for name, v := range p.metrics {
		p.end.Metrics[name] = v
	}
	seen := p.rig.seen
	seen.mu.Lock()
	defer seen.mu.Unlock()
	p.end.Calls, p.end.HostCalls, p.end.Fuel = seen.made, seen.hostCalls, seen.fuel
	p.end.Faults, p.end.Errors = seen.faults, seen.errors
	return nil
}
