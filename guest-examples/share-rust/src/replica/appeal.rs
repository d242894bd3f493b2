use super::config::LOOKBACK;
use super::peer::Wish;
use super::{Counter, Host, Node, Replica};

/// An ASK to all nodes at once, for what is no older than since. It is for when it
/// is not known whom to ask. Nobody keeps count of who answers; but a node that
/// has missed it has missed a message of this one, is told so, and asks this one:
/// then it is asked in turn.
#[derive(Default)]
pub(super) struct Appeal {
    due: bool,
    since: i64,
    /// False where only removals are asked for.
    sessions: bool,
    /// When it was published.
    at: i64,
}

impl Appeal {
    pub fn make(&mut self, since: i64, sessions: bool) {
        // One that was missed counts still.
        if self.at == 0 && !self.due || since < self.since {
            self.since = since;
        }
        self.due = true;
        self.sessions |= sessions;
    }

    fn wish(&self) -> Wish {
        Wish {
            any: true,
            all: false,
            since: self.since,
            sessions: self.sessions,
        }
    }
}

impl<H: Host> Replica<H> {
    /// Publishes the appeal that is due.
    pub(super) fn tick_appeal(&mut self, now: i64) {
        let a = &self.appeal;
        if !a.due || a.at != 0 && now - a.at < self.cfg.resync_pause {
            return;
        }
        let wish = a.wish();
        let token = self.number();
        self.ask_for(wish, token);
        if self.publish(b"").is_err() {
            return;
        }
        (self.appeal.due, self.appeal.at) = (false, now);
        for p in &mut self.peers {
            p.called = false;
        }
        self.count(Counter::Asks);
    }

    /// Called when a node asks for what this one has published since then: an
    /// appeal may have been among it.
    pub(super) fn missed_by(&mut self, node: Node, since: i64) {
        let now = self.host.now();
        let a = &self.appeal;
        if a.at == 0 || a.at < since || now - a.at > LOOKBACK {
            return;
        }
        if self.peer(&node).is_some_and(|p| self.peers[p].called) {
            return;
        }
        let wish = a.wish();
        self.want(node, wish, now);
        if let Some(p) = self.peer(&node) {
            self.peers[p].called = true;
        }
    }
}
