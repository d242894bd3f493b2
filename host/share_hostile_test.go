package host

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A rogue is a node of a farm that has its keys and says what it likes: as much
// as a hostile plugin can, and more.
type rogue struct {
	t    *testing.T
	farm *bus.Farm
	keys *session.Keyring
	node session.Node

	removed int // sessions that were removed from who took them
}

func (f *shareFarm) rogue(t *testing.T, name string) *rogue {
	t.Helper()
	keys, err := session.NewKeyring([]session.Key{f.key})
	if err != nil {
		t.Fatal(err)
	}
	r := &rogue{t: t, keys: keys, node: nodeID(name)}
	r.farm, err = bus.New(bus.Config{Name: "eu-1", Node: r.node, Keys: keys, Transport: f.network.Join(name)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.farm.Close() })
	return r
}

func (r *rogue) say(key session.ID, data string) {
	r.t.Helper()
	if err := r.farm.Publish("share", []byte(key), []byte(data)); err != nil {
		r.t.Fatal(err)
	}
}

// Messages of share: see package replica.
const (
	shareInsert = "\x01\x01"
	shareRemove = "\x01\x02"
	shareAsk    = "\x01\x04"
	shareState  = "\x01\x05"
	shareAck    = "\x01\x06"
	shareBatch  = "\x01\x07"
	shareFetch  = "\x01\x09"
)

// session makes one as a node would, that lives from created to expires.
func (r *rogue) session(id session.ID, created, expires time.Time) []byte {
	return r.keys.Seal(id, session.Meta{Created: created.UnixNano(), Expires: expires.UnixNano(), Format: abi.GoTLS, Version: tls.VersionTLS13, Home: r.node}, []byte("state"))
}

func batchOf(entries ...string) string {
	return shareBatch + strings.Repeat("\x00", 12) + strings.Join(entries, "")
}

func sessionEntry(id session.ID, sealed []byte) string {
	b := binary.LittleEndian.AppendUint16([]byte{1}, uint16(len(id)))
	b = binary.LittleEndian.AppendUint32(append(b, id...), uint32(len(sealed)))
	return string(append(b, sealed...))
}

func tombstoneEntry(id session.ID) string {
	return string(append(binary.LittleEndian.AppendUint16([]byte{2}, uint16(len(id))), id...))
}

