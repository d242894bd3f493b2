package guest

import (
	"github.com/sesshook/sesshook/abi/guest/internal/hostcall"
)

// SessionGet appends the session stored under id to dst and returns the
// extended slice. The session is sealed, unless the plugin has the grant
// sessions:secrets. In the handler of an INSERT, GET or REMOVE of that id it is
// the session of the event, even if the cache has lost it since.
//
// It needs the grant sessions:read. Errors: ErrNotFound, ErrInvalid (an id that
// is empty or longer than abi.MaxID), ErrUnsupported in plugin_start.
func SessionGet(dst, id []byte) ([]byte, error) {
	return appendValue(dst, func(room []byte) int32 { return hostcall.SessionGet(id, room) })
}

// SessionInsert stores session under id. flags are abi.Overwrite and
// abi.Revive, or 0. ttlMS is the session's life from now in ms; 0 leaves it at
// what the session itself says. The life of a sealed session can be shortened,
// never lengthened. The host copies both slices.
//
// It needs the grant sessions:write, and for bytes that are not sealed
// sessions:secrets too. Errors: ErrExists, ErrRemoved, ErrTooLarge, ErrInvalid,
// ErrDenied, ErrLimit, ErrUnsupported in plugin_start.
func SessionInsert(id, session []byte, ttlMS int64, flags uint32) error {
	return result(hostcall.SessionInsert(id, session, ttlMS, flags))
}

// SessionRemove removes the session under id and keeps it from coming back for
// the rest of its life; where ErrNotFound is returned too, if a node of this farm
// has made the id.
//
// It needs the grant sessions:write. Errors: ErrNotFound, ErrInvalid,
// ErrUnsupported in plugin_start.
func SessionRemove(id []byte) error { return result(hostcall.SessionRemove(id)) }

// SessionReplay has every present session delivered to this plugin once more,
// as an INSERT with the flag abi.Existing, and every removed one that the host
// remembers, as a REMOVE with that flag and an id, the reason, the time of the
// removal and the tombstone's end. It returns at once, with the number of
// sessions at this moment.
//
// It needs the grant sessions:read. Errors: ErrUnsupported in plugin_start.
func SessionReplay() (int, error) {
	n := hostcall.SessionReplay()
	return int(max(n, 0)), result(n)
}
