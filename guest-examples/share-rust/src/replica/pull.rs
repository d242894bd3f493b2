use sesshook_guest::{Error, MAX_SESSION};

use super::config::MILLISECOND;
use super::message::{begin, kind, kind_of, parse_fetch, FETCH_ANY};
use super::{seen, valid_node, Counter, Host, Node, Replica};

/// The capacity for a reply to a FETCH: a session, its envelope, and what is
/// around them. A longer reply would be lost.
pub(super) const MAX_REPLY: usize = MAX_SESSION + 2048;

#[derive(PartialEq, Eq)]
enum Fetched {
    Found,
    /// It was answered: not here.
    Absent,
    /// No answer that counts, which took no time.
    Nobody,
    /// No answer, and it was waited for.
    Silence,
}

impl<H: Host> Replica<H> {
    /// For `on_session_miss`: a client waits for the session under `id`, whose home
    /// node is `home`, or not known where that is empty.
    pub fn missed(&mut self, id: &[u8], home: &[u8]) {
        if self.cfg.mode.pulls() && !self.pull(id, home) {
            self.count(Counter::PullMissed);
        }
    }

    /// Whether anybody had the session.
    ///
    /// Whoever waits for an answer that does not come keeps an instance from others
    /// that would get one, and a node has few instances; old sessions that nobody has
    /// any more, and nodes that hang, are nothing unusual. So what was just asked in
    /// vain is not asked again at once: an id that nobody had (absences), a home node
    /// that did not answer (silents), and any node whatever (search).
    fn pull(&mut self, id: &[u8], home: &[u8]) -> bool {
        let hash = seen::hash(self.cfg.nonce, kind::FETCH, id);
        if self.absences.has(hash, self.host.now()) {
            self.count(Counter::PullSpared);
            return false;
        }
        let mut gone = true;
        // Of its own sessions, a node that was restarted has none.
        if let Some(home) = valid_node(home).filter(|home| *home != self.node) {
            match self.fetch_home(id, home) {
                Fetched::Found => return true,
                Fetched::Silence => gone = false, // it may have it still
                Fetched::Absent | Fetched::Nobody => {}
            }
        }
        self.cfg.any && self.search(id, hash, gone)
    }

    /// Asks the home node, unless it has just kept this instance waiting.
    fn fetch_home(&mut self, id: &[u8], home: Node) -> Fetched {
        if self.silents.rests(&home, self.host.now(), self.cfg.pull_timeout) {
            self.count(Counter::PullSpared);
            return Fetched::Silence;
        }
        let fetched = self.fetch(id, &home, 0, self.cfg.pull_timeout);
        match fetched {
            Fetched::Found => self.silents.remove(&home),
            Fetched::Absent => {
                self.silents.remove(&home);
                self.count(Counter::PullAbsent);
            }
            Fetched::Nobody => self.count(Counter::PullUnavailable),
            Fetched::Silence => {
                self.silents.add(home, self.host.now());
                self.count(Counter::PullUnavailable);
            }
        }
        fetched
    }

    /// Asks all others at once, the home node among them. `gone` says that this one is
    /// known not to have the session.
    ///
    /// That it has not is no reason to ask nobody else. It may have been restarted, or
    /// had no room, and what others pulled or were pushed while it had it, they have
    /// still: that is promised. It can't tell these sessions from those that nobody has
    /// any more, because they were removed or their life is over: a cache says of all
    /// that it has none. But a search in vain takes all of its timeout, as who has
    /// nothing keeps silent. So after one there is none for twice as long, and they
    /// take a third of the time at most, however many ids nobody has.
    fn search(&mut self, id: &[u8], hash: u64, gone: bool) -> bool {
        if within(self.host.now(), self.searched, 2 * self.cfg.any_timeout) {
            self.count(Counter::PullSpared);
            return false;
        }
        let fetched = self.fetch(id, b"", FETCH_ANY, self.cfg.any_timeout);
        if fetched == Fetched::Found {
            return true;
        }
        self.searched = self.host.now();
        if gone && fetched == Fetched::Silence {
            self.absences.add(hash, self.searched);
        }
        false
    }

    /// Asks one node, or any, and inserts what comes.
    fn fetch(&mut self, id: &[u8], node: &[u8], flags: u8, timeout: i64) -> Fetched {
        begin(&mut self.message, kind::FETCH);
        self.message.push(flags);
        self.message.extend_from_slice(id);
        let mut reply = core::mem::take(&mut self.reply);
        reply.clear();
        let asked = self.host.now();
        let timeout_ms = (timeout / MILLISECOND).max(1) as u32;
        let fetched = match self.host.request(&self.topics.pull, node, &self.message, &mut reply, timeout_ms) {
            Ok(()) => self.fetched(id, &reply),
            // The host says at once that nobody is there, or that the farm is not; and
            // it waits less where the hook's own deadline is near, which is no node's
            // fault.
            Err(_) if self.host.now() - asked < timeout / 2 => Fetched::Nobody,
            Err(_) => Fetched::Silence,
        };
        self.reply = reply;
        fetched
    }

