package plugin

import (
	"errors"
	"time"
	"unsafe"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// view returns b as an id without copying it. It is valid for as long as b is,
// so it may be looked up but not kept.
func view(b []byte) session.ID {
	return session.ID(unsafe.String(unsafe.SliceData(b), len(b)))
}

func validID(id []byte) bool { return len(id) > 0 && len(id) <= abi.MaxID }

// sessionGet is session_get(id, id_len, buf, cap).
func sessionGet(c *call) abi.Code {
	id := c.bytes(0)
	if !validID(id) {
		return abi.Invalid
	}
	s := c.subject
	if s == nil || s.Sealed == nil || s.ID != view(id) {
		var err error
		if s, err = c.plugin.manager.cfg.Store.Get(view(id)); err != nil {
			return session.Code(err)
		}
	}
	if !c.gen.secrets {
		return c.reply(2, s.Sealed)
	}
	_, clear, err := c.plugin.manager.cfg.Keys.Open(s.ID, s.Sealed)
	if err != nil {
		return session.Code(err)
	}
	return c.reply(2, clear)
}

// sessionInsert is session_insert(id, id_len, session, session_len, ttl_ms, flags).
func sessionInsert(c *call) abi.Code {
	id, data := c.bytes(0), c.bytes(2)
	ttl, flags := int64(c.params[4]), c.u32(5)
	if !validID(id) || len(data) == 0 || ttl < 0 || flags&^(abi.Overwrite|abi.Revive) != 0 {
		return abi.Invalid
	}
	s, code := c.admit(id, data, ttl)
	if code != abi.OK {
		c.plugin.manager.refused[-code].Add(1)
		return code
	}
	return session.Code(c.plugin.manager.cfg.Store.Insert(s, flags, c.plugin.source()))
}

// admit makes a session of what a guest wants to insert. Sealed bytes must be
// genuine, and their life can only be shortened; bytes in clear need the grant.
func (c *call) admit(id, data []byte, ttl int64) (*session.Session, abi.Code) {
	m := c.plugin.manager
	now := m.cfg.Now()
	if session.IsSealed(data) {
		meta, err := m.cfg.Keys.Check(view(id), data)
		if err != nil {
			return nil, session.Code(err)
		}
		// Another node may give sessions a longer life; see remove.
		meta.Expires = min(meta.Expires, meta.Created+int64(m.cfg.TTL))
		if ttl > 0 {
			meta.Expires = min(meta.Expires, addMillis(now, ttl))
		}
		s := &session.Session{Meta: meta}
		s.ID, s.Sealed = session.Keep(id, data)
		return s, abi.OK
	}
	if !c.gen.secrets {
		return nil, abi.Denied
	}
	if len(data) > abi.MaxSession {
		return nil, abi.TooLarge
	}
	format, version, suite := session.Sniff(data)
	meta := session.Meta{Created: now, Expires: now + int64(m.cfg.TTL), Format: format, Version: version, CipherSuite: suite, Home: m.cfg.Node}
	if ttl > 0 {
		meta.Expires = addMillis(now, ttl)
	}
	s := &session.Session{ID: session.ID(id), Meta: meta}
	s.Sealed = m.cfg.Keys.Seal(s.ID, meta, data)
	return s, abi.OK
}

// sessionRemove is session_remove(id, id_len).
func sessionRemove(c *call) abi.Code {
	id := c.bytes(0)
	if !validID(id) {
		return abi.Invalid
	}
	return session.Code(c.remove(session.ID(id)))
}

// clockSkew is how far the clocks of a farm's nodes may differ.
const clockSkew = int64(5 * time.Minute)

// remove removes id, or buries it where it is not here: on a farm, the news of
// a removal may overtake that of the insert. Nobody knows how long that session
// lives, but admit lets none live longer than the host's TTL from when it was
// created, which was before now.
func (c *call) remove(id session.ID) error {
	cfg := &c.plugin.manager.cfg
	for {
		err := cfg.Store.Remove(id, abi.Explicit, c.plugin.source())
		if !errors.Is(err, session.ErrNotFound) {
			return err
		}
		if _, genuine := cfg.Keys.Home([]byte(id)); !genuine {
			return err // whoever makes ids up can't fill the cache with tombstones
		}
		if !errors.Is(cfg.Store.Bury(id, cfg.Now()+int64(cfg.TTL)+clockSkew), session.ErrExists) {
			return err
		}
		// It has come between the two: once more.
	}
}

// sessionReplay is session_replay().
func sessionReplay(c *call) abi.Code {
	return c.plugin.replay.start()
}
