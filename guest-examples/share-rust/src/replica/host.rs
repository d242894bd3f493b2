use alloc::vec::Vec;

use sesshook_guest::{Error, Level};

use super::Node;

/// What a [`Replica`](super::Replica) needs of the host of a plugin. The functions
/// are those of `abi/SPEC.md`; none keeps a slice.
pub trait Host {
    /// Appends the sealed session under `id`.
    fn get(&mut self, id: &[u8], to: &mut Vec<u8>) -> Result<(), Error>;
    /// Stores a sealed session, with no flags.
    fn insert(&mut self, id: &[u8], sealed: &[u8]) -> Result<(), Error>;
    /// Removes `id`, or buries it.
    fn remove(&mut self, id: &[u8]) -> Result<(), Error>;
    /// Has every session and every tombstone delivered as an event.
    fn replay(&mut self) -> Result<(), Error>;
    /// Sends to all other nodes that have subscribed to `topic`; without a key to
    /// each of their instances.
    fn publish(&mut self, topic: &str, key: &[u8], data: &[u8]) -> Result<(), Error>;
    /// Asks a node, or any where `node` is empty, and appends the reply.
    fn request(&mut self, topic: &str, node: &[u8], data: &[u8], to: &mut Vec<u8>, timeout_ms: u32) -> Result<(), Error>;
    /// Answers the request that is being handled.
    fn reply(&mut self, data: &[u8]);
    /// Adds to a counter.
    fn add(&mut self, metric: &str, n: i64);
    /// Sets a gauge.
    fn set(&mut self, metric: &str, n: i64);
    /// Writes a line of the host's log.
    fn log(&mut self, level: Level, text: &str);
    /// The wall clock, in ns since the Unix epoch.
    fn now(&mut self) -> i64;
    /// This node's id.
    fn node(&mut self) -> Node;
}
