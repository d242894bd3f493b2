package guest

import (
	"errors"

	"github.com/sesshook/sesshook/abi"
)

// An Error is a result code of the host that is not success. Errors with the
// same code are equal, so that errors.Is finds them.
type Error abi.Code

// The errors that host functions return. Which function returns which stands
// with the function, and in abi/SPEC.md.
const (
	// ErrNotFound is returned when nothing is stored under an id or a key.
	ErrNotFound = Error(abi.NotFound)
	// ErrExists is returned when an insert without abi.Overwrite meets a
	// present session.
	ErrExists = Error(abi.Exists)
	// ErrRemoved is returned when an insert without abi.Revive meets the
	// tombstone of a removed session.
	ErrRemoved = Error(abi.Removed)
	// ErrTooLarge is returned when something is larger than the host stores or
	// sends.
	ErrTooLarge = Error(abi.TooLarge)
	// ErrInvalid is returned when an argument is malformed, or when a session is
	// sealed by an unknown key or for another id.
	ErrInvalid = Error(abi.Invalid)
	// ErrDenied is returned when the plugin does not have the grant.
	ErrDenied = Error(abi.Denied)
	// ErrUnavailable is returned when the other side did not answer in time, or
	// when there is none.
	ErrUnavailable = Error(abi.Unavailable)
	// ErrUnsupported is returned when a function does not work in this phase
	// (session functions in plugin_start, for one) or on this host.
	ErrUnsupported = Error(abi.Unsupported)
	// ErrLimit is returned when a limit of the plugin is reached.
	ErrLimit = Error(abi.Limit)
)

// known holds the errors as interface values: converting a number to an error
// where it is returned would allocate.
var known = [...]error{
	nil, ErrNotFound, ErrExists, ErrRemoved, ErrTooLarge, ErrInvalid, ErrDenied, ErrUnavailable, ErrUnsupported, ErrLimit,
}

var texts = [...]string{
	"no error",
	"nothing is stored under this id or key",
	"a session is present under this id",
	"the session was removed before",
	"too large",
	"invalid argument, or a session sealed by another key or for another id",
	"the plugin does not have the grant",
	"no answer in time",
	"not supported in this phase or on this host",
	"a limit of the plugin is reached",
}

// Error returns what the code means.
func (e Error) Error() string {
	if i := -int(e); i >= 0 && i < len(texts) {
		return texts[i]
	}
	return "unknown result code of the host"
}

// Code returns the result code.
func (e Error) Code() abi.Code { return abi.Code(e) }

// result returns the error for a result code: nil for 0 and more.
func result(code int32) error {
	if code >= 0 {
		return nil
	}
	if i := -int(code); i < len(known) {
		return known[i]
	}
	return Error(code)
}

// failed is what a hook returns for an error that carries no result code. It is
// not 1, which is a refusal in on_session_resume.
const failed = 2

// status logs err and returns what the hook returns for it: the result code
// where the error goes back to one, which names it best in the host's log.
func status(what string, err error) int32 {
	if err == nil {
		return int32(abi.OK)
	}
	Log(abi.Error, what+": "+err.Error())
	for e := err; e != nil; e = errors.Unwrap(e) {
		if code, ok := e.(Error); ok && code < 0 {
			return int32(code)
		}
	}
	return failed
}
