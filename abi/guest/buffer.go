package guest

import "slices"

// appendValue appends to dst the value that read writes to the room it is
// given. read returns the length of the value, which it has written only if
// there was room for all of it, or a negative result code. Where dst has the
// room, nothing is allocated.
func appendValue(dst []byte, read func(room []byte) int32) ([]byte, error) {
	for {
		room := dst[len(dst):cap(dst)]
		n := read(room)
		if n < 0 {
			return dst, result(n)
		}
		if int(n) <= len(room) {
			return dst[:len(dst)+int(n)], nil
		}
		dst = slices.Grow(dst, int(n))
	}
}