// settle has the rogue say something that is taken, again and again, and waits
// for it: whichever instance has got what it said before has dealt with that.
func (r *rogue) settle(victim *rig) {
	r.t.Helper()
	for range 32 {
		id, now := r.keys.NewID(r.node), time.Now()
		r.say(id, shareInsert+string(r.session(id, now, now.Add(time.Hour))))
		victim.eventually("a genuine session is taken", func() bool {
			_, err := victim.host.cache.Get(id)
			return err == nil
		})
		if err := victim.host.cache.Remove(id, abi.Expired, session.Source{Origin: abi.FromHost}); err != nil {
			r.t.Fatal(err)
		}
		r.removed++
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// What others make up is refused and counted, and a genuine session that they
// have seen gets no longer life, no other id and no second copy.
func testForgedMessages(t *testing.T, cache string) {
	f := newShareFarm(t, cache, "push", "a", "b")
	victim, mallory := f.nodes[1], f.rogue(t, "mallory")
	// A session of a client of a's, which mallory has heard, and its client.
	kept := client(tls.VersionTLS13)
	kept.ClientSessionCache = &keepsake{}
	if _, err := visit(f.nodes[0].addr, kept); err != nil {
		t.Fatal(err)
	}
	victim.eventually("the session is here", func() bool { return victim.host.cache.Len() == 1 })
	var mine *session.Session
	for s := range victim.host.cache.All() {
		mine = s
	}
	mallory.settle(victim)

	now := time.Now()
	stranger := session.RandomKeyring()
	fresh := func() session.ID { return mallory.keys.NewID(mallory.node) }
	altered := func(n int) []byte {
		b := slices.Clone(mine.Sealed)
		b[n] ^= 1
		return b
	}
	type said struct {
		key  session.ID
		data string
	}
	all := map[string][]said{
		"another version":     {{fresh(), "\x02" + shareInsert[1:] + string(mine.Sealed)}, {mine.ID, "\x00" + shareRemove[1:]}, {mine.ID, "\x02" + shareRemove[1:]}},
		"a removal with more": {{mine.ID, shareRemove + "x"}},
		"another farm's key":  {{fresh(), shareInsert + string(stranger.Seal(fresh(), session.Meta{Created: now.UnixNano(), Expires: now.Add(time.Hour).UnixNano()}, []byte("state")))}},
		"another farm's session and id": func() (all []said) {
			id := stranger.NewID(mallory.node)
			return []said{{id, shareInsert + string(stranger.Seal(id, session.Meta{Created: now.UnixNano(), Expires: now.Add(time.Hour).UnixNano()}, []byte("state")))}}
		}(),
		"under another id": {{fresh(), shareInsert + string(mine.Sealed)}, {"", batchOf(sessionEntry(fresh(), mine.Sealed))}},
		"in clear":         {{fresh(), shareInsert + "state in clear, which share may not insert"}},
		"a life that is over": {{"", func() string {
			id := fresh()
			return batchOf(sessionEntry(id, mallory.session(id, now.Add(-2*time.Hour), now.Add(-time.Hour))))
		}()}},
		"a session of no bytes":   {{fresh(), shareInsert}, {"", batchOf(sessionEntry(fresh(), nil))}},
		"ids that are made up":    {{session.ID(random(32)), shareRemove}, {session.ID(random(1)), shareRemove}, {session.ID(random(256)), shareRemove}, {"", batchOf(tombstoneEntry(session.ID(random(32))), tombstoneEntry(session.ID(random(16))))}},
		"ids of another farm":     {{stranger.NewID(mallory.node), shareRemove}, {"", batchOf(tombstoneEntry(stranger.NewID(mallory.node)))}},
		"batches that lie":        {{"", shareBatch}, {"", batchOf("\x01\xff\xff")}, {"", batchOf("\x01\x20\x00" + string(mine.ID) + "\xff\xff\xff\xff")}, {"", batchOf("\x03\x01\x00x")}},
		"answers to nothing":      {{"", shareAck + strings.Repeat("\x01", 12)}, {"", shareState + strings.Repeat("\x03", 9)}},
		"questions that are none": {{"", shareAsk}, {"", shareAsk + strings.Repeat("\xff", 24)}, {"", shareFetch}},
	}
	for n := range mine.Sealed {
		all["altered bytes"] = append(all["altered bytes"], said{mine.ID, shareInsert + string(altered(n))}, said{"", batchOf(sessionEntry(mine.ID, altered(n)))})
	}
	for n := range 300 {
		all["random bytes"] = append(all["random bytes"], said{session.ID(random(1 + n%256)), string(random(1 + n*7))}, said{fresh(), shareInsert + string(random(n+1))}, said{"", shareBatch + string(random(n))})
	}
	for name, messages := range all {
		for _, m := range messages {
			mallory.say(m.key, m.data)
		}
		mallory.settle(victim)
		after := victim.host.Status()
		if after.Cache.Sessions != 1 || after.Cache.Tombstones != mallory.removed {
			t.Errorf("%s: %d sessions and %d tombstones, want 1 and %d", name, after.Cache.Sessions, after.Cache.Tombstones, mallory.removed)
		}
	}
	if got, err := victim.host.cache.Get(mine.ID); err != nil || got.Expires != mine.Expires || !slices.Equal(got.Sealed, mine.Sealed) {
		t.Errorf("the session that was there: %v", err)
	}
	victim.resumes(kept, true)
	victim.eventually("all of it is counted", func() bool {
		return victim.value("share", "refused") >= 200 && victim.value("share", "malformed") >= 200
	})
	if p := victim.host.Status().Plugins[0]; p.State != "running" || p.Generation != 1 || p.LastError != "" || p.EventsLost != 0 {
		t.Errorf("%+v", p)
	}

	// A node gives a session whatever life it likes; here it has no more than the
	// host's own.
	id := fresh()
	mallory.say(id, shareInsert+string(mallory.session(id, now, now.Add(MaxTTL))))
	victim.eventually("it is taken", func() bool { _, err := victim.host.cache.Get(id); return err == nil })
	if s, _ := victim.host.cache.Get(id); s.Expires != now.UnixNano()+int64(DefaultTTL) {
		t.Errorf("it lives for %v", time.Duration(s.Expires-now.UnixNano()))
	}
	// The same again with more life left overwrites nothing.
	mallory.say(mine.ID, shareInsert+string(mallory.session(mine.ID, now, now.Add(MaxTTL))))
	mallory.settle(victim)
	if got, err := victim.host.cache.Get(mine.ID); err != nil || !slices.Equal(got.Sealed, mine.Sealed) {
		t.Errorf("it was overwritten: %v", err)
	}
}

// A session that was removed is refused whoever sends it again, and however.
func testReplayedMessages(t *testing.T, cache string) {
	f := newShareFarm(t, cache, "both", "a", "b")
	a, b, mallory := f.nodes[0], f.nodes[1], f.rogue(t, "mallory")
	var old []*session.Session
	var kept []*tls.Config
	for n := range 20 {
		cfg := client(tls.VersionTLS12 + uint16(n%2))
		cfg.ClientSessionCache = &keepsake{}
		if _, err := visit(a.addr, cfg); err != nil {
			t.Fatal(err)
		}
		b.resumes(cfg, true) // and gets another session, which it does not keep
		kept = append(kept, cfg)
	}
	b.eventually("the sessions are everywhere", func() bool { return a.host.cache.Len() == 40 && b.host.cache.Len() == 40 })
	for s := range b.host.cache.All() {
		old = append(old, s)
	}
	for _, s := range old {
		if err := a.host.cache.Remove(s.ID, abi.Explicit, session.Source{Origin: abi.FromAdmin}); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually("they are nowhere", func() bool { return b.host.cache.Len() == 0 })
	// As they were, and, since mallory has the farm's keys, with a longer life and
	// made later than they were removed.
	for _, s := range old {
		later := time.Now().Add(time.Minute)
		again := mallory.session(s.ID, later, later.Add(MaxTTL))
		for _, sealed := range [][]byte{s.Sealed, again} {
			mallory.say(s.ID, shareInsert+string(sealed))
			mallory.say("", batchOf(sessionEntry(s.ID, sealed)))
		}
		mallory.say(s.ID, shareRemove) // changes nothing
	}
	// And in answer to a pull.
	if _, err := mallory.farm.Subscribe("share.pull", func(ev session.Event) {
		if ev.Message.Reply != nil {
			_ = ev.Message.Reply([]byte(shareFetch + "\x01" + string(old[0].Sealed)))
		}
	}); err != nil {
		t.Fatal(err)
	}
	mallory.settle(b)
	for _, r := range f.nodes {
		for _, cfg := range kept {
			r.resumes(cfg, false)
		}
		for _, s := range old {
			if got, err := r.host.cache.Get(s.ID); err == nil {
				t.Errorf("%x is back: %+v", s.ID[:4], got.Meta)
			}
		}
		r.eventually("refusals are counted", func() bool { return r.value("share", "refused_removed") >= 4*int64(len(old)) })
	}
}

// flooder is the hostile plugin that publishes as much as it can to the topic of
// share.
var flooder = filepath.Join("..", "testdata", "hostile", "message-flood.wasm")

// A plugin that floods is bounded by its message_rate. Beside it, and on the
// other nodes, handshakes go on, sessions are shared, and nothing grows.
func testFlood(t *testing.T, cache string) {
	rate := 20_000
	if underRace {
		rate = 1000 // so that it reaches its limit
	}
	f := newShareFarm(t, cache, "push", "a", "b")
	a, b := f.nodes[0], f.nodes[1]
	c := f.throng(4, false)
	c.until(time.Now(), 100)
	before, tombstones := heap(), b.host.Status().Cache.Tombstones
	a.put("message-flood.toml", fmt.Appendf(nil, "grants = [\"messages\", \"metrics\"]\ntick = \"10ms\"\nmessage_rate = %d\n", rate))
	a.put("message-flood.wasm", read(t, flooder))
	begun, sent := time.Now(), a.host.farm.Status().Sent.Messages
	if err := a.host.Reload(); err != nil {
		t.Fatal(err)
	}
	var most uint64
	for a.value("message-flood", "sent") < int64(4*rate) {
		select {
		case <-t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
		if time.Since(begun) > 60*time.Second {
			t.Fatalf("it has sent %d: %+v", a.value("message-flood", "sent"), a.host.pluginStatus())
		}
		most = max(most, heap())
		if w := a.host.farm.Status().Waiting; w > 8<<20 {
			t.Errorf("%d bytes wait to be sent", w)
		}
		for _, st := range b.host.pluginStatus() {
			if st.Queue > st.QueueLimit || st.QueueBytes > 80<<20 {
				t.Errorf("%d events, %d bytes wait for %s", st.Queue, st.QueueBytes, st.Name)
			}
		}
	}
	took, flood := time.Since(begun), a.host.farm.Status().Sent.Messages-sent
	if limit := uint64(float64(rate) * (took.Seconds() + 2)); flood > limit || a.value("message-flood", "limited") == 0 {
		t.Errorf("%d messages in %v, %d times refused", flood, took, a.value("message-flood", "limited"))
	}
	resumed, returns := c.since(begun)
	t.Logf("%d messages in %v; %d of %d clients resume meanwhile; %d MiB in use before, %d at most", flood, took.Round(time.Millisecond), resumed, returns, before>>20, most>>20)
	if returns < 100 || float64(resumed) < 0.9*float64(returns) {
		t.Errorf("%d of %d resume under the flood", resumed, returns)
	}
	if most > before+400<<20 {
		t.Errorf("memory went from %d to %d MiB", before>>20, most>>20)
	}
	for _, name := range []string{"message-flood.wasm", "message-flood.toml"} {
		if err := os.Remove(filepath.Join(a.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.host.Reload(); err != nil {
		t.Fatal(err)
	}
	c.end()
	for _, failure := range c.failures {
		t.Errorf("a handshake failed %s", failure)
	}
	f.expectSame(t)
	st := b.host.Status()
	if st.Cache.Tombstones != tombstones {
		t.Errorf("ids that were made up have %d tombstones", st.Cache.Tombstones-tombstones)
	}
	if p := st.Plugins[0]; p.State != "running" || p.LastError != "" {
		t.Errorf("%+v", p)
	}
	b.eventually("all of it is counted", func() bool { return b.value("share", "refused") >= int64(rate) })
}

// A node that asks for everything, again and again, and never says that anything
// has come, makes the others neither stop nor grow.
func testFloodOfQuestions(t *testing.T, cache string) {
	f := newShareFarm(t, cache, "push", "a", "b")
	a, b, mallory := f.nodes[0], f.nodes[1], f.rogue(t, "mallory")
	if _, err := mallory.farm.Subscribe("share."+mallory.node.String(), func(session.Event) {}); err != nil {
		t.Fatal(err)
	}
	c := f.throng(4, false)
	c.until(time.Now(), 200)
	before, begun := heap(), time.Now()
	var most uint64
	for n := 0; time.Since(begun) < 4*time.Second; n++ {
		for range 20 {
			// Everything, for one more instance of mallory's.
			q := shareAsk + "\x03" + string(random(16)) + strings.Repeat("\x00", 8)
			if err := mallory.farm.Publish("share."+b.host.NodeID(), nil, []byte(q)); err != nil {
				t.Fatal(err)
			}
			mallory.say("", q)
		}
		select {
		case <-t.Context().Done():
		case <-time.After(5 * time.Millisecond):
		}
		most = max(most, heap())
	}
	resumed, returns := c.since(begun)
	c.end()
	t.Logf("%d of %d clients resume meanwhile; %d MiB in use before, %d at most; %d bytes received by mallory", resumed, returns, before>>20, most>>20, mallory.farm.Status().Received.Bytes)
	if returns < 100 || float64(resumed) < 0.9*float64(returns) {
		t.Errorf("%d of %d resume under the flood", resumed, returns)
	}
	if most > before+400<<20 {
		t.Errorf("memory went from %d to %d MiB", before>>20, most>>20)
	}
	for _, failure := range c.failures {
		t.Errorf("a handshake failed %s", failure)
	}
	f.expectSame(t)
	for _, r := range []*rig{a, b} {
		if p := r.host.Status().Plugins[0]; p.State != "running" || p.LastError != "" {
			t.Errorf("%+v", p)
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
