package replica

// A Counter is something that a Replica counts, by the name of its metric.
type Counter uint8

// The counters; README.md says what they mean.
const (
	SentInserts Counter = iota
	SentRemoves
	Unavailable
	Unsent
	AppliedInserts
	AppliedRemoves
	Known
	Buried
	Refused
	RefusedRemoved
	Malformed
	MessagesLost
	EventsLost
	Asks
	Resyncs
	TransfersSent
	TransfersFailed
	TransferSessions
	TransferRemoves
	Resent
	Pulled
	PullMissed
	PullAbsent
	PullUnavailable
	PullServed
	PullSpared

	counterCount
)

var counterNames = [counterCount]string{
	"sent_inserts", "sent_removes", "unavailable", "unsent",
	"applied_inserts", "applied_removes", "known", "buried", "refused", "refused_removed",
	"malformed", "messages_lost", "events_lost",
	"asks", "resyncs", "transfers_sent", "transfers_failed", "transfer_sessions", "transfer_removes", "resent",
	"pulled", "pull_missed", "pull_absent", "pull_unavailable", "pull_served", "pull_spared",
}

// String returns the name of the metric.
func (c Counter) String() string { return counterNames[c] }

// counters are added up here and handed to the host with each tick: a call of
// the host for each event would cost more than the counting.
type counters struct {
	total [counterCount]int64
	told  [counterCount]int64
}

// tell gives the host what it has not been told yet.
func (c *counters) tell(h Host) {
	for i := range c.total {
		if d := c.total[i] - c.told[i]; d != 0 {
			h.Add(counterNames[i], d)
			c.told[i] = c.total[i]
		}
	}
}

// Count returns what r has counted since it was made.
func (r *Replica) Count(c Counter) int64 { return r.counts.total[c] }

func (r *Replica) count(c Counter) { r.counts.total[c]++ }
