package sidecar

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is a number of bytes.
type Size uint64

// Sizes that a sidecar may write as units.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30

	// Page is the unit in which WebAssembly counts memory.
	Page = 64 * KiB
)

var units = []struct {
	name string
	size Size
}{{"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}}

// Pages returns the size of n pages of WebAssembly memory.
func Pages(n uint32) Size { return Size(n) * Page }

// Pages returns the number of whole pages that s has room for.
func (s Size) Pages() uint32 { return uint32(min(s/Page, math.MaxUint32)) }

// String writes s as a sidecar would: in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range units {
		if s >= u.size && s%u.size == 0 {
			return fmt.Sprint(uint64(s/u.size), u.name)
		}
	}
	return fmt.Sprint(uint64(s), " bytes")
}

// Rounded writes s for people who want to know how much it is: "1.8MiB".
func (s Size) Rounded() string {
	for _, u := range units {
		if s >= u.size {
			return strings.TrimSuffix(strconv.FormatFloat(float64(s)/float64(u.size), 'f', 1, 64), ".0") + u.name
		}
	}
	return s.String()
}

// ParseSize reads a whole number of bytes: "16MiB", "512 KiB", "65536". The
// units are KiB, MiB and GiB, in this spelling.
func ParseSize(text string) (Size, error) {
	number, unit := strings.TrimSpace(text), Size(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || n > math.MaxUint64/uint64(unit) {
		return 0, fmt.Errorf(`%q is no size: write a whole number of bytes, or one with KiB, MiB or GiB, as in "16MiB"`, text)
	}
	return Size(n) * unit, nil
}
