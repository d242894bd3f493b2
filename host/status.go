package host

import (
	"net"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/tlsbind"
)

// A Status is what a host holds at one moment.
type Status struct {
	Node    string         `json:"node"`    // the name
	NodeID  string         `json:"node_id"` // 12 hexadecimal digits
	Cache   CacheStatus    `json:"cache"`
	Plugins []PluginStatus `json:"plugins"`
	Farm    *FarmStatus    `json:"farm,omitempty"` // nil where there is none
}

// A CacheStatus is what the session cache holds, and what happened to it since
// the host was made.
type CacheStatus struct {
	Sessions   int    `json:"sessions"`
	Bytes      int64  `json:"bytes"` // as Config.MaxBytes counts them
	Tombstones int    `json:"tombstones"`
	Inserts    uint64 `json:"inserts"`
	Gets       uint64 `json:"gets"`
	Misses     uint64 `json:"misses"`
	Removes    uint64 `json:"removes"`
}

// A PluginStatus is what runs under one name of the modules directory.
type PluginStatus struct {
	Name       string           `json:"name"`
	State      string           `json:"state"` // "running", "failed", "disabled"
	Generation int              `json:"generation"`
	Hooks      []string         `json:"hooks"`
	LastError  string           `json:"last_error,omitempty"`
	EventsLost uint64           `json:"events_lost"`
	Values     map[string]int64 `json:"values,omitempty"` // the plugin's own metrics
}

// A FarmStatus is how a node is doing within its farm.
type FarmStatus struct {
	Name   string    `json:"name"`
	Up     bool      `json:"up"`               // whether NATS is reached
	Since  time.Time `json:"since"`            // it is, or is not
	Server string    `json:"server,omitempty"` // that it is reached by
	Error  string    `json:"error,omitempty"`  // why it is not reached
	Peers  []string  `json:"peers"`            // ids of the other nodes that were heard lately
	Lost   uint64    `json:"lost"`             // messages that others sent and that did not arrive
}

// Status describes the host. It waits for nobody.
func (h *Host) Status() Status {
	c := h.cache.Stats()
	st := Status{
		Node: h.cfg.Node, NodeID: h.NodeID(), Plugins: []PluginStatus{},
		Cache: CacheStatus{
			Sessions: c.Sessions, Bytes: c.Bytes, Tombstones: c.Tombstones,
			Inserts: c.Inserts, Gets: c.Hits, Misses: c.Misses, Removes: total(c.Removals),
		},
	}
	if f := (adminSource{h}).Farm(); f != nil {
		st.Farm = &FarmStatus{Name: f.Name, Up: f.Up, Since: f.Since, Server: f.Server, Error: f.Error, Lost: f.Lost, Peers: []string{}}
		for _, p := range f.Peers {
			st.Farm.Peers = append(st.Farm.Peers, p.Node)
		}
	}
	for _, p := range h.pluginStatus() {
		st.Plugins = append(st.Plugins, PluginStatus{
			Name: p.Name, State: p.State, Generation: p.Generation, Hooks: p.Hooks, LastError: p.LastError,
			EventsLost: p.EventsLost, Values: plainValues(p.Values),
		})
	}
	return st
}

func total(removals map[abi.Reason]uint64) (n uint64) {
	for _, of := range removals {
		n += of
	}
	return n
}

func (h *Host) pluginStatus() []plugin.Status {
	if h.plugins == nil {
		return nil
	}
	return h.plugins.Status()
}

func plainValues(values map[string]plugin.Value) map[string]int64 {
	plain := make(map[string]int64, len(values))
	for name, v := range values {
		plain[name] = v.Value
	}
	return plain
}

// A ConnInfo is what the host knows of one connection.
type ConnInfo struct {
	// SessionID is the id of the session that was made for the client in this
	// handshake, in hexadecimal digits; empty where the client takes none.
	SessionID string
	// ResumedFrom is the id of the session that the client resumed; empty after
	// a full handshake.
	ResumedFrom string
}

// ConnInfo describes a *tls.Conn that a listener of Host.Listener accepted and
// whose handshake is complete; false for any other connection.
func (h *Host) ConnInfo(conn net.Conn) (ConnInfo, bool) {
	info, ok := tlsbind.Info(conn)
	if !ok {
		return ConnInfo{}, false
	}
	return ConnInfo{SessionID: info.Issued.Hex(), ResumedFrom: info.Parent.Hex()}, true
}
