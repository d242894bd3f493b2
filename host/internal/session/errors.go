package session

import (
	"errors"

	"github.com/sesshook/sesshook/abi"
)

// Why the cache or the keyring refuses something. Each corresponds to a result
// code of the ABI; Code tells which.
var (
	// ErrNotFound is returned when nothing is stored under the id.
	ErrNotFound = errors.New("no such session")
	// ErrExists is returned when an insert meets a present session.
	ErrExists = errors.New("session exists")
	// ErrRemoved is returned when an insert meets a tombstone.
	ErrRemoved = errors.New("session was removed")
	// ErrTooLarge is returned when a session is larger than the host stores.
	ErrTooLarge = errors.New("session is too large")
	// ErrInvalid is returned when an id or an envelope is malformed, altered,
	// expired, sealed by an unknown key, or sealed for another id.
	ErrInvalid = errors.New("session is invalid")
)

// Why the farm refuses something.
var (
	// ErrUnavailable is returned when the farm can't be reached, or nobody
	// answered in time.
	ErrUnavailable = errors.New("farm is unavailable")
	// ErrLimit is returned when a limit is reached.
	ErrLimit = errors.New("limit is reached")
)

// Code returns the ABI's result code for err: abi.OK for nil, abi.Invalid for
// an error that is none of this package's.
func Code(err error) abi.Code {
	switch {
	case err == nil:
		return abi.OK
	case errors.Is(err, ErrNotFound):
		return abi.NotFound
	case errors.Is(err, ErrExists):
		return abi.Exists
	case errors.Is(err, ErrRemoved):
		return abi.Removed
	case errors.Is(err, ErrTooLarge):
		return abi.TooLarge
	case errors.Is(err, ErrUnavailable):
		return abi.Unavailable
	case errors.Is(err, ErrLimit):
		return abi.Limit
	}
	return abi.Invalid
}