    fn fetched(&mut self, id: &[u8], reply: &[u8]) -> Fetched {
        let Some((kind::FETCH, [found, sealed @ ..])) = kind_of(reply) else {
            self.count(Counter::Malformed);
            return Fetched::Nobody;
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

/// Whether it is less than `d` since a time, which is 0 where there was none. A clock
/// that was set back begins anew.
pub(super) fn within(now: i64, since: i64, d: i64) -> bool {
    since != 0 && now >= since && now - since < d
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Mode, SECOND};
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use sesshook_guest::Level;

    const NOON: i64 = 1_800_000_000 * SECOND;
    const SELF: &str = "000000000001";
    const A: &str = "00000000000a";
    const B: &str = "00000000000b";
    const ANY: &str = "";
    const HAS: &[u8] = b"\x01\x09\x01sealed";
    const HAS_NOT: &[u8] = b"\x01\x09\x00";
    const GONE: &[u8] = b"";

    /// A host on which other nodes answer as `answers` has it; of the rest, an answer
    /// is waited for in vain. It notes whom it asks.
    struct Nodes {
        now: i64,
        answers: Vec<(&'static str, &'static [u8])>,
        asked: Vec<Vec<u8>>,
    }

    impl Host for Nodes {
        fn get(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<(), Error> {
            Err(Error::NotFound)
        }
        fn insert(&mut self, _: &[u8], _: &[u8]) -> Result<(), Error> {
            Ok(())
        }
        fn remove(&mut self, _: &[u8]) -> Result<(), Error> {
            Err(Error::NotFound)
        }
        fn replay(&mut self) -> Result<(), Error> {
            Ok(())
        }
        fn publish(&mut self, _: &str, _: &[u8], _: &[u8]) -> Result<(), Error> {
            Ok(())
        }
        fn request(&mut self, _: &str, node: &[u8], _: &[u8], to: &mut Vec<u8>, timeout_ms: u32) -> Result<(), Error> {
            self.asked.push(node.into());
            match self.answers.iter().find(|(of, _)| of.as_bytes() == node) {
                None => {
                    self.now += i64::from(timeout_ms) * MILLISECOND;
                    Err(Error::Unavailable)
                }
                Some((_, GONE)) => Err(Error::Unavailable),
                Some((_, answer)) => {
                    to.extend_from_slice(answer);
                    Ok(())
                }
            }
        }
        fn reply(&mut self, _: &[u8]) {}
        fn add(&mut self, _: &str, _: i64) {}
        fn set(&mut self, _: &str, _: i64) {}
        fn log(&mut self, _: Level, _: &str) {}
        fn now(&mut self) -> i64 {
            self.now
        }
        fn node(&mut self) -> Node {
            valid_node(SELF.as_bytes()).unwrap()
        }
    }

    fn pulls(answers: &[(&'static str, &'static [u8])]) -> Replica<Nodes> {
        let nodes = Nodes {
            now: NOON,
            answers: answers.into(),
            asked: vec![],
        };
        let cfg = Config {
            mode: Mode::Pull,
            ..Config::default()
        };
        Replica::new(nodes, cfg)
    }

    /// A miss: how long after the end of the last one, the id, and its home node.
    type Miss = (i64, &'static str, &'static str);

    #[test]
    fn what_was_asked_in_vain_is_not_asked_again_at_once() {
        const ANY_TIMEOUT: i64 = 30 * MILLISECOND;
        const PULL_TIMEOUT: i64 = 60 * MILLISECOND;
        type Case = (
            &'static str,
            &'static [(&'static str, &'static [u8])],
            &'static [Miss],
            &'static [&'static str],
            i64,
        );
        let cases: [Case; 13] = [
            (
                "a home node that has it is asked each time",
                &[(A, HAS)],
                &[(0, "1", A), (0, "1", A), (0, "2", A)],
                &[A, A, A],
                0,
            ),
            (
                "who has lost it leaves it to others",
                &[(A, HAS_NOT), (ANY, HAS)],
                &[(0, "1", A), (0, "1", A), (0, "2", A)],
                &[A, ANY, A, ANY, A, ANY],
                0,
            ),
            (
                "after a search in vain there is none for twice its time",
                &[(A, HAS_NOT)],
                &[(0, "1", A), (0, "2", A), (2 * ANY_TIMEOUT - 1, "3", A), (1, "4", A)],
                &[A, ANY, A, A, A, ANY],
                2,
            ),
            (
                "so after one that was no answer to anything",
                &[(ANY, HAS_NOT)],
                &[(0, "1", SELF), (2 * ANY_TIMEOUT - 1, "2", ""), (1, "2", "")],
                &[ANY, ANY],
                1,
            ),
            (
                "a home node that hangs is left alone for twice its time",
                &[(ANY, HAS)],
                &[(0, "1", A), (2 * PULL_TIMEOUT - 1, "2", A), (1, "3", A)],
                &[A, ANY, ANY, A, ANY],
                1,
            ),
            (
                "and others are not",
                &[(ANY, HAS), (B, HAS)],
                &[(0, "1", A), (0, "2", B), (0, "3", A)],
                &[A, ANY, B, ANY],
                1,
            ),
            (
                "one that is gone is known to be at once, and asked",
                &[(A, GONE), (ANY, HAS)],
                &[(0, "1", A), (0, "2", A)],
                &[A, ANY, A, ANY],
                0,
            ),
            (
                "an id that nobody has is asked for once in two seconds",
                &[(A, HAS_NOT)],
                &[
                    (0, "1", A),
                    (2 * ANY_TIMEOUT + 1, "1", A),
                    (2 * SECOND - 2 * ANY_TIMEOUT - 2, "1", A),
                    (1, "1", A),
                ],
                &[A, ANY, A, ANY],
                2,
            ),
            (
                "so is one whose home node is gone",
                &[(A, GONE)],
                &[(0, "1", A), (SECOND, "1", A)],
                &[A, ANY],
                1,
            ),
            (
                "one that a home node may have that hangs is asked for",
                &[],
                &[(0, "1", A), (2 * PULL_TIMEOUT, "1", A)],
                &[A, ANY, A, ANY],
                0,
            ),
            (
                "one that nobody was asked for is not known to be nowhere",
                &[(A, HAS_NOT)],
                &[(0, "1", A), (0, "2", A), (2 * ANY_TIMEOUT, "2", A)],
                &[A, ANY, A, A, ANY],
                1,
            ),
            (
                "nor one for which the time was over at once",
                &[(ANY, GONE)],
                &[(0, "1", ""), (2 * ANY_TIMEOUT, "1", "")],
                &[ANY, ANY],
                0,
            ),
            (
                "a clock that is set back ends all pauses",
                &[],
                &[(0, "1", A), (-10 * SECOND, "2", A)],
                &[A, ANY, A, ANY],
                0,
            ),
        ];
        for (name, answers, misses, asked, spared) in cases {
            let mut r = pulls(answers);
            for (after, id, home) in misses {
                r.host.now += after;
                r.missed(id.as_bytes(), home.as_bytes());
            }
            let want: Vec<_> = asked.iter().map(|node| node.as_bytes().to_vec()).collect();
            assert_eq!((&r.host.asked, r.counted(Counter::PullSpared)), (&want, spared), "{name}");
            let ended = r.counted(Counter::Pulled) + r.counted(Counter::PullMissed);
            assert_eq!(ended, misses.len() as i64, "{name}");
        }
    }

    /// The longer a node hangs, the fewer wait for it; once it answers, all do.
    #[test]
    fn a_node_that_hangs_is_left_alone_for_longer_each_time() {
        let mut r = pulls(&[(ANY, HAS)]);
        let wait = |r: &mut Replica<Nodes>| {
            r.host.asked.clear();
            let begun = r.host.now;
            loop {
                r.missed(b"id", A.as_bytes());
                if r.host.asked.iter().any(|node| node == A.as_bytes()) {
                    return (r.host.now - begun) / r.cfg.pull_timeout;
                }
                r.host.now += 10 * MILLISECOND;
            }
        };
        let pauses: Vec<_> = (0..8).map(|_| wait(&mut r)).collect();
        assert_eq!(pauses, [1, 3, 5, 9, 17, 33, 33, 33], "with the wait itself");
        r.host.answers.push((A, HAS));
        wait(&mut r);
        r.host.answers.pop();
        wait(&mut r);
        assert_eq!(wait(&mut r), 3, "after it had answered");
    }

    #[test]
    fn what_is_pushed_is_taken_though_nobody_had_it() {
        let mut r = pulls(&[]);
        r.missed(b"id", b"");
        r.message(A.as_bytes(), b"id", b"\x01\x01s", false);
        assert_eq!((r.counted(Counter::PullMissed), r.counted(Counter::AppliedInserts)), (1, 1));
    }

    #[test]
    fn what_pulls_have_learned_is_not_saved() {
        let mut r = pulls(&[]);
        let (mut before, mut after) = (vec![], vec![]);
        r.save(&mut before);
        r.missed(b"id", A.as_bytes());
        r.save(&mut after);
        assert_eq!(before, after);
    }
}
