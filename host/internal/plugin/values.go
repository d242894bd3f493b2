package plugin

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/sesshook/sesshook/abi"
)

// values are the metrics that a plugin adds to and sets. They outlive its
// reloads, and are safe for concurrent use; reading and adding take no lock.
type values struct {
	names atomic.Pointer[map[string]*value] // copied on write
	mu    sync.Mutex                        // held to write
	max   atomic.Int64                      // how many names there may be
}

type value struct {
	gauge bool
	n     atomic.Int64
}

// add adds delta to the counter name.
func (v *values) add(name []byte, delta int64) abi.Code {
	if delta < 0 {
		return abi.Invalid
	}
	m, code := v.find(name, false)
	if code == abi.OK {
		m.n.Add(delta)
	}
	return code
}

// set sets the gauge name.
func (v *values) set(name []byte, to int64) abi.Code {
	m, code := v.find(name, true)
	if code == abi.OK {
		m.n.Store(to)
	}
	return code
}

func (v *values) find(name []byte, gauge bool) (*value, abi.Code) {
	if all := v.names.Load(); all != nil {
		if m := (*all)[string(name)]; m != nil {
			return m, sameKind(m, gauge)
		}
	}
	if !validMetricName(name) {
		return nil, abi.Invalid
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.max.Load() < 1 {
		return nil, abi.Limit
	}
	next := map[string]*value{}
	if all := v.names.Load(); all != nil {
		if m := (*all)[string(name)]; m != nil {
			return m, sameKind(m, gauge)
		}
		if int64(len(*all)) >= v.max.Load() {
			return nil, abi.Limit
		}
		next = maps.Clone(*all)
	}
	m := &value{gauge: gauge}
	next[string(name)] = m
	v.names.Store(&next)
	return m, abi.OK
}

// sameKind refuses a counter that is set, and a gauge that is added to.
func sameKind(m *value, gauge bool) abi.Code {
	if m.gauge != gauge {
		return abi.Invalid
	}
	return abi.OK
}

// validMetricName tells whether name is a letter and up to 63 letters, digits
// and underscores, all lower case.
func validMetricName(name []byte) bool {
	if len(name) == 0 || len(name) > 64 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
