use super::config::{MARGIN, MINUTE, SECOND};
use super::debt::next_pause;
use super::message::{begin, kind, parse_state, ASK_ALL, STATE_BEGUN, STATE_DONE};
use super::{valid_node, Ask, Counter, Host, Node, Replica};

/// A node that this instance has asked for what it has missed, or is to ask.
#[derive(Default)]
pub(super) struct Peer {
    pub node: Node,

    /// What is to be asked for.
    pub wanted: Wish,
    /// What has been asked for, until all of it came.
    pub asked: Wish,

    /// Of what has been asked.
    token: u64,
    asked_at: i64,
    /// When the peer last said how that is going.
    heard_at: i64,
    /// Instances of the peer that have begun,
    begun: u32,
    /// and that have finished.
    done: u32,
    /// Something of it may have been lost.
    again: bool,
    /// It is silent, and asked again after the pause.
    retry: bool,

    /// Between asked_at and the next.
    pause: i64,
    /// It has been asked once more because it may have missed an appeal.
    pub called: bool,
    /// Asks in a row that were not answered.
    silent: u32,
}

/// What an ASK asks for. The default is nothing.
#[derive(Clone, Copy, Default)]
pub(super) struct Wish {
    pub any: bool,
    pub all: bool,
    pub since: i64,
    /// Not only removals.
    pub sessions: bool,
}

impl Wish {
    pub fn add(&mut self, other: Wish) {
        if !other.any {
            return;
        }
        if !self.any {
            *self = other;
            return;
        }
        self.all |= other.all;
        self.sessions |= other.sessions;
        self.since = self.since.min(other.since);
    }
}

/// How many are remembered.
pub(super) const MAX_PEERS: usize = 1024;
/// How long a peer may be silent about what it was asked for,
const UNHEARD: i64 = 5 * SECOND;
/// and how long before its first word.
const UNBEGUN: i64 = 2 * SECOND;
/// How long it has to be after all of its instances have finished: others may not
/// have begun.
const SETTLED: i64 = 2 * SECOND;
/// The longest pause before a peer that does not answer is asked again.
const LONGEST: i64 = MINUTE;

impl<H: Host> Replica<H> {
    /// For `on_messages_lost`: `count` messages of `node` on `topic` did not arrive;
    /// the last one before them came at the time `heard`, 0 where none ever came.
    /// `node` is empty where it is not known.
    pub fn messages_lost(&mut self, node: &[u8], topic: &[u8], count: i64, heard: i64) {
        let now = self.host.now();
        if topic == self.cfg.topic.as_bytes() {
            self.counts.add(Counter::MessagesLost, count);
            let wish = Wish {
                any: true,
                all: false,
                since: self.since(heard, now),
                sessions: true,
            };
            match valid_node(node) {
                Some(node) => self.want(node, wish, now),
                None => self.appeal.make(wish.since, true),
            }
        } else if topic == self.topics.own.as_bytes() {
            // It may have been the news of a transfer. Who has sent a batch or
            // wants something sends it again.
            if let Some(p) = self.peer(node) {
                let p = &mut self.peers[p];
                p.again |= p.asked.any && (heard != 0 || p.begun > 0);
            }
        }
    }

    /// How far back a node has to be asked that was last heard then.
    fn since(&mut self, heard: i64, now: i64) -> i64 {
        if heard == 0 {
            return 0;
        }
        self.pause.sent(heard, now).wrapping_sub(MARGIN).max(0)
    }

    /// Notes that a node is to be asked, and asks it if that may be now.
    pub(super) fn want(&mut self, node: Node, wish: Wish, now: i64) {
        if node == self.node {
            return;
        }
        let Some(i) = self.peer(&node).or_else(|| self.new_peer(node)) else {
            self.appeal.make(wish.since, wish.sessions); // more than can be remembered
            return;
        };
        let p = &mut self.peers[i];
        p.wanted.add(wish);
        if p.silent > 0 {
            (p.silent, p.pause) = (0, 0); // it is back
        }
        self.tick_peer(i, now);
        self.tell_behind();
    }

    pub(super) fn peer(&self, node: &[u8]) -> Option<usize> {
        self.peers.iter().position(|p| p.node == node)
    }

    /// A new peer, in the place of one that there is nothing to ask any more where
    /// there are too many.
    fn new_peer(&mut self, node: Node) -> Option<usize> {
        let new = Peer::new(node);
        if self.peers.len() < MAX_PEERS {
            self.peers.push(new);
            return Some(self.peers.len() - 1);
        }
        let i = self.peers.iter().position(|p| !p.asked.any && !p.wanted.any)?;
        self.peers[i] = new;
        Some(i)
    }

