package meter

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is returned when the bytes are not a WebAssembly module, or
	// refer to a type, function, global or label that the module doesn't have.
	ErrMalformed = errors.New("malformed module")

	// ErrUnsupported is returned when a module uses a proposal that the runtime
	// doesn't enable; the message names the instruction or the feature and the
	// proposal. Building the module without that target feature helps.
	ErrUnsupported = errors.New("unsupported")

	// ErrReserved is returned when a module exports a name that begins with
	// ReservedPrefix, which only the host may use.
	ErrReserved = errors.New("reserved export name")

	// ErrLimit is returned when a module is larger than one of the limits that
	// the package documents; the message names the limit and its value.
	ErrLimit = errors.New("over the limit")
)

// An Error says what is wrong with a module and where. Its Unwrap is one of
// ErrMalformed, ErrUnsupported, ErrReserved and ErrLimit.
type Error struct {
	Kind   error
	Offset int    // in bytes from the start of the original module
	What   string // what is wrong, and which value would be right
}

// Error returns the kind, the offset and what is wrong, on one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%v: offset %#x: %s", e.Kind, e.Offset, e.What)
}

// Unwrap returns the kind of error, one of the package's sentinels.
func (e *Error) Unwrap() error { return e.Kind }
