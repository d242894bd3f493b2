package replica

// A Mode says how sessions get to the other nodes. Removals are published in
// all of them.
type Mode uint8

// The modes.
const (
	// Push sends every session to every node when it is stored.
	Push Mode = 1 << iota
	// Pull fetches a session when a client presents it.
	Pull
	// Both pushes, and pulls what has not arrived.
	Both = Push | Pull
)

func (m Mode) pushes() bool { return m&Push != 0 }
func (m Mode) pulls() bool  { return m&Pull != 0 }

// A Config configures a Replica. Times are in ns.
type Config struct {
	Mode Mode
	// Topic is that of changes, at most MaxTopic bytes. TOPIC.sync, TOPIC.pull and
	// TOPIC.NODE are used as well.
	Topic string
	// PullTimeout is how long the home node of a session is waited for, and
	// AnyTimeout how long any other. Both together have to fit the deadline of
	// on_session_miss.
	PullTimeout, AnyTimeout int64
	// Any lets other nodes than the home node be asked for a session.
	Any bool
	// Batch is how many bytes one message of a transfer has, about.
	Batch int
	// ResyncPause lies at least between two ASKs to one node, and between two
	// announcements to all. It grows while losses go on.
	ResyncPause int64
	// Beat is after how much silence a node says that it is there.
	Beat int64
	// Nonce is random, to tell the instances of a node apart.
	Nonce uint64
}

// MaxTopic is the longest Config.Topic: the ABI's less a dot and a node id.
const MaxTopic = 128 - 13

// Defaults returns the config of a sidecar that says nothing.
func Defaults() Config {
	return Config{
		Mode: Push, Topic: "share",
		PullTimeout: 60 * millisecond, AnyTimeout: 30 * millisecond, Any: true,
		Batch: 64 << 10, ResyncPause: second, Beat: 30 * second,
	}
}

const (
	millisecond = int64(1e6)
	second      = int64(1e9)
	minute      = 60 * second
)

const (
	// Margin is how much further back than what a node last heard it asks: for
	// clocks that differ, and for events that waited to be published.
	Margin = 5 * minute
	// Lookback is how far back an instance looks that does not know what its
	// predecessor was about.
	Lookback = 15 * minute
)