    pub(super) fn tick_peers(&mut self, now: i64) {
        for i in 0..self.peers.len() {
            self.tick_peer(i, now);
        }
        self.tell_behind();
    }

    /// Finds out whether what was asked for has come, or is to be asked for again,
    /// and asks.
    fn tick_peer(&mut self, i: usize, now: i64) {
        let p = &mut self.peers[i];
        if p.asked.any && !p.retry {
            if p.begun > 0 && p.done >= p.begun && now - p.heard_at >= SETTLED {
                p.answered();
            } else if p.begun == 0 && now - p.asked_at >= UNBEGUN || now - p.heard_at.max(p.asked_at) >= UNHEARD {
                self.unanswered(i);
            }
        }
        let p = &self.peers[i];
        let due = p.retry || p.wanted.any && !p.asked.any;
        if due && (p.asked_at == 0 || now - p.asked_at >= p.pause) {
            self.ask(i, now);
        }
    }

    /// Has everything asked for again. A node that is gone is asked ever more
    /// rarely; where it was to give everything, another one is looked for.
    fn unanswered(&mut self, i: usize) {
        let p = &mut self.peers[i];
        p.retry = true;
        p.pause = (UNBEGUN << p.silent.min(8)).min(LONGEST);
        p.silent += 1;
        if p.asked.all && p.begun == 0 {
            p.asked.all = false;
            let now = self.host.now();
            self.join.begin(now);
        }
    }

    /// Sends an ASK for all that is wanted of peer i.
    fn ask(&mut self, i: usize, now: i64) {
        let token = self.number();
        let p = &mut self.peers[i];
        if p.silent == 0 {
            p.pause = next_pause(p.pause, self.cfg.resync_pause, now - p.asked_at);
        }
        p.wanted.add(p.asked); // where that did not come
        (p.asked, p.wanted) = (p.wanted, Wish::default());
        (p.again, p.retry) = (false, false);
        p.token = token;
        (p.asked_at, p.heard_at, p.begun, p.done) = (now, 0, 0, 0);
        let (node, wish) = (p.node, p.asked);
        self.ask_for(wish, token);
        self.send(node, b"");
        self.count(Counter::Asks);
    }

    /// Makes the message of an ASK.
    pub(super) fn ask_for(&mut self, wish: Wish, token: u64) {
        let mut ask = Ask {
            flags: if wish.sessions { self.sessions() } else { 0 },
            nonce: self.cfg.nonce,
            token,
            since: wish.since,
        };
        if wish.all {
            ask.flags |= ASK_ALL;
            ask.since = 0;
        }
        begin(&mut self.message, kind::ASK);
        ask.append(&mut self.message);
    }

    /// Takes what a peer says about what it was asked for. Every instance of this
    /// node is given it; the one that has asked knows the token.
    pub(super) fn state_of(&mut self, from: &[u8], body: &[u8]) -> Option<()> {
        let (phase, token) = parse_state(body)?;
        if !(STATE_BEGUN..=STATE_DONE).contains(&phase) {
            return None;
        }
        let Some(i) = self.peer(from) else { return Some(()) };
        if self.peers[i].token != token || !self.peers[i].asked.any {
            return Some(());
        }
        let now = self.host.now();
        let p = &mut self.peers[i];
        (p.heard_at, p.silent, p.retry) = (now, 0, false);
        match phase {
            STATE_BEGUN => {
                p.begun += 1;
                // An instance that was so late may have begun the others' replays
                // anew, after they had taken theirs to be over.
                p.again |= p.heard_at - p.asked_at > UNHEARD;
            }
            STATE_DONE => p.done += 1,
            _ => {}
        }
        Some(())
    }

    /// How many nodes this instance has not heard all of.
    pub fn behind(&self) -> usize {
        self.peers.iter().filter(|p| p.asked.any || p.wanted.any).count()
    }

    /// Sets the gauge where it has changed here. The other instances, which are not
    /// told of losses, leave it alone.
    fn tell_behind(&mut self) {
        let n = self.behind();
        if n != self.told_behind {
            self.told_behind = n;
            self.host.set("behind", n as i64);
        }
    }
}

impl Peer {
    pub fn new(node: Node) -> Self {
        Peer { node, ..Peer::default() }
    }

    fn answered(&mut self) {
        if self.again {
            self.wanted.add(self.asked);
        }
        (self.asked, self.again) = (Wish::default(), false);
    }
}
