package main

import "unsafe"

// The imports, declared by hand with addresses that may be wild, for what the
// SDK can't say: see sayable.

//go:wasmimport tls_session_v1 session_get
func sessionGet(id, idLen, buf, bufCap uint32) int32

//go:wasmimport tls_session_v1 session_insert
func sessionInsert(id, idLen, session, sessionLen uint32, ttlMS int64, flags uint32) int32

//go:wasmimport tls_session_v1 session_remove
func sessionRemove(id, idLen uint32) int32

//go:wasmimport tls_session_v1 message_publish
func messagePublish(topic, topicLen, key, keyLen, data, dataLen uint32) int32

//go:wasmimport tls_session_v1 message_request
func messageRequest(topic, topicLen, node, nodeLen, data, dataLen, buf, bufCap, timeoutMS uint32) int32

//go:wasmimport tls_session_v1 message_reply
func messageReply(data, dataLen uint32) int32

//go:wasmimport tls_session_v1 message_subscribe
func messageSubscribe(topic, topicLen uint32) int32

//go:wasmimport tls_session_v1 kv_get
func kvGet(key, keyLen, buf, bufCap uint32) int32

//go:wasmimport tls_session_v1 kv_put
func kvPut(key, keyLen, value, valueLen uint32, ttlMS int64) int32

//go:wasmimport tls_session_v1 kv_delete
func kvDelete(key, keyLen uint32) int32

//go:wasmimport tls_session_v1 metric_add
func metricAdd(name, nameLen uint32, delta int64) int32

//go:wasmimport tls_session_v1 metric_set
func metricSet(name, nameLen uint32, value int64) int32

//go:wasmimport tls_session_v1 config_get
func configGet(buf, bufCap uint32) int32

//go:wasmimport tls_session_v1 state_read
func stateRead(offset, buf, bufCap uint32) int32

//go:wasmimport tls_session_v1 event_read
func eventRead(offset, buf, bufCap uint32) int32

//go:wasmimport tls_session_v1 node_id
func nodeID(buf, bufCap uint32) int32

//go:wasmimport tls_session_v1 log
func log(level int32, text, textLen uint32)

//go:wasmimport tls_session_v1 random_fill
func randomFill(buf, bufLen uint32) int32

// bare calls a host function, with addresses of the linear memory.
func bare(f uint8, a *[9]uint64) int64 {
	var w [9]uint32
	for i := range a {
		w[i] = uint32(a[i])
	}
	return int64(bare32(f, &w, int64(a[2]), int64(a[4])))
}

// bare32 is bare with the arguments as i32, and as i64 those that may be.
func bare32(f uint8, a *[9]uint32, third, fifth int64) int32 {
	switch f {
	case 0:
		return sessionGet(a[0], a[1], a[2], a[3])
	case 1:
		return sessionInsert(a[0], a[1], a[2], a[3], fifth, a[5])
	case 2:
		return sessionRemove(a[0], a[1])
	case 4:
		return messagePublish(a[0], a[1], a[2], a[3], a[4], a[5])
	case 5:
		return messageRequest(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8])
	case 6:
		return messageReply(a[0], a[1])
	case 7:
		return messageSubscribe(a[0], a[1])
	case 8:
		return kvGet(a[0], a[1], a[2], a[3])
	case 9:
		return kvPut(a[0], a[1], a[2], a[3], fifth)
	case 10:
		return kvDelete(a[0], a[1])
	case 11:
		return metricAdd(a[0], a[1], third)
	case 12:
		return metricSet(a[0], a[1], third)
	case 13:
		return configGet(a[0], a[1])
	case 14:
		return stateRead(a[0], a[1], a[2])
	case 15:
		return eventRead(a[0], a[1], a[2])
	case 16:
		return nodeID(a[0], a[1])
	case 17:
		log(int32(a[0]), a[1], a[2])
		return 0
	case 20:
		return randomFill(a[0], a[1])
	}
	panic("no such host function, or one that has no range")
}

// pointer returns the address of the linear memory that an address of a script
// is.
func pointer(a uint64) uint32 {
	if at := uint32(a); at >= memory {
		return at
	}
	return uint32(uintptr(unsafe.Pointer(&m[uint32(a)])))
}

// outside returns bytes that do not lie within m. Access to them may trap.
func outside(at, n uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), at)), n)
}

// memoryPages is memory.size, which Go has for its runtime alone.
func memoryPages() uint32
