package host

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/admin"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/tlsbind"
)

// adminSource is what the admin endpoint sees of a host.
type adminSource struct{ h *Host }

var errDraining = errors.New("the host is draining: it takes no new connections")

// Ready implements admin.Source.
func (a adminSource) Ready() error {
	if a.h.closing.Load() {
		return errDraining
	}
	return nil
}

// Session implements admin.Source.
func (a adminSource) Session(id session.ID) (session.Session, bool) {
	s, err := a.h.cache.Get(id)
	if err != nil {
		return session.Session{}, false
	}
	return *s, true
}

// clockSkew is how far the clocks of a farm's nodes may differ.
const clockSkew = 5 * time.Minute

// Remove implements admin.Source. What is not here is buried for as long as any
// session under the id could live: this node takes none that is older than its
// TTL, so that one which is made before this moment is refused from now on,
// however late it comes.
func (a adminSource) Remove(id session.ID) admin.Removal {
	for {
		s, err := a.h.cache.Get(id)
		if err == nil {
			err = a.h.cache.Remove(id, abi.Explicit, session.Source{Origin: abi.FromAdmin})
		}
		if err == nil {
			return admin.Removal{Session: s}
		}
		home, genuine := a.h.keys.ring.Home([]byte(id))
		if !genuine {
			return admin.Removal{}
		}
		until := time.Unix(0, a.h.clock.Now()).Add(a.h.cfg.TTL + clockSkew)
		// What comes between the two is here, and is removed then.
		if a.h.cache.Bury(id, until.UnixNano()) == nil {
			return admin.Removal{Buried: until, Home: home}
		}
	}
}

// Plugins implements admin.Source.
func (a adminSource) Plugins() []admin.Plugin {
	all := []admin.Plugin{}
	for _, p := range a.h.pluginStatus() {
		all = append(all, adminPlugin(p))
	}
	return all
}

func adminPlugin(p plugin.Status) admin.Plugin {
	out := admin.Plugin{
		Name: p.Name, File: p.File, SHA256: p.SHA256, Signer: p.Signer, State: p.State, Language: p.Language,
		Hooks: p.Hooks, Instances: p.Instances, Generation: p.Generation, LoadedAt: p.LoadedAt, LastError: p.LastError,
		QuarantinedUntil: p.PausedUntil, Faults: p.Faults, QueueBytes: p.QueueBytes, FuelPerCall: p.FuelPerCall, FuelUsed: p.Fuel,
		QueueEvents: p.Queue, QueueCapacity: p.QueueLimit, EventsLost: p.EventsLost, MemoryBytes: p.MemoryBytes,
		MemoryPeak: p.MemoryPeak, StackBytes: p.StackBytes,
	}
	for _, g := range p.Grants {
		out.Grants = append(out.Grants, string(g))
	}
	for _, c := range p.Calls {
		for result, n := range c.Results {
			out.Calls += n
			if result != admin.ResultOK && result != admin.ResultRefused {
				out.Errors += n
			}
		}
	}
	return out
}

// Farm implements admin.Source.
func (a adminSource) Farm() *admin.Farm {
	if a.h.farm == nil {
		return nil
	}
	st := a.h.farm.Status()
	f := &admin.Farm{
		Name: st.Name, Up: st.Link.Up, Since: st.Link.Since, Server: st.Link.Server, Error: st.Link.Err, Downs: st.Link.Downs,
		Sent: admin.Traffic(st.Sent), Received: admin.Traffic(st.Received), Waiting: st.Waiting, Unsent: st.Unsent, Lost: st.Lost,
		Refused: byName(st.Refused), Requests: byName(st.Requests), Served: st.Served, Peers: []admin.Peer{},
	}
	for _, p := range st.Peers {
		f.Peers = append(f.Peers, admin.Peer{Node: p.Node.String(), Heard: p.Heard.UTC()})
	}
	return f
}

func byName[K ~string](counted map[K]uint64) map[string]uint64 {
	names := make(map[string]uint64, len(counted))
	for name, n := range counted {
		names[string(name)] = n
	}
	return names
}

// Enable implements admin.Source.
func (a adminSource) Enable(ctx context.Context, name string) (bool, error) {
	if a.h.plugins == nil {
		return false, nil
	}
	return a.h.plugins.Enable(ctx, name)
}

// Stats implements admin.Source.
func (a adminSource) Stats() admin.Stats {
	c, t := a.h.cache.Stats(), a.h.binder.Stats()
	st := admin.Stats{
		Cache: admin.CacheStats{
			Sessions: c.Sessions, Bytes: c.Bytes, Tombstones: c.Tombstones,
			Inserts: c.Inserts, Gets: c.Hits, Misses: c.Misses, Removes: total(c.Removals),
			Removals: c.Removals, Refusals: c.Refusals,
		},
		TLS: tlsStats(t),
	}
	if a.h.plugins != nil {
		for code, n := range a.h.plugins.Refusals() {
			st.Cache.Refusals[code] += n
		}
	}
	for _, p := range a.h.pluginStatus() {
		st.Plugins = append(st.Plugins, pluginStats(p))
	}
	return st
}

func pluginStats(p plugin.Status) admin.PluginStats {
	out := admin.PluginStats{
		Name: p.Name, Running: p.State == "running", Quarantined: p.State == "quarantined", Faults: p.Faults, Fuel: p.Fuel, QueueBytes: p.QueueBytes, StackBytes: p.StackBytes,
		Loads:       map[string]uint64{admin.ResultOK: p.Loads, admin.ResultError: p.LoadErrors},
		QueueEvents: p.Queue, EventsLost: p.EventsLost, LogLinesDropped: p.LinesLost, MemoryBytes: p.MemoryBytes,
	}
	seen := map[string]bool{}
	for _, c := range p.Calls {
		seen[c.Hook] = true
		hook := admin.HookStats{Hook: c.Hook, Results: c.Results}
		copy(hook.Time.Counts[:], c.Buckets[:])
		hook.Time.Sum = c.Sum
		out.Calls = append(out.Calls, hook)
	}
	for _, name := range p.Hooks { // from the start, with nothing counted yet
		if !seen[name] && isHook(name) {
			out.Calls = append(out.Calls, admin.HookStats{Hook: name, Results: map[string]uint64{}})
		}
	}
	for name, v := range p.Values {
		out.Values = append(out.Values, admin.Value{Name: name, Value: v.Value})
	}
	return out
}

func isHook(name string) bool {
	return slices.ContainsFunc(abi.GuestExports(), func(e abi.GuestExport) bool { return e.Hook && e.Name == name })
}

// tlsStats names what the TLS binding turned away by the ABI's codes. Sessions
// that it could not store were refused by the cache, and stand there.
func tlsStats(t tlsbind.Stats) admin.TLSStats {
	count := func(version uint16, resumed bool) uint64 {
		return t.Handshakes[tlsbind.Handshake{Version: version, Resumed: resumed}]
	}
	return admin.TLSStats{
		Full12: count(tls.VersionTLS12, false), Resumed12: count(tls.VersionTLS12, true),
		Full13: count(tls.VersionTLS13, false), Resumed13: count(tls.VersionTLS13, true),
		Refusals: map[abi.Code]uint64{
			abi.Invalid:     t.Foreign + t.Unreadable,
			abi.Denied:      t.Refused + t.WrongName,
			abi.Unsupported: t.Incompatible,
			abi.NotFound:    t.Expired,
			abi.Removed:     t.Removed,
		},
	}
}
