//go:build !wasip1 && !tinygo.wasm

package hostcall

// A Host stands in for the host in a native build. Its methods are the host
// functions of abi/SPEC.md, and answer as those do; they must not keep a slice.
type Host interface {
	SessionGet(id, buf []byte) int32
	SessionInsert(id, session []byte, ttlMS int64, flags uint32) int32
	SessionRemove(id []byte) int32
	SessionReplay() int32
	MessagePublish(topic string, key, data []byte) int32
	MessageRequest(topic string, node, data, buf []byte, timeoutMS uint32) int32
	MessageReply(data []byte) int32
	MessageSubscribe(topic string) int32
	KVGet(key, buf []byte) int32
	KVPut(key, value []byte, ttlMS int64) int32
	KVDelete(key []byte) int32
	MetricAdd(name string, value int64) int32
	MetricSet(name string, value int64) int32
	ConfigGet(buf []byte) int32
	StateRead(offset uint32, buf []byte) int32
	EventRead(offset uint32, buf []byte) int32
	NodeID(buf []byte) int32
	Log(level int32, line []byte)
	LogEnabled(level int32) int32
	TimeNow() int64
	RandomFill(buf []byte) int32
	// Export is given the bytes whose place the ABI would return as
	// pointer << 32 | length. What it returns is what the guest returns.
	Export(b []byte) int64
}

var installed Host

// Install makes h the host of this process and returns true, or returns false
// because there is one already: a guest has one host, as it has one thread.
func Install(h Host) bool {
	if installed != nil {
		return false
	}
	installed = h
	return true
}

// Uninstall takes the host away again.
func Uninstall() { installed = nil }

func host() Host {
	if installed == nil {
		panic("a plugin was called natively without a host: begin the test with guesttest.New(t)")
	}
	return installed
}

// Export is the native counterpart of a pointer and a length in one number.
func Export(b []byte) int64 { return host().Export(b) }

// SessionGet is session_get.
func SessionGet(id, buf []byte) int32 { return host().SessionGet(id, buf) }

// SessionInsert is session_insert.
func SessionInsert(id, session []byte, ttlMS int64, flags uint32) int32 {
	return host().SessionInsert(id, session, ttlMS, flags)
}

// SessionRemove is session_remove.
func SessionRemove(id []byte) int32 { return host().SessionRemove(id) }

// SessionReplay is session_replay.
func SessionReplay() int32 { return host().SessionReplay() }

// MessagePublish is message_publish.
func MessagePublish(topic string, key, data []byte) int32 {
	return host().MessagePublish(topic, key, data)
}

// MessageRequest is message_request.
func MessageRequest(topic string, node, data, buf []byte, timeoutMS uint32) int32 {
	return host().MessageRequest(topic, node, data, buf, timeoutMS)
}

// MessageReply is message_reply.
func MessageReply(data []byte) int32 { return host().MessageReply(data) }

// MessageSubscribe is message_subscribe.
func MessageSubscribe(topic string) int32 { return host().MessageSubscribe(topic) }

// KVGet is kv_get.
func KVGet(key, buf []byte) int32 { return host().KVGet(key, buf) }

// KVPut is kv_put.
func KVPut(key, value []byte, ttlMS int64) int32 { return host().KVPut(key, value, ttlMS) }

// KVDelete is kv_delete.
func KVDelete(key []byte) int32 { return host().KVDelete(key) }

// MetricAdd is metric_add.
func MetricAdd(name string, value int64) int32 { return host().MetricAdd(name, value) }

// MetricSet is metric_set.
func MetricSet(name string, value int64) int32 { return host().MetricSet(name, value) }

// ConfigGet is config_get.
func ConfigGet(buf []byte) int32 { return host().ConfigGet(buf) }

// StateRead is state_read.
func StateRead(offset uint32, buf []byte) int32 { return host().StateRead(offset, buf) }

// EventRead is event_read.
func EventRead(offset uint32, buf []byte) int32 { return host().EventRead(offset, buf) }

// NodeID is node_id.
func NodeID(buf []byte) int32 { return host().NodeID(buf) }

// Log is log.
func Log(level int32, line string) { host().Log(level, []byte(line)) }

// LogBytes is log, for a line that is no string.
func LogBytes(level int32, line []byte) { host().Log(level, line) }

// LogEnabled is log_enabled.
func LogEnabled(level int32) int32 { return host().LogEnabled(level) }

// TimeNow is time_now.
func TimeNow() int64 { return host().TimeNow() }

// RandomFill is random_fill.
func RandomFill(buf []byte) int32 { return host().RandomFill(buf) }
