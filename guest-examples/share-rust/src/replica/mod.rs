//! The protocol of the plugin share: package `guest-examples/share/replica` in
//! Rust. What it promises, what it stands on and why it holds stands in the doc of
//! that package; this is the same, step by step, so that nodes with the one and
//! nodes with the other make one farm. A test holds the two together
//! (`tests/traces.rs`).
//!
//! It knows nothing of WebAssembly. The plugin calls it from its hooks and gives it
//! a [`Host`] on the SDK; tests give it one in memory.

mod absence;
mod appeal;
mod change;
mod config;
mod count;
mod debt;
mod host;
mod join;
mod list;
pub mod message;
mod peer;
mod pull;
mod seen;
mod silent;
mod state;
mod stillness;
mod topics;
#[cfg(test)]
mod traces;
mod transfer;

use alloc::vec::Vec;

use sesshook_guest::{Error, NODE_ID_SIZE};

pub use config::{Config, Mode, MAX_TOPIC, MILLISECOND, SECOND};
pub use count::Counter;
pub use host::Host;

use config::LOOKBACK;
use message::{begin, kind, kind_of, Ask, ASK_SESSIONS};
use topics::Topics;

/// A node's id: 12 hexadecimal digits.
pub type Node = [u8; NODE_ID_SIZE];

/// One instance's part in keeping the sessions of the farm. Its functions are what
/// the hooks of a plugin call.
pub struct Replica<H> {
    cfg: Config,
    host: H,
    node: Node,
    topics: Topics,
    counts: count::Counters,

    /// Reused: the message that is built,
    message: Vec<u8>,
    /// and the reply that is waited for.
    reply: Vec<u8>,

    /// Of the numbers that were given out.
    unique: u64,
    ticks: u32,
    /// When the first instance of this line began.
    born: i64,
    /// It knows what it is to know: the first one of all, or the heir of one.
    inherited: bool,
    /// Time of the last event of this node that was handled.
    latest: i64,
    /// Something was published on the topic since the last tick.
    spoke: bool,
    spoke_at: i64,
    pause: stillness::Stillness,

    /// Whom this instance has asked, or is to ask,
    peers: Vec<peer::Peer>,
    /// and how many of them have not finished, as the host was told.
    told_behind: usize,
    join: join::Joining,
    appeal: appeal::Appeal,
    /// To whom this instance is sending.
    transfers: Vec<transfer::Transfer>,
    /// Something of a replay came since the last tick.
    replayed: bool,
    owed: debt::Debt,

    /// What pulls have learned; each instance learns for itself.
    absences: absence::Absences,
    silents: silent::Silents,
    /// When the last search that found nothing ended.
    searched: i64,
}

impl<H: Host> Replica<H> {
    /// A Replica that has not done anything.
    pub fn new(mut host: H, cfg: Config) -> Self {
        let node = host.node();
        let pulls = cfg.mode.pulls();
        Replica {
            topics: Topics::new(&cfg.topic, &node),
            reply: Vec::with_capacity(if pulls { pull::MAX_REPLY } else { 0 }),
            absences: if pulls { absence::Absences::new() } else { Default::default() },
            cfg,
            host,
            node,
            counts: Default::default(),
            message: Vec::new(),
            unique: 0,
            ticks: 0,
            born: 0,
            inherited: false,
            latest: 0,
            spoke: false,
            spoke_at: 0,
            pause: Default::default(),
            peers: Vec::new(),
            told_behind: 0,
            join: Default::default(),
            appeal: Default::default(),
            transfers: Vec::new(),
            replayed: false,
            owed: Default::default(),
            silents: Default::default(),
            searched: 0,
        }
    }

    /// What the plugin is to subscribe to.
    pub fn topics(&self) -> [&str; 4] {
        [&self.cfg.topic, &self.topics.own, &self.topics.sync, &self.topics.pull]
    }

    /// For `plugin_ready`: begins to look for a node to ask for what exists, unless a
    /// predecessor has done so. [`Replica::tick`] goes on with it.
    pub fn ready(&mut self) {
        if !self.inherited {
            self.inherited = true;
            let now = self.host.now();
            self.join.begin(now);
        }
    }

