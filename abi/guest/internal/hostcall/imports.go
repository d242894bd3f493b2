//go:build wasip1 || tinygo.wasm

package hostcall

import "unsafe"

// The host writes to buffers while a call lasts and keeps no pointer, hence
// noescape: without it every buffer of a caller would move to the heap.

//go:wasmimport tls_session_v1 session_get
//go:noescape
func sessionGet(id unsafe.Pointer, idLen uint32, buf unsafe.Pointer, bufCap uint32) int32

//go:wasmimport tls_session_v1 session_insert
//go:noescape
func sessionInsert(id unsafe.Pointer, idLen uint32, session unsafe.Pointer, sessionLen uint32, ttlMS int64, flags uint32) int32

//go:wasmimport tls_session_v1 session_remove
//go:noescape
func sessionRemove(id unsafe.Pointer, idLen uint32) int32

//go:wasmimport tls_session_v1 session_replay
func sessionReplay() int32

//go:wasmimport tls_session_v1 message_publish
//go:noescape
func messagePublish(topic unsafe.Pointer, topicLen uint32, key unsafe.Pointer, keyLen uint32, data unsafe.Pointer, dataLen uint32) int32

//go:wasmimport tls_session_v1 message_request
//go:noescape
func messageRequest(topic unsafe.Pointer, topicLen uint32, node unsafe.Pointer, nodeLen uint32, data unsafe.Pointer, dataLen uint32, buf unsafe.Pointer, bufCap uint32, timeoutMS uint32) int32

//go:wasmimport tls_session_v1 message_reply
//go:noescape
func messageReply(data unsafe.Pointer, dataLen uint32) int32

//go:wasmimport tls_session_v1 message_subscribe
//go:noescape
func messageSubscribe(topic unsafe.Pointer, topicLen uint32) int32

//go:wasmimport tls_session_v1 kv_get
//go:noescape
func kvGet(key unsafe.Pointer, keyLen uint32, buf unsafe.Pointer, bufCap uint32) int32

//go:wasmimport tls_session_v1 kv_put
//go:noescape
func kvPut(key unsafe.Pointer, keyLen uint32, value unsafe.Pointer, valueLen uint32, ttlMS int64) int32

//go:wasmimport tls_session_v1 kv_delete
//go:noescape
func kvDelete(key unsafe.Pointer, keyLen uint32) int32

//go:wasmimport tls_session_v1 metric_add
//go:noescape
func metricAdd(name unsafe.Pointer, nameLen uint32, value int64) int32

//go:wasmimport tls_session_v1 metric_set
//go:noescape
func metricSet(name unsafe.Pointer, nameLen uint32, value int64) int32

//go:wasmimport tls_session_v1 config_get
//go:noescape
func configGet(buf unsafe.Pointer, bufCap uint32) int32

//go:wasmimport tls_session_v1 state_read
//go:noescape
func stateRead(offset uint32, buf unsafe.Pointer, bufCap uint32) int32

//go:wasmimport tls_session_v1 event_read
//go:noescape
func eventRead(offset uint32, buf unsafe.Pointer, bufCap uint32) int32

//go:wasmimport tls_session_v1 node_id
//go:noescape
func nodeID(buf unsafe.Pointer, bufCap uint32) int32

//go:wasmimport tls_session_v1 log
//go:noescape
func log(level int32, text unsafe.Pointer, textLen uint32)

//go:wasmimport tls_session_v1 log_enabled
func logEnabled(level int32) int32

//go:wasmimport tls_session_v1 time_now
func timeNow() int64

//go:wasmimport tls_session_v1 random_fill
//go:noescape
func randomFill(buf unsafe.Pointer, bufLen uint32) int32

// eventBuffer is the one export that every plugin has in common.
//
//go:wasmexport event_buffer
func eventBuffer() int64 { return Export(EventBuffer[:]) }

// Export returns where b lies, as the ABI has it: pointer << 32 | length.
func Export(b []byte) int64 {
	return int64(uint64(uintptr(at(b)))<<32 | uint64(uint32(len(b))))
}

func at(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

func size(b []byte) uint32 { return uint32(len(b)) }

func text(s string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(s)) }

// SessionGet is session_get.
func SessionGet(id, buf []byte) int32 { return sessionGet(at(id), size(id), at(buf), size(buf)) }

// SessionInsert is session_insert.
func SessionInsert(id, session []byte, ttlMS int64, flags uint32) int32 {
	return sessionInsert(at(id), size(id), at(session), size(session), ttlMS, flags)
}

// SessionRemove is session_remove.
func SessionRemove(id []byte) int32 { return sessionRemove(at(id), size(id)) }

// SessionReplay is session_replay.
func SessionReplay() int32 { return sessionReplay() }

// MessagePublish is message_publish.
func MessagePublish(topic string, key, data []byte) int32 {
	return messagePublish(text(topic), uint32(len(topic)), at(key), size(key), at(data), size(data))
}

// MessageRequest is message_request.
func MessageRequest(topic string, node, data, buf []byte, timeoutMS uint32) int32 {
	return messageRequest(text(topic), uint32(len(topic)), at(node), size(node), at(data), size(data), at(buf), size(buf), timeoutMS)
}

// MessageReply is message_reply.
func MessageReply(data []byte) int32 { return messageReply(at(data), size(data)) }

// MessageSubscribe is message_subscribe.
func MessageSubscribe(topic string) int32 { return messageSubscribe(text(topic), uint32(len(topic))) }

// KVGet is kv_get.
func KVGet(key, buf []byte) int32 { return kvGet(at(key), size(key), at(buf), size(buf)) }

// KVPut is kv_put.
func KVPut(key, value []byte, ttlMS int64) int32 {
	return kvPut(at(key), size(key), at(value), size(value), ttlMS)
}

// KVDelete is kv_delete.
func KVDelete(key []byte) int32 { return kvDelete(at(key), size(key)) }

// MetricAdd is metric_add.
func MetricAdd(name string, value int64) int32 {
	return metricAdd(text(name), uint32(len(name)), value)
}

// MetricSet is metric_set.
func MetricSet(name string, value int64) int32 {
	return metricSet(text(name), uint32(len(name)), value)
}

// ConfigGet is config_get.
func ConfigGet(buf []byte) int32 { return configGet(at(buf), size(buf)) }

// StateRead is state_read.
func StateRead(offset uint32, buf []byte) int32 { return stateRead(offset, at(buf), size(buf)) }

// EventRead is event_read.
func EventRead(offset uint32, buf []byte) int32 { return eventRead(offset, at(buf), size(buf)) }

// NodeID is node_id.
func NodeID(buf []byte) int32 { return nodeID(at(buf), size(buf)) }

// Log is log.
func Log(level int32, line string) { log(level, text(line), uint32(len(line))) }

// LogBytes is log, for a line that is no string.
func LogBytes(level int32, line []byte) { log(level, at(line), size(line)) }

// LogEnabled is log_enabled.
func LogEnabled(level int32) int32 { return logEnabled(level) }

// TimeNow is time_now.
func TimeNow() int64 { return timeNow() }

// RandomFill is random_fill.
func RandomFill(buf []byte) int32 { return randomFill(at(buf), size(buf)) }
