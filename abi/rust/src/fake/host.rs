use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::{Error, Level};

/// The node id that a new [`Host`] reports.
pub const NODE: &str = "0123456789ab";

/// A message that the plugin has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its key, which may be empty.
    pub key: Vec<u8>,
    /// Its payload.
    pub data: Vec<u8>,
}

/// What the plugin under test sees as its host. It is the thread's until it is
/// dropped.
///
/// Its functions take `&self`, as the plugin uses it too while they run.
pub struct Host(pub(super) Rc<RefCell<State>>);

std::thread_local! {
    static CURRENT: RefCell<Option<Rc<RefCell<State>>>> = const { RefCell::new(None) };
}

/// Calls `f` with the thread's host.
pub(crate) fn with_host<R>(f: impl FnOnce(&mut State) -> R) -> R {
    let host = CURRENT.with(|current| current.borrow().clone());
    let host = host.expect("a plugin was called natively without a host: begin the test with fake::Host::new()");
    let mut state = host.borrow_mut();
    f(&mut state)
}

/// When the host is calling: a bit each.
pub(super) mod phase {
    pub const INIT: u8 = 1;
    pub const START: u8 = 2;
    pub const RESTORE: u8 = 4;
    pub const EVENT: u8 = 8;
    pub const REQUEST: u8 = 16;
    pub const STOP: u8 = 32;
    pub const ANY: u8 = 63;
}

/// A value, and the end of its life in ns since the Unix epoch.
#[derive(Clone)]
pub(super) struct Kept {
    pub bytes: Vec<u8>,
    pub until: Option<i64>,
}

/// A metric; what it is was decided by its first use.
pub(super) enum Metric {
    Counter(i64),
    Gauge(i64),
}

/// What answers requests.
type Answer = Box<dyn FnMut(&str, &[u8], &[u8]) -> Result<Vec<u8>, Error>>;

pub(crate) struct State {
    pub(super) grants: Vec<String>,
    pub(super) phase: u8,
    pub(super) now: i64,
    pub(super) config: String,
    pub(super) level: Level,
    pub(super) failures: BTreeMap<String, Error>,
    pub(super) answer: Option<Answer>,
    pub(super) farm: bool,

    pub(super) sessions: BTreeMap<Vec<u8>, Kept>,
    pub(super) tombstones: BTreeSet<Vec<u8>>,
    pub(super) kv: BTreeMap<Vec<u8>, Kept>,
    pub(super) metrics: BTreeMap<String, Metric>,
    pub(super) logs: Vec<(Level, String)>,
    pub(super) published: Vec<Message>,
    pub(super) replies: Vec<Vec<u8>>,
    pub(super) topics: Vec<String>,
    pub(super) replays: usize,
    pub(super) random: u64,

    // Of the call that is under way.
    pub(super) event: Option<Vec<u8>>,
    pub(super) event_id: Vec<u8>,
    pub(super) event_session: Option<Vec<u8>>,
    pub(super) replied: bool,
    pub(super) state: Vec<u8>,
    pub(super) buffer: usize,
}

impl State {
    fn new() -> Self {
        State {
            grants: ["sessions:read", "sessions:write", "messages", "kv", "metrics"].map(String::from).into(),
            phase: phase::EVENT,
            now: 0,
            config: "{}".into(),
            level: Level::Debug,
            failures: BTreeMap::new(),
            answer: None,
            farm: true,
            sessions: BTreeMap::new(),
            tombstones: BTreeSet::new(),
            kv: BTreeMap::new(),
            metrics: BTreeMap::new(),
            logs: Vec::new(),
            published: Vec::new(),
            replies: Vec::new(),
            topics: Vec::new(),
            replays: 0,
            random: 0,
            event: None,
            event_id: Vec::new(),
            event_session: None,
            replied: false,
            state: Vec::new(),
            buffer: crate::EVENT_BUFFER,
        }
    }
}

impl Default for Host {
    fn default() -> Self {
        Host::new()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        CURRENT.with(|current| current.borrow_mut().take());
    }
}

