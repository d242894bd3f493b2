package replica

import "github.com/sesshook/sesshook/abi"

// A Host is what a Replica needs of the host of a plugin. The functions are
// those of abi/SPEC.md, with their result codes; none keeps a slice.
type Host interface {
	// Get appends the sealed session under id to dst.
	Get(dst, id []byte) ([]byte, abi.Code)
	// Insert stores a sealed session, with no flags.
	Insert(id, sealed []byte) abi.Code
	// Remove removes id, or buries it.
	Remove(id []byte) abi.Code
	// Replay has Inserted and Removed called, with the flag abi.Existing, for
	// every session and every tombstone.
	Replay() abi.Code
	// Publish sends to all other nodes that have subscribed to topic; without a
	// key to each of their instances.
	Publish(topic string, key, data []byte) abi.Code
	// Request asks a node, or any where node is empty, and appends the reply to
	// dst.
	Request(dst []byte, topic string, node, data []byte, timeoutMS uint32) ([]byte, abi.Code)
	// Reply answers the request that Message was called for.
	Reply(data []byte) abi.Code
	// Add adds to a counter, Set sets a gauge.
	Add(metric string, n int64)
	Set(metric string, n int64)
	// Log writes a line of the host's log.
	Log(level abi.Level, text string)
	// Now is the wall clock, in ns since the Unix epoch.
	Now() int64
	// Node is this node's id.
	Node() string
}
