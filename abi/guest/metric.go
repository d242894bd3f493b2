package guest

import "github.com/sesshook/sesshook/abi/guest/internal/hostcall"

// MetricAdd adds delta to the counter of that name, which begins at 0. The host
// exposes it with the plugin's name as a label, sums it over instances, and
// keeps it over reloads. Names are lower_snake_case.
//
// It needs the grant metrics. Errors: ErrInvalid (the name), ErrLimit (too many
// names); a handler that can do nothing about them returns them, or ignores
// them.
func MetricAdd(name string, delta int64) error { return result(hostcall.MetricAdd(name, delta)) }

// MetricSet sets the gauge of that name. Otherwise it is like MetricAdd.
func MetricSet(name string, value int64) error { return result(hostcall.MetricSet(name, value)) }
