use sesshook_guest::{Error, MAX_SESSION};

use super::config::MILLISECOND;
use super::message::{begin, kind, kind_of, parse_fetch, FETCH_ANY};
use super::{valid_node, Counter, Host, Replica};

/// The capacity for a reply to a FETCH: a session, its envelope, and what is
/// around them. A longer reply would be lost.
pub(super) const MAX_REPLY: usize = MAX_SESSION + 2048;

#[derive(PartialEq, Eq)]
enum Fetched {
    Found,
    /// It was answered: not here.
    Absent,
    /// Nobody answered in time.
    Silence,
}

impl<H: Host> Replica<H> {
    /// For `on_session_miss`: a client waits for the session under `id`, whose home
    /// node is `home`, or not known where that is empty.
    pub fn missed(&mut self, id: &[u8], home: &[u8]) {
        if !self.cfg.mode.pulls() {
            return;
        }
        // Of its own sessions, a node that was restarted has none.
        if valid_node(home).is_some_and(|home| home != self.node) {
            match self.fetch(id, home, 0, self.cfg.pull_timeout) {
                Fetched::Found => return,
                Fetched::Absent => self.count(Counter::PullAbsent),
                Fetched::Silence => self.count(Counter::PullUnavailable),
            }
        }
        // Others may have pulled it, or had it pushed, while it was there.
        if !self.cfg.any || self.fetch(id, b"", FETCH_ANY, self.cfg.any_timeout) != Fetched::Found {
            self.count(Counter::PullMissed);
        }
    }

    /// Asks one node, or any, and inserts what comes.
    fn fetch(&mut self, id: &[u8], node: &[u8], flags: u8, timeout: i64) -> Fetched {
        begin(&mut self.message, kind::FETCH);
        self.message.push(flags);
        self.message.extend_from_slice(id);
        let mut reply = core::mem::take(&mut self.reply);
        reply.clear();
        let timeout = (timeout / MILLISECOND).max(1) as u32;
        let fetched = match self.host.request(&self.topics.pull, node, &self.message, &mut reply, timeout) {
            Ok(()) => self.fetched(id, &reply),
            Err(_) => Fetched::Silence,
        };
        self.reply = reply;
        fetched
    }

    fn fetched(&mut self, id: &[u8], reply: &[u8]) -> Fetched {
        let Some((kind::FETCH, [found, sealed @ ..])) = kind_of(reply) else {
            self.count(Counter::Malformed);
            return Fetched::Silence;
        };
        if *found == 0 || sealed.is_empty() {
            return Fetched::Absent;
        }
        let (counter, fetched) = match self.host.insert(id, sealed) {
            Ok(()) => (Counter::Pulled, Fetched::Found),
            Err(Error::Exists) => (Counter::Known, Fetched::Found),           // it was pushed meanwhile
            Err(Error::Removed) => (Counter::RefusedRemoved, Fetched::Found), // and nobody else's would be taken
            Err(_) => (Counter::Refused, Fetched::Absent),
        };
        self.count(counter);
        fetched
    }

    /// Answers a FETCH. One that was sent to any node is answered only with a
    /// session: the first answer is the one that counts.
    pub(super) fn serve(&mut self, body: &[u8]) -> Option<()> {
        let (flags, id) = parse_fetch(body)?;
        begin(&mut self.message, kind::FETCH);
        self.message.push(1);
        if self.host.get(id, &mut self.message).is_ok() {
            self.count(Counter::PullServed);
            self.host.reply(&self.message);
        } else if flags & FETCH_ANY == 0 {
            begin(&mut self.message, kind::FETCH);
            self.message.push(0);
            self.host.reply(&self.message);
        }
        Some(())
    }
}
