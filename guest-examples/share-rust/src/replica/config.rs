use alloc::string::String;

/// How sessions get to the other nodes. Removals are published in all modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Sends every session to every node when it is stored.
    Push,
    /// Fetches a session when a client presents it.
    Pull,
    /// Pushes, and pulls what has not arrived.
    Both,
}

impl Mode {
    pub(super) fn pushes(self) -> bool {
        self != Mode::Pull
    }

    /// Whether sessions are fetched.
    pub fn pulls(self) -> bool {
        self != Mode::Push
    }
}

/// What configures a [`Replica`](super::Replica). Times are in ns.
#[derive(Clone, Debug)]
pub struct Config {
    /// How sessions get to the other nodes.
    pub mode: Mode,
    /// The topic of changes, at most [`MAX_TOPIC`] bytes. TOPIC.sync, TOPIC.pull
    /// and TOPIC.NODE are used as well.
    pub topic: String,
    /// How long the home node of a session is waited for.
    pub pull_timeout: i64,
    /// How long any other is. Both together have to fit the deadline of
    /// `on_session_miss`.
    pub any_timeout: i64,
    /// Lets other nodes than the home node be asked for a session.
    pub any: bool,
    /// How many bytes one message of a transfer has, about.
    pub batch: usize,
    /// Lies at least between two ASKs to one node, and between two announcements
    /// to all. It grows while losses go on.
    pub resync_pause: i64,
    /// After how much silence a node says that it is there.
    pub beat: i64,
    /// Random, to tell the instances of a node apart.
    pub nonce: u64,
}

/// Bytes of the longest topic: the ABI's less a dot and a node id.
pub const MAX_TOPIC: usize = sesshook_guest::MAX_TOPIC - 1 - sesshook_guest::NODE_ID_SIZE;

impl Default for Config {
    /// That of a sidecar that says nothing.
    fn default() -> Self {
        Config {
            mode: Mode::Push,
            topic: "share".into(),
            pull_timeout: 60 * MILLISECOND,
            any_timeout: 30 * MILLISECOND,
            any: true,
            batch: 64 << 10,
            resync_pause: SECOND,
            beat: 30 * SECOND,
            nonce: 0,
        }
    }
}

/// In ns.
pub const MILLISECOND: i64 = 1_000_000;
/// In ns.
pub const SECOND: i64 = 1000 * MILLISECOND;
pub(super) const MINUTE: i64 = 60 * SECOND;

/// How much further back than what a node last heard it asks: for clocks that
/// differ, and for events that waited to be published.
pub(super) const MARGIN: i64 = 5 * MINUTE;
/// How far back an instance looks that does not know what its predecessor was
/// about.
pub(super) const LOOKBACK: i64 = 15 * MINUTE;
