package guest

import "github.com/sesshook/sesshook/abi/guest/internal/hostcall"

// KVGet appends the value of the plugin's own key to dst and returns the
// extended slice. Keys are shared by the plugin's instances, and on a farm by
// all nodes; they outlive a reload.
//
// It needs the grant kv, as do KVPut and KVDelete. Errors: ErrNotFound,
// ErrInvalid, ErrUnavailable.
func KVGet(dst, key []byte) ([]byte, error) {
	return appendValue(dst, func(room []byte) int32 { return hostcall.KVGet(key, room) })
}

// KVPut stores value under key for ttlMS ms, or where that is 0 without an end.
// The host copies both slices.
//
// Errors: ErrTooLarge, ErrInvalid, ErrLimit, ErrUnavailable.
func KVPut(key, value []byte, ttlMS int64) error { return result(hostcall.KVPut(key, value, ttlMS)) }

// KVDelete removes key.
//
// Errors: ErrNotFound, ErrInvalid, ErrUnavailable.
func KVDelete(key []byte) error { return result(hostcall.KVDelete(key)) }