impl Host {
    /// Makes this thread's host: with the default grants, an empty `[config]`, a
    /// farm on which nobody else is, and the clock at 0.
    ///
    /// # Panics
    ///
    /// Where the thread has one.
    pub fn new() -> Self {
        let host = Rc::new(RefCell::new(State::new()));
        CURRENT.with(|current| {
            let before = current.borrow_mut().replace(host.clone());
            assert!(before.is_none(), "this thread has a fake host already");
        });
        Host(host)
    }

    /// Makes the plugin's `[config]` table this JSON object.
    pub fn set_config(&self, json: &str) {
        self.0.borrow_mut().config = json.into();
    }

    /// Makes these the plugin's only grants. A function without its grant is
    /// [`Error::Denied`] here; the real host does not even load such a module.
    pub fn set_grants(&self, grants: &[&str]) {
        self.0.borrow_mut().grants = grants.iter().map(ToString::to_string).collect();
    }

    /// Sets the clock, in ns since the Unix epoch.
    pub fn set_time(&self, now: i64) {
        self.0.borrow_mut().now = now;
    }

    /// Drops lines of the log below this level.
    pub fn set_log_level(&self, level: Level) {
        self.0.borrow_mut().level = level;
    }

    /// Takes the farm away: messages are [`Error::Unavailable`]; or gives it back.
    pub fn set_farm(&self, there: bool) {
        self.0.borrow_mut().farm = there;
    }

    /// Makes `answer` answer the plugin's requests, from topic, node and data.
    /// Without it they are [`Error::Unavailable`]. It must not use the host itself.
    pub fn set_answer(&self, answer: impl FnMut(&str, &[u8], &[u8]) -> Result<Vec<u8>, Error> + 'static) {
        self.0.borrow_mut().answer = Some(Box::new(answer));
    }

    /// Sets how many bytes the event buffer has: longer records are truncated.
    pub fn set_event_buffer(&self, size: usize) {
        assert!(size >= crate::MIN_EVENT_BUFFER, "an event buffer has at least 512 bytes");
        self.0.borrow_mut().buffer = size;
    }

    /// Makes the host function of that name return an error from now on, and do
    /// nothing; `None` lets it work again.
    ///
    /// # Panics
    ///
    /// Where the ABI has no such function that returns a result.
    pub fn fail(&self, function: &str, error: Option<Error>) {
        super::calls::must_be_a_function(function);
        let failures = &mut self.0.borrow_mut().failures;
        match error {
            Some(error) => failures.insert(function.into(), error),
            None => failures.remove(function),
        };
    }

    /// Stores a session as a client's handshake would, without an event.
    pub fn set_session(&self, id: &[u8], session: &[u8]) {
        let mut state = self.0.borrow_mut();
        state.tombstones.remove(id);
        state.sessions.insert(
            id.into(),
            Kept {
                bytes: session.into(),
                until: None,
            },
        );
    }

    /// The session under `id`.
    pub fn session(&self, id: &[u8]) -> Option<Vec<u8>> {
        let state = self.0.borrow();
        state.look(&state.sessions, id)
    }

    /// Whether `id` has a tombstone.
    pub fn removed(&self, id: &[u8]) -> bool {
        self.0.borrow().tombstones.contains(id)
    }

    /// The value of a key that the plugin has put.
    pub fn value(&self, key: &[u8]) -> Option<Vec<u8>> {
        let state = self.0.borrow();
        state.look(&state.kv, key)
    }

    /// The value of a metric, 0 if the plugin never touched it.
    pub fn metric(&self, name: &str) -> i64 {
        match self.0.borrow().metrics.get(name) {
            Some(Metric::Counter(n) | Metric::Gauge(n)) => *n,
            None => 0,
        }
    }

    /// What the plugin has logged, without the lines that the level drops.
    pub fn logs(&self) -> Vec<(Level, String)> {
        self.0.borrow().logs.clone()
    }

    /// The messages that the plugin has published.
    pub fn published(&self) -> Vec<Message> {
        self.0.borrow().published.clone()
    }

    /// What the plugin has replied to requests.
    pub fn replies(&self) -> Vec<Vec<u8>> {
        self.0.borrow().replies.clone()
    }

    /// The topics that the plugin has subscribed to.
    pub fn topics(&self) -> Vec<String> {
        self.0.borrow().topics.clone()
    }

    /// How often the plugin has asked for a replay. The test delivers the events.
    pub fn replays(&self) -> usize {
        self.0.borrow().replays
    }
}
