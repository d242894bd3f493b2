package admin

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sesshook/sesshook/abi"
)

// The metrics. Their names and labels are relied on by dashboards and alerts.
var (
	descSessions   = desc("sessions", "TLS sessions in the cache.")
	descBytes      = desc("cache_bytes", "Memory that the cached TLS sessions take.")
	descTombstones = desc("tombstones", "Removed sessions that are remembered, so that they stay removed.")
	descEvents     = desc("session_events_total", "Events of the session cache, by kind.", "event")
	descRemovals   = desc("session_removals_total", "Sessions that left the cache, by reason.", "reason")
	descRefusals   = desc("session_refusals_total", "Sessions that were not stored, found or resumed, by result code.", "code")
	descHandshakes = desc("handshakes_total", "Completed TLS handshakes, by version, and by whether they resumed a session.", "version", "resumed")

	descFarmUp       = desc("farm_up", "Whether the farm's broker is reached: 1 or 0.")
	descFarmPeers    = desc("farm_peers", "Other nodes of the farm that were heard lately.")
	descFarmMessages = desc("farm_messages_total", "Messages of plugins to and from other nodes.", "direction")
	descFarmBytes    = desc("farm_bytes_total", "Bytes to and from other nodes, as the broker carries them.", "direction")
	descFarmLost     = desc("farm_lost_total", "Messages that other nodes sent and that did not arrive here.")
	descFarmRefused  = desc("farm_refused_total", "What arrived from the broker and was not taken, by reason.", "reason")
	descFarmRequests = desc("farm_requests_total", "Requests of this node to others, by result.", "result")
	descFarmUnsent   = desc("farm_unsent_total", "Messages of this node that were given up before they were sent.")
	descFarmServed   = desc("farm_replies_total", "Replies of this node to requests of others.")
	descFarmDowns    = desc("farm_reconnects_total", "Times that the farm's broker went out of reach and was sought again.")

	descRunning  = desc("plugin_running", "Whether the plugin has a module that runs: 1 or 0.", "plugin")
	descCalls    = desc("plugin_calls_total", "Calls of plugins' hooks, by result.", "plugin", "hook", "result")
	descSeconds  = desc("plugin_call_seconds", "Duration of calls of plugins' hooks.", "plugin", "hook")
	descQueue    = desc("plugin_queue_events", "Events that wait for the plugin.", "plugin")
	descLost     = desc("plugin_events_lost_total", "Events that the plugin did not get because its queue was full.", "plugin")
	descLoads    = desc("plugin_loads_total", "Attempts to load the plugin's module, by result.", "plugin", "result")
	descMemory   = desc("plugin_memory_bytes", "Linear memory of all instances of the plugin.", "plugin")
	descQueueMem = desc("plugin_queue_bytes", "Memory of the plugin's queue, without the sessions, which are the cache's.", "plugin")
	descStacks   = desc("plugin_stack_bytes", "About what the stacks of all instances of the plugin take.", "plugin")
	descPaused   = desc("plugin_quarantined", "Whether the plugin is paused after too many faults: 1 or 0.", "plugin")
	descFaults   = desc("plugin_faults_total", "Instances of the plugin that were discarded after a fault.", "plugin")
	descFuel     = desc("plugin_fuel_total", "Instructions that calls of the plugin have used of their budgets.", "plugin")
	descLogDrops = desc("plugin_log_lines_dropped_total", "Log lines of the plugin beyond its limit.", "plugin")
	descValue    = desc("plugin_value", "What the plugin itself counts (metric_add) and sets (metric_set).", "plugin", "name")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("sesshook_"+name, help, labels, nil)
}

// collector turns the counters of a Source into metrics at each scrape. Every
// label value of a fixed set is there from the start, with 0, so that a rate
// over the first event is right.
type collector struct{ src Source }

// Describe sends the descriptions of all the metrics.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descSessions, descBytes, descTombstones, descEvents, descRemovals, descRefusals, descHandshakes,
		descRunning, descCalls, descSeconds, descQueue, descLost, descLoads, descMemory, descQueueMem, descStacks,
		descPaused, descFaults, descFuel, descLogDrops, descValue,
		descFarmUp, descFarmPeers, descFarmMessages, descFarmBytes, descFarmLost, descFarmRefused, descFarmRequests, descFarmDowns,
		descFarmUnsent, descFarmServed,
	} {
		ch <- d
	}
}

// Collect sends one snapshot of the metrics.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.src.Stats()
	out := sink(ch)
	out.cache(&s.Cache)
	out.refusals(s.Cache.Refusals, s.TLS.Refusals)
	out.handshakes(&s.TLS)
	if f := c.src.Farm(); f != nil {
		out.farm(f)
	}
	for i := range s.Plugins {
		out.plugin(&s.Plugins[i])
	}
}

type sink chan<- prometheus.Metric

func (out sink) send(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
	m, err := prometheus.NewConstMetric(d, t, v, valid(labels)...)
	if err != nil {
		m = prometheus.NewInvalidMetric(d, err)
	}
	out <- m
}

