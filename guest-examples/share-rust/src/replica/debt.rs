use super::transfer::{Phase, Transfer};
use super::{Ask, Counter, Host, Replica, ASK_SESSIONS};

/// What this instance has not published, and is to announce to everybody: what
/// was removed, and stored by this node's clients, since then.
#[derive(Clone, Copy, Default)]
pub(super) struct Debt {
    pub any: bool,
    pub since: i64,
    /// Not only removals.
    sessions: bool,
    paid_at: i64,
    pause: i64,
}

impl Debt {
    pub fn add(&mut self, since: i64, sessions: bool) {
        if !self.any || since < self.since {
            self.since = since;
        }
        self.any = true;
        self.sessions |= sessions;
    }
}

/// How many batches go to everybody with one tick: there is nobody to
/// acknowledge them.
const BURSTS_PER_TICK: usize = 16;

impl<H: Host> Replica<H> {
    /// Begins to announce what is owed, if there is no announcement under way, and
    /// the last one is long enough ago.
    pub(super) fn pay_debt(&mut self, now: i64) {
        let d = &mut self.owed;
        if !d.any || d.paid_at != 0 && now - d.paid_at < d.pause {
            return;
        }
        if self.transfers.iter().any(|t| t.to.is_none() && t.phase != Phase::Finished) {
            return;
        }
        d.pause = next_pause(d.pause, self.cfg.resync_pause, now - d.paid_at);
        let (since, sessions) = (d.since, d.sessions);
        (d.any, d.sessions, d.paid_at) = (false, false, now);
        let ask = Ask {
            flags: if sessions { self.sessions() } else { 0 },
            since,
            ..Ask::default()
        };
        self.transfers.push(Transfer::new(None, ask));
        self.count(Counter::Resyncs);
    }

    /// The flag of an ASK by which a node says whether it keeps sessions that it
    /// did not ask for one by one.
    pub(super) fn sessions(&self) -> u8 {
        if self.cfg.mode.pushes() {
            ASK_SESSIONS
        } else {
            0
        }
    }

    /// Sends what transfer t has to everybody. What the farm does not take now
    /// waits for the next tick.
    pub(super) fn announce(&mut self, t: usize) {
        for _ in 0..BURSTS_PER_TICK {
            let (key, behind) = self.batch(t);
            if let Some(key) = key {
                if self.publish(key.bytes()).is_err() {
                    return;
                }
            }
            self.transfers[t].behind = behind;
            self.sent(t);
            if self.transfers[t].ids.len == 0 {
                return;
            }
        }
    }
}

/// How many times the least pause one grows to.
const MAX_PAUSE: i64 = 32;

/// The pause before the next repetition: twice the last one where that is not
/// long ago, else the least.
pub(super) fn next_pause(last: i64, least: i64, ago: i64) -> i64 {
    if last == 0 || ago > 8 * last {
        least
    } else {
        (2 * last).min(MAX_PAUSE * least)
    }
}
