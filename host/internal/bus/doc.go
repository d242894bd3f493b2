// Package bus joins the nodes of a farm: messages to topics, requests and their
// replies, and values that all nodes share. It knows neither plugins nor the
// cache; what is in a message is its sender's and its receivers' business.
//
// Farm is what the host uses. Below it is a Transport, which only has to carry
// bytes: package bus/nats is one on NATS, and a Network has one for each node
// within a process, with all the faults that a test may want. One suite, in
// package bustest, holds all of them to what is written here.
//
// # Messages
//
// A message of Publish goes to all subscribers of its topic on all other nodes
// of the farm, and never to a node's own.
//
//   - At most once. No message is delivered twice to a subscriber, whatever the
//     Transport, or somebody on it, repeats.
//   - In order. What one node publishes to one topic arrives in the order in
//     which it was published, as long as the Transport keeps it, as NATS does. A
//     message that others overtake is still delivered, late, if it is at most
//     Grace behind them. There is no order between topics, nor between nodes, nor
//     between messages and requests.
//   - Not without notice. Each node numbers what it publishes to a topic. Where a
//     number does not arrive, the subscribers are told with an abi.Lost: from
//     whom, on which topic, how many (Event.Seq), and when the last message
//     before them came (Message.Heard). Whatever happens to a node and its
//     connection, every number is in the end either delivered to a subscriber or
//     reported to it as lost, once, as long as the sender lives to say so.
//   - When they are told. Grace after a later message has come, or else after
//     the sender's next head on the topic, which says what its next number is;
//     after a partition, or a broken link, as soon as the first of these gets
//     through. A node sends heads every second (less often in a farm of more than
//     a thousand nodes): on all topics that it has published to in its life, where
//     these are at most 512; else on the 256 that it published to last, and on 256
//     of the others in rotation. So the loss of a last message on a topic that is
//     one of n is noticed within a second if it is in use, and within n/256 of
//     them if it is not: a minute of 16384.
//   - What was before. Who subscribes is told of all that others had published to
//     the topic until then as lost, with a Heard of 0: it tells that there is
//     something to catch up on. This, too, takes a head.
//
// Messages are lost: what a Transport loses, above all while a connection is
// broken; what Publish refuses with ErrUnavailable or ErrLimit (both take a
// number); what waits in the outgoing buffer of a node that dies (nobody learns of
// these: their numbers die with it); and whatever comes later than Grace. Nothing
// is sent twice to make up for it: who was told of a loss knows better than the
// bus what to ask for.
//
// A node that starts again is a new sender: its numbers begin anew, and what is
// still under way from its earlier life is refused once something of the new one
// has come.
//
// # Requests
//
// Request goes to one node, or to all that are subscribed to the topic, and
// returns the first genuine reply. It is delivered at most once to each, and
// answered at most once by each. Replies go to their asker alone. It fails at
// once where nobody is subscribed, and otherwise when its time is up.
//
// # Values
//
// A value is kept by the Transport's store for the time that KVPut says. What
// KVGet returns was put by a node of the farm, under this very key, and its life
// is not over. It is the last that was put as far as the store is honest: a
// store may return an older one, or none.
//
// # Limits
//
// A key of a message is at most abi.MaxID bytes, the data of a message, request
// or reply at most abi.MaxMessage and what the Transport carries, a value at most
// abi.MaxSession, its key 1 to abi.MaxID. 8 MiB of messages wait to be sent; 1024
// topics may be subscribed to; 65536 requests may be under way; 65536 other nodes
// are remembered, until 10 minutes after they were last heard. 262144 topics may
// be published to, each of which takes some 150 bytes and its name for as long as
// the Farm lives, because its numbers must not begin anew: who lets others
// publish has to bound how many topics each makes up.
//
// # Trust
//
// Everything is sealed with the farm keys (session.Keyring.SealMessage), bound to
// the farm's name, to what it is, and to the topic, node, or request that it is
// for. So a NATS may be shared with others:
//
//	who                          can                                    can't
//	somebody on the same NATS    drop, delay, and flood; see who sends  read, forge or alter a message, a
//	                             how much to which topic; make a        request, a reply or a value; have
//	                             request fail early (the transport's    one delivered twice, or to another
//	                             "nobody"); delete a value or bring     topic, node or request, or more than
//	                             back an older one that still lives     MaxSkew after it was sent
//	a node with a farm key       everything that a node can: the key    be told from another node: a node's
//	                             is what makes it one                   id in a message is its own word
//	a plugin                     what the host lets it                  choose the farm, or its sender's id
//
// Replays are refused by number, and whatever was sent more than MaxSkew from
// now, by the clock here, is refused as well; so the clocks of a farm have to
// agree to within two minutes. A node that has just started knows no numbers yet:
// what others sent in the two minutes before can be replayed to it, once.
//
// Farm keys are replaced while the farm runs: every node has to be able to open
// what any seals, so a new key is added behind the old one everywhere before it
// is put first anywhere.
//
// # Concurrency
//
// Methods of Farm and Network may be called from any goroutine, those of Farm
// also from within a deliver, but for Close. A Farm has two goroutines, one that
// sends and one that keeps time; it delivers from the Transport's. Close ends
// both before it returns, after having sent what waited, and closes the
// Transport. No lock is held while something is delivered or the Transport is
// called, but for that which orders Subscribe and cancel.
package bus