    /// For `on_tick`.
    pub fn tick(&mut self, now: i64) {
        self.pause.tick(now);
        self.ticks = self.ticks.saturating_add(1);
        if self.born == 0 {
            self.born = now;
        }
        if self.ticks == 2 && !self.inherited {
            self.orphaned(now);
        }
        self.tick_transfers(now);
        self.tick_join(now);
        self.tick_appeal(now);
        self.tick_peers(now);
        self.tick_beat(now);
        self.tell();
    }

    /// Hands the host what was counted since the last tick.
    pub fn tell(&mut self) {
        self.counts.tell(&mut self.host);
    }

    /// What was counted since it was made.
    pub fn counted(&self, counter: Counter) -> i64 {
        self.counts.get(counter)
    }

    fn count(&mut self, counter: Counter) {
        self.counts.add(counter, 1);
    }

    /// Called in an instance that nobody has told what came before it: after a
    /// fault, or beside the first one of a plugin that was just loaded. It may have
    /// been about to tell the others something, and to ask them. So it does both for
    /// what is recent, with everybody. (It announces removals only: whoever misses a
    /// session pays a full handshake, and this is also what each instance but the
    /// first does in a plugin that was just loaded.)
    fn orphaned(&mut self, now: i64) {
        self.inherited = true;
        self.owed.add(now - LOOKBACK, false);
        self.appeal.make(now - LOOKBACK, true);
    }

    /// For `on_message`. `request` says that the sender waits for a reply.
    pub fn message(&mut self, from: &[u8], key: &[u8], data: &[u8], request: bool) {
        let handled = kind_of(data).and_then(|(kind, body)| match request {
            true => self.handle_request(kind, body),
            false => self.handle(kind, from, key, body),
        });
        if handled.is_none() {
            self.count(Counter::Malformed);
        }
    }

    /// None for what is malformed.
    fn handle_request(&mut self, kind: u8, body: &[u8]) -> Option<()> {
        match kind {
            kind::WHO => self.who(body),
            kind::FETCH => self.serve(body),
            _ => None,
        }
    }

    /// None for what is malformed.
    fn handle(&mut self, kind: u8, from: &[u8], key: &[u8], body: &[u8]) -> Option<()> {
        match kind {
            kind::INSERT => self.apply_insert(key, body),
            kind::REMOVE if body.is_empty() => self.apply_remove(key),
            kind::BATCH => self.apply_batch(from, body),
            kind::ACK => self.acknowledged(from, body),
            kind::ASK => self.asked(from, body),
            kind::STATE => self.state_of(from, body),
            kind::BEAT if body.is_empty() => Some(()),
            _ => None,
        }
    }

    /// A number that no other instance of the farm gives out, by all likelihood, and
    /// that is not 0 (splitmix64, begun at the nonce).
    fn number(&mut self) -> u64 {
        self.unique += 1;
        let mut z = self.cfg.nonce.wrapping_add(self.unique.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31).max(1)
    }

    /// Sends the message that was built to everybody.
    fn publish(&mut self, key: &[u8]) -> Result<(), Error> {
        let result = self.host.publish(&self.cfg.topic, key, &self.message);
        match result {
            Ok(()) => self.spoke = true,
            Err(error) => self.not_sent(error),
        }
        result
    }

    /// Sends the message that was built to one node.
    fn send(&mut self, node: Node, key: &[u8]) {
        if let Err(error) = self.host.publish(self.topics.of(node), key, &self.message) {
            self.not_sent(error);
        }
    }

    fn not_sent(&mut self, error: Error) {
        self.count(match error {
            Error::Unavailable => Counter::Unavailable, // the others will be told that something is missing
            _ => Counter::Unsent,
        });
    }

    /// Says something if this instance has not for a while, so that whoever is cut
    /// off for longer than that is told afterwards.
    fn tick_beat(&mut self, now: i64) {
        if self.spoke || self.spoke_at == 0 {
            (self.spoke, self.spoke_at) = (false, now);
            return;
        }
        if now - self.spoke_at < self.cfg.beat {
            return;
        }
        begin(&mut self.message, kind::BEAT);
        let node = self.node;
        let _ = self.publish(&node); // what comes of it is counted
        (self.spoke, self.spoke_at) = (false, now);
    }
}

/// The node id that `b` can be; nobody looks at the digits.
fn valid_node(b: &[u8]) -> Option<Node> {
    b.try_into().ok()
}
