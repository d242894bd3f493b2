//go:build !wasip1 && !tinygo.wasm

package guesttest

import (
	"bytes"
	"crypto/rand"
	"slices"

	"github.com/sesshook/sesshook/abi"
)

// calls are the host functions. They are apart from Host, so that a test sees
// there what it needs and no more.
type calls struct{ h *Host }

var functions = abi.HostFunctions()

func lookUp(function string) (abi.HostFunction, bool) {
	i := slices.IndexFunc(functions, func(f abi.HostFunction) bool { return f.Name == function })
	if i < 0 {
		return abi.HostFunction{}, false
	}
	return functions[i], true
}

// check returns what a function returns before it has done anything: a failure
// that the test asked for, or that the grants or the phase are not enough.
func (c calls) check(function string) abi.Code {
	if code := c.h.failures[function]; code < 0 {
		return code
	}
	f, _ := lookUp(function)
	if f.Grant != abi.Always && !slices.Contains(c.h.grants, f.Grant) {
		return abi.Denied
	}
	if f.Phase&c.h.phase == 0 {
		return abi.Unsupported
	}
	return abi.OK
}

// write writes the whole value or nothing, and returns its length.
func write(buf, value []byte) int32 {
	if len(value) <= len(buf) {
		copy(buf, value)
	}
	return int32(len(value))
}

func validID(id []byte) bool { return len(id) > 0 && len(id) <= abi.MaxID }

// farmID is the length of the ids that nodes of a farm make. Here every id of
// this length is one of them.
const farmID = 32

func (c calls) expiry(ttlMS int64) int64 {
	if ttlMS <= 0 {
		return 0
	}
	return c.h.now + ttlMS*1e6
}

func (c calls) SessionGet(id, buf []byte) int32 {
	if code := c.check("session_get"); code < 0 {
		return int32(code)
	}
	if !validID(id) {
		return int32(abi.Invalid)
	}
	if c.h.event != nil && c.h.session != nil && c.h.event.ID == string(id) {
		return write(buf, c.h.session)
	}
	session, ok := c.h.Session(string(id))
	if !ok {
		return int32(abi.NotFound)
	}
	return write(buf, session)
}

func (c calls) SessionInsert(id, session []byte, ttlMS int64, flags uint32) int32 {
	if code := c.check("session_insert"); code < 0 {
		return int32(code)
	}
	_, present := c.h.Session(string(id))
	switch {
	case !validID(id) || len(session) == 0 || ttlMS < 0 || flags&^(abi.Overwrite|abi.Revive) != 0:
		return int32(abi.Invalid)
	case len(session) > abi.MaxSession:
		return int32(abi.TooLarge)
	case c.h.tombstones[string(id)] && flags&abi.Revive == 0:
		return int32(abi.Removed)
	case present && flags&abi.Overwrite == 0:
		return int32(abi.Exists)
	}
	delete(c.h.tombstones, string(id))
	c.h.sessions[string(id)] = value{bytes.Clone(session), c.expiry(ttlMS)}
	return int32(abi.OK)
}

func (c calls) SessionRemove(id []byte) int32 {
	if code := c.check("session_remove"); code < 0 {
		return int32(code)
	}
	if !validID(id) {
		return int32(abi.Invalid)
	}
	_, present := c.h.Session(string(id))
	if present || len(id) == farmID {
		delete(c.h.sessions, string(id))
		c.h.tombstones[string(id)] = true
	}
	if !present {
		return int32(abi.NotFound)
	}
	return int32(abi.OK)
}

func (c calls) SessionReplay() int32 {
	if code := c.check("session_replay"); code < 0 {
		return int32(code)
	}
	c.h.replays++
	var present int32
	for id := range c.h.sessions {
		if _, ok := c.h.Session(id); ok {
			present++
		}
	}
	return present
}

func (c calls) MessagePublish(topic string, key, data []byte) int32 {
	if code := c.check("message_publish"); code < 0 {
		return int32(code)
	}
	if len(key) > abi.MaxID {
		return int32(abi.Invalid)
	}
	if code := checkMessage(topic, data); code < 0 {
		return int32(code)
	}
	c.h.published = append(c.h.published, Message{topic, string(key), string(data)})
	return int32(abi.OK)
}

func (c calls) MessageRequest(topic string, node, data, buf []byte, _ uint32) int32 {
	if code := c.check("message_request"); code < 0 {
		return int32(code)
	}
	if len(node) != 0 && len(node) != abi.NodeIDSize {
		return int32(abi.Invalid)
	}
	if code := checkMessage(topic, data); code < 0 {
		return int32(code)
	}
	if c.h.answer == nil {
		return int32(abi.Unavailable)
	}
	reply, code := c.h.answer(topic, string(node), string(data))
	if code < 0 {
		return int32(code)
	}
	return write(buf, []byte(reply))
}

