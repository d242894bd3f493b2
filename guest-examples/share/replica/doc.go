// Package replica is the protocol of the plugin share: how the nodes of a farm
// keep each other's sessions, and above all each other's removals. It knows
// nothing of WebAssembly. The plugin calls it from its hooks and gives it a Host
// on package guest; tests give it one in memory, and run it natively.
//
// # What it promises
//
// A session that was removed on one node (for the reasons EXPLICIT or CONSUMED)
// is in the end on no node that lives, whatever was lost, delayed or came in
// another order meanwhile. In push mode, a session that was stored on one node
// is in the end on all of them, as far as their caches have room.
//
// # What it stands on
//
//   - The host remembers what was removed (tombstones), refuses an insert of it,
//     and buries an id that session_remove is called for before its session came.
//     So the news of an id may arrive in any order and any number of times.
//   - What a node publishes on the topic reaches each other node, or that node is
//     told in the end that messages of this sender were lost, and when it heard
//     the last one before (MessagesLost).
//   - What its own queue had no room for, it is told as well (EventsLost).
//   - session_replay delivers all that exists, tombstones with the time of the
//     removal.
//   - No node keeps a session longer than its tombstone: the nodes of a farm have
//     the same --ttl, and tombstones enough.
//
// # Why it holds
//
// Let node A remove a session, and B be another node.
//
//  1. A publishes REMOVE, and B hears it. B removes the session, or buries its
//     id, and nothing can bring it to B again: not a message that was overtaken,
//     not a pull from a node that does not know yet.
//  2. B does not hear it: B is told that messages of A were lost, and when it
//     last heard A. It ASKs A for the tombstones that are not older than that by
//     more than Margin, and again until A has said that it has sent them all.
//     Margin covers clocks that differ, and the time that an event waits in A's
//     queue. If B has never heard A, it asks for all: A may have removed a
//     session years of its own ago that a third node, cut off from A, has given
//     to B just now, so "since B was started" would be too little. If B itself
//     stood still (SIGSTOP, a machine that slept), the time of the last message
//     is not when it was sent, and B counts from where it stopped.
//  3. A never published it, because its queue overflowed, the host refused the
//     message (LIMIT), or its instance failed: A announces the tombstones of that
//     time to everybody. An instance that begins without the state of a
//     predecessor does so for what may have been in the works (Lookback), and
//     asks everybody for the same time, as it may have forgotten whom to ask.
//  4. A dies before B was told. If some node C has heard of the removal, then C
//     has said something while B was cut off, be it only a BEAT, so B asks C, and
//     gets A's removals as well: a node answers with every tombstone that it has.
//
// What is left: a removal that nobody but A knew of when A died; a cut, and A's
// death, within one Beat; an instance that fails while it is still catching up
// with what was lost longer than Lookback ago; tombstones that the host had no
// room for.
//
// # Transfers
//
// Whoever gets an ASK has the host replay what it has, keeps the *ids* that the
// asker needs, 35 bytes each and some 14 to know it again, and sends the
// sessions in batches, the next when the last one was acknowledged. Nobody waits
// in a hook for another node: two nodes that catch up with each other after a
// partition would wait for each other, each with its instances busy, until their
// time had run out. A batch that is not acknowledged is sent again, and at last
// given up: the asker hears no more of it, and asks again.
//
// Only pulls and the search for a first node to ask wait for an answer, for the
// milliseconds of the config. What a pull has waited for in vain it does not wait
// for again at once: there are few instances, and sessions that nobody has would
// take all of them.
//
// # Concurrency
//
// A Replica is used by one goroutine at a time, as an instance of a plugin is.
// The instances of a node share nothing: each one publishes, sends and applies
// for the session ids that come to it.
package replica
