package session

// A Message is one that came from another node of the farm, or the news that
// some did not. It is immutable once it has been handed to somebody else.
type Message struct {
	// From is the node that sent it; of a lost one, too.
	From Node
	// Topic is the topic that it was sent to; see abi.ValidTopic.
	Topic string
	// Key keeps messages of one sender in order; at most abi.MaxID bytes.
	Key string
	// Data is at most abi.MaxMessage bytes. Nobody writes to it.
	Data []byte
	// Heard is when the last message of From on Topic arrived before those that
	// were lost, in ns since the Unix epoch; 0 is never. It is of an abi.Lost
	// only.
	Heard int64
	// Reply answers a request, once, within its deadline; nil of what is no
	// request. It copies the bytes, may be called from any goroutine, and returns
	// ErrTooLarge or ErrUnavailable.
	Reply func([]byte) error
}