// checkMessage returns what a message is refused with before it is sent.
func checkMessage(topic string, data []byte) abi.Code {
	switch {
	case !abi.ValidTopic(topic):
		return abi.Invalid
	case len(data) > abi.MaxMessage:
		return abi.TooLarge
	}
	return abi.OK
}

func (c calls) MessageReply(data []byte) int32 {
	if code := c.check("message_reply"); code < 0 {
		return int32(code)
	}
	if c.h.replied {
		return int32(abi.Unsupported)
	}
	if len(data) > abi.MaxMessage {
		return int32(abi.TooLarge)
	}
	c.h.replied = true
	c.h.replies = append(c.h.replies, string(data))
	return int32(abi.OK)
}

func (c calls) MessageSubscribe(topic string) int32 {
	if code := c.check("message_subscribe"); code < 0 {
		return int32(code)
	}
	if !abi.ValidTopic(topic) {
		return int32(abi.Invalid)
	}
	c.h.topics = append(c.h.topics, topic)
	return int32(abi.OK)
}

func (c calls) KVGet(key, buf []byte) int32 {
	if code := c.check("kv_get"); code < 0 {
		return int32(code)
	}
	v, ok := c.h.Value(string(key))
	if !ok {
		return int32(abi.NotFound)
	}
	return write(buf, v)
}

func (c calls) KVPut(key, v []byte, ttlMS int64) int32 {
	if code := c.check("kv_put"); code < 0 {
		return int32(code)
	}
	c.h.kv[string(key)] = value{bytes.Clone(v), c.expiry(ttlMS)}
	return int32(abi.OK)
}

func (c calls) KVDelete(key []byte) int32 {
	if code := c.check("kv_delete"); code < 0 {
		return int32(code)
	}
	if _, ok := c.h.Value(string(key)); !ok {
		return int32(abi.NotFound)
	}
	delete(c.h.kv, string(key))
	return int32(abi.OK)
}

func (c calls) MetricAdd(name string, value int64) int32 {
	return c.metric("metric_add", name, c.h.metrics[name]+value)
}

func (c calls) MetricSet(name string, value int64) int32 { return c.metric("metric_set", name, value) }

func (c calls) metric(function, name string, value int64) int32 {
	if code := c.check(function); code < 0 {
		return int32(code)
	}
	if !snakeCase(name) {
		return int32(abi.Invalid)
	}
	c.h.metrics[name] = value
	return int32(abi.OK)
}

func snakeCase(name string) bool {
	for i := range len(name) {
		b := name[i]
		if b != '_' && (b < 'a' || b > 'z') && (i == 0 || b < '0' || b > '9') {
			return false
		}
	}
	return name != ""
}

func (c calls) ConfigGet(buf []byte) int32 {
	if code := c.check("config_get"); code < 0 {
		return int32(code)
	}
	return write(buf, []byte(c.h.config))
}

func (c calls) StateRead(offset uint32, buf []byte) int32 {
	if code := c.check("state_read"); code < 0 {
		return int32(code)
	}
	rest := c.h.state[min(int(offset), len(c.h.state)):]
	copy(buf, rest)
	return int32(len(rest))
}

func (c calls) EventRead(offset uint32, buf []byte) int32 {
	if code := c.check("event_read"); code < 0 {
		return int32(code)
	}
	if c.h.event == nil {
		return int32(abi.Unsupported)
	}
	return int32(c.h.event.ReadAt(buf, offset))
}

func (c calls) NodeID(buf []byte) int32 {
	if code := c.check("node_id"); code < 0 {
		return int32(code)
	}
	return write(buf, []byte(Node))
}

func (c calls) Log(level int32, line []byte) {
	if c.LogEnabled(level) != 0 {
		c.h.logs = append(c.h.logs, Line{abi.Level(level), string(line)})
	}
}

func (c calls) LogEnabled(level int32) int32 {
	if abi.Level(level) < c.h.level {
		return 0
	}
	return 1
}

func (c calls) TimeNow() int64 { return c.h.now }

func (c calls) RandomFill(buf []byte) int32 {
	if code := c.check("random_fill"); code < 0 {
		return int32(code)
	}
	_, _ = rand.Read(buf) // which never fails
	return int32(abi.OK)
}

func (c calls) Export(b []byte) int64 {
	c.h.exported = b
	return int64(len(b))
}