func (out sink) gauge(d *prometheus.Desc, v float64, labels ...string) {
	out.send(d, prometheus.GaugeValue, v, labels...)
}

func (out sink) counter(d *prometheus.Desc, v uint64, labels ...string) {
	out.send(d, prometheus.CounterValue, float64(v), labels...)
}

func (out sink) cache(c *CacheStats) {
	out.gauge(descSessions, float64(c.Sessions))
	out.gauge(descBytes, float64(c.Bytes))
	out.gauge(descTombstones, float64(c.Tombstones))
	out.counter(descEvents, c.Inserts, "insert")
	out.counter(descEvents, c.Gets, "get")
	out.counter(descEvents, c.Misses, "miss")
	out.counter(descEvents, c.Removes, "remove")
	for _, r := range []abi.Reason{abi.Explicit, abi.Expired, abi.Evicted, abi.Consumed} {
		out.counter(descRemovals, c.Removals[r], strings.ToLower(r.String()))
	}
}

func (out sink) refusals(cache, tls map[abi.Code]uint64) {
	for _, code := range abi.Codes() {
		if code != abi.OK {
			out.counter(descRefusals, cache[code]+tls[code], strings.ToLower(code.String()))
		}
	}
}

func (out sink) handshakes(t *TLSStats) {
	out.counter(descHandshakes, t.Full12, "1.2", "false")
	out.counter(descHandshakes, t.Resumed12, "1.2", "true")
	out.counter(descHandshakes, t.Full13, "1.3", "false")
	out.counter(descHandshakes, t.Resumed13, "1.3", "true")
}

func (out sink) farm(f *Farm) {
	out.gauge(descFarmUp, oneOrZero(f.Up))
	out.gauge(descFarmPeers, float64(len(f.Peers)))
	out.counter(descFarmMessages, f.Sent.Messages, "sent")
	out.counter(descFarmMessages, f.Received.Messages, "received")
	out.counter(descFarmBytes, f.Sent.Bytes, "sent")
	out.counter(descFarmBytes, f.Received.Bytes, "received")
	out.counter(descFarmLost, f.Lost)
	out.counter(descFarmUnsent, f.Unsent)
	for reason, n := range f.Refused {
		out.counter(descFarmRefused, n, reason)
	}
	for result, n := range f.Requests {
		out.counter(descFarmRequests, n, result)
	}
	out.counter(descFarmServed, f.Served)
	out.counter(descFarmDowns, f.Downs)
}

func (out sink) plugin(p *PluginStats) {
	out.gauge(descRunning, oneOrZero(p.Running), p.Name)
	out.gauge(descPaused, oneOrZero(p.Quarantined), p.Name)
	out.counter(descFaults, p.Faults, p.Name)
	out.counter(descFuel, p.Fuel, p.Name)
	out.gauge(descStacks, float64(p.StackBytes), p.Name)
	out.gauge(descQueueMem, float64(p.QueueBytes), p.Name)
	for i := range p.Calls {
		out.hook(p.Name, &p.Calls[i])
	}
	for _, result := range results(p.Loads, ResultOK, ResultError) {
		out.counter(descLoads, p.Loads[result], p.Name, result)
	}
	out.gauge(descQueue, float64(p.QueueEvents), p.Name)
	out.counter(descLost, p.EventsLost, p.Name)
	out.gauge(descMemory, float64(p.MemoryBytes), p.Name)
	out.counter(descLogDrops, p.LogLinesDropped, p.Name)
	for _, v := range p.Values {
		// Counters and gauges share this name, and a name has one type: none.
		out.send(descValue, prometheus.UntypedValue, float64(v.Value), p.Name, v.Name)
	}
}

func oneOrZero(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (out sink) hook(plugin string, h *HookStats) {
	fixed := []string{ResultOK, ResultError, ResultTrap, ResultFuel}
	if h.Hook == "on_session_resume" {
		fixed = append(fixed, ResultRefused)
	}
	for _, result := range results(h.Results, fixed...) {
		out.counter(descCalls, h.Results[result], plugin, h.Hook, result)
	}
	total, upTo := h.Time.cumulative()
	m, err := prometheus.NewConstHistogram(descSeconds, total, h.Time.Sum.Seconds(), upTo, valid([]string{plugin, h.Hook})...)
	if err != nil {
		m = prometheus.NewInvalidMetric(descSeconds, err)
	}
	out <- m
}

// results returns the fixed results, and then those that were counted beside
// them, in order.
func results(counted map[string]uint64, fixed ...string) []string {
	all := slices.Clone(fixed)
	for result := range counted {
		if !slices.Contains(fixed, result) {
			all = append(all, result)
		}
	}
	slices.Sort(all[len(fixed):])
	return all
}

// valid makes UTF-8 of label values, which a file's name need not be.
func valid(labels []string) []string {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "\uFFFD")
	}
	return labels
}
