use alloc::vec::Vec;

use sesshook_guest::{Level, MAX_ID};

use super::config::SECOND;
use super::list::{List, Place};
use super::message::{begin, begin_entry, kind, Number, ASK_ALL, ASK_SESSIONS, ENTRY_SESSION, ENTRY_TOMBSTONE, STATE_BEGUN, STATE_DONE, STATE_GOING_ON};
use super::seen::Seen;
use super::{valid_node, Ask, Counter, Host, Node, Replica};

/// Sends to one node, or to everybody, what exists here: the ids as they come from
/// a replay, the sessions as they are acknowledged.
pub(super) struct Transfer {
    /// None is everybody.
    pub to: Option<Node>,
    pub ask: Ask,
    /// Of the batch that was sent last.
    number: Number,

    pub phase: Phase,
    /// Ticks in a row without anything of a replay.
    still: u32,
    pub ids: List,
    /// What has ever been in ids.
    seen: Seen,

    in_flight: bool,
    /// The place behind the batch that is in flight.
    pub behind: Place,
    sent_at: i64,
    tries: u32,
    /// When the asker was told last how it is going.
    state_at: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// For a replay of its own.
    Waiting,
    /// The replay is under way.
    Collecting,
    /// The replay is over.
    Sending,
    /// All is sent; what a replay that had stalled still brings is sent too.
    Finished,
}

/// For how many ticks a replay brings nothing before it is taken to be over.
const STILL_TICKS: u32 = 4;
/// For how many a transfer that is finished is kept.
const LINGER_TICKS: u32 = 40;
/// How many are kept. Who asks beyond that asks again.
const MAX_TRANSFERS: usize = 64;
/// Bytes of memory of their lists: a million ids.
const MAX_LISTED: usize = 48 << 20;
/// How often a batch is sent before the transfer is given up.
const MAX_TRIES: u32 = 4;
/// How long the first acknowledgement is waited for; each further try waits twice
/// as long.
const ACK_TIMEOUT: i64 = SECOND;
/// How often the asker is told that the transfer goes on.
const STATE_EVERY: i64 = SECOND;
/// How many ids are waited for before a batch is sent,
const BURST: usize = 128;
/// and how many one has: the receiver's host does work for each.
const MAX_ENTRIES: usize = 1000;
/// How many batches go to all the nodes that wait for one, or for the same again,
/// with one tick: a call has only so much fuel, however many nodes join at once.
/// What follows goes with acknowledgements.
const BATCHES_PER_TICK: i32 = 8;

impl Transfer {
    pub fn new(to: Option<Node>, ask: Ask) -> Self {
        Transfer {
            to,
            ask,
            number: Number::default(),
            phase: Phase::Waiting,
            still: 0,
            ids: List::default(),
            seen: Seen::default(),
            in_flight: false,
            behind: Place::default(),
            sent_at: 0,
            tries: 0,
            state_at: 0,
        }
    }

    /// Whether the asker wants a session of ours, or a tombstone, of that time.
    fn needs(&self, kind: u8, ours: bool, at: i64) -> bool {
        if kind == ENTRY_SESSION && self.ask.flags & ASK_SESSIONS == 0 {
            return false;
        }
        self.ask.flags & ASK_ALL != 0 || at >= self.ask.since && (kind == ENTRY_TOMBSTONE || ours)
    }
}

/// The id that a batch is sent under.
pub(super) struct Key {
    bytes: [u8; MAX_ID],
    len: usize,
}

impl Key {
    fn new(id: &[u8]) -> Self {
        let mut key = Key {
            bytes: [0; MAX_ID],
            len: id.len().min(MAX_ID),
        };
        key.bytes[..key.len].copy_from_slice(&id[..key.len]);
        key
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl<H: Host> Replica<H> {
    /// Takes an ASK.
    pub(super) fn asked(&mut self, from: &[u8], body: &[u8]) -> Option<()> {
        let ask = Ask::parse(body)?;
        let from = valid_node(from).filter(|from| *from != self.node)?;
        let Some(t) = self.transfer_for(from, ask) else {
            self.owed.add(ask.since, ask.flags & ASK_SESSIONS != 0); // everybody is more than one, and no more to remember
            return Some(());
        };
        self.state(t, STATE_BEGUN);
        self.missed_by(from, ask.since);
        Some(())
    }

    /// A new transfer to that node and that instance of it, in the place of the one
    /// that there was; none where there are too many.
    fn transfer_for(&mut self, node: Node, ask: Ask) -> Option<usize> {
        let new = Transfer::new(Some(node), ask);
        if let Some(t) = self.transfers.iter().position(|t| t.to == Some(node) && t.ask.nonce == ask.nonce) {
            self.transfers[t] = new;
            return Some(t);
        }
        if self.transfers.len() >= MAX_TRANSFERS {
            self.transfers.retain(|t| t.phase != Phase::Finished);
        }
        if self.transfers.len() >= MAX_TRANSFERS {
            return None;
        }
        self.transfers.push(new);
        Some(self.transfers.len() - 1)
    }

    /// Takes one session or tombstone of a replay, for the transfers that need it.
    pub(super) fn collect(&mut self, kind: u8, id: &[u8], home: &[u8], at: i64) {
        self.replayed = true;
        let ours = home.is_empty() || home == self.node;
        let mut sent = false; // one batch, and those of the others with what comes next
        for i in 0..self.transfers.len() {
            let t = &mut self.transfers[i];
            if t.phase == Phase::Waiting || !t.needs(kind, ours, at) || !t.seen.add(self.cfg.nonce, kind, id) {
                continue;
            }
            t.ids.add(kind, id);
            if t.phase == Phase::Finished {
                t.phase = Phase::Sending;
                self.state(i, STATE_BEGUN);
            }
            let t = &self.transfers[i];
            if !sent && t.ids.len >= BURST && !t.in_flight && t.to.is_some() {
                self.send_batch(i);
                sent = true;
            }
        }
    }

    pub(super) fn tick_transfers(&mut self, now: i64) {
        let busy = self.tick_replay();
        self.pay_debt(now);
        if !busy {
            self.start_replay();
        }
        let mut batches = BATCHES_PER_TICK;
        for i in 0..self.transfers.len() {
            self.tick_transfer(i, now, &mut batches);
        }
        self.transfers
            .retain(|t| !(t.phase == Phase::Finished && t.still > LINGER_TICKS || t.tries > MAX_TRIES));
    }

    /// Sees which replays are over, and whether one is not.
    fn tick_replay(&mut self) -> bool {
        let mut busy = false;
        for t in &mut self.transfers {
            t.still = if self.replayed { 0 } else { t.still + 1 };
            if t.phase == Phase::Collecting && t.still >= STILL_TICKS {
                t.phase = Phase::Sending;
            }
            busy |= t.phase == Phase::Collecting;
        }
        self.replayed = false;
        busy
    }

    /// Has the host replay for all that wait. One at a time: a replay that is asked
    /// for during another begins anew, and all who collect get everything twice.
    /// Those that are finished would, too.
    fn start_replay(&mut self) {
        if !self.transfers.iter().any(|t| t.phase == Phase::Waiting) {
            return;
        }
        if let Err(error) = self.host.replay() {
            let text = ["session_replay failed: ", error.name()].concat();
            self.host.log(Level::Error, &text);
            return;
        }
        self.transfers.retain(|t| t.phase != Phase::Finished);
        for t in &mut self.transfers {
            if t.phase == Phase::Waiting {
                (t.phase, t.still) = (Phase::Collecting, 0);
            }
        }
    }

    /// Goes on with a transfer, with at most so many batches.
    fn tick_transfer(&mut self, i: usize, now: i64, batches: &mut i32) {
        if self.listed() > MAX_LISTED {
            self.give_up(i, "there are more sessions than an instance can list: raise instances in share.toml");
            return;
        }
        if self.transfers[i].phase != Phase::Waiting {
            self.go_on(i, now, batches);
        }
        let t = &self.transfers[i];
        if t.tries > MAX_TRIES {
            // given up
        } else if t.phase == Phase::Sending && !t.in_flight && t.ids.len == 0 {
            self.finish(i);
        } else if t.phase != Phase::Finished && now - t.state_at >= STATE_EVERY {
            self.state(i, STATE_GOING_ON);
        }
    }

    /// Sends what may be sent with this tick.
    fn go_on(&mut self, i: usize, now: i64, batches: &mut i32) {
        let t = &self.transfers[i];
        let waits = t.in_flight && now - t.sent_at < ACK_TIMEOUT << t.tries;
        if t.to.is_none() {
            self.announce(i);
        } else if !waits && t.ids.len > 0 && *batches > 0 {
            *batches -= 1;
            if t.in_flight {
                self.resend(i);
            } else {
                self.send_batch(i);
            }
        }
    }

    /// Sends the next batch of a transfer, if there is anything to send.
    fn send_batch(&mut self, i: usize) {
        if self.transfers[i].number.transfer == 0 {
            self.transfers[i].number.transfer = self.number();
        }
        let number = &mut self.transfers[i].number;
        number.batch = number.batch.wrapping_add(1);
        self.send_numbered(i);
    }

    /// Sends the batch in flight once more.
    fn resend(&mut self, i: usize) {
        let t = &mut self.transfers[i];
        t.in_flight = false;
        t.tries += 1;
        if t.tries > MAX_TRIES {
            self.give_up(i, "no acknowledgement");
            return;
        }
        self.count(Counter::Resent);
        self.send_numbered(i);
    }

    fn send_numbered(&mut self, i: usize) {
        let (key, behind) = self.batch(i);
        let (Some(key), Some(to)) = (key, self.transfers[i].to) else {
            self.transfers[i].ids.drop(behind); // whatever was there is gone
            return;
        };
        // If the farm does not take it, it is as good as lost.
        self.send(to, key.bytes());
        let now = self.host.now();
        let t = &mut self.transfers[i];
        (t.in_flight, t.behind, t.sent_at) = (true, behind, now);
    }

    /// Builds the message with the first ids of a transfer, and returns the first
    /// one of them, none if none of their sessions is here any more, and the place
    /// behind the last.
    pub(super) fn batch(&mut self, i: usize) -> (Option<Key>, Place) {
        let t = &self.transfers[i];
        let message = &mut self.message;
        begin(message, kind::BATCH);
        t.number.append(message);
        let mut behind = t.ids.first();
        let mut key = None;
        for _ in 0..MAX_ENTRIES {
            let Some((kind, id, next)) = t.ids.next(behind) else { break };
            let before = message.len();
            append_entry(&mut self.host, message, kind, id);
            if message.len() > self.cfg.batch && key.is_some() {
                message.truncate(before);
                break;
            }
            if key.is_none() && message.len() > before {
                key = Some(Key::new(id));
            }
            behind = next;
        }
        (key, behind)
    }

    /// Takes an ACK, which every instance of this node is given: the one that sent
    /// the batch goes on. It has to be of the node that the batch was sent to:
    /// others can hear its number.
    pub(super) fn acknowledged(&mut self, from: &[u8], body: &[u8]) -> Option<()> {
        let (number, rest) = Number::parse(body)?;
        if !rest.is_empty() {
            return None;
        }
        if let Some(i) = self
            .transfers
            .iter()
            .position(|t| t.in_flight && t.number == number && t.to.is_some_and(|to| to == from))
        {
            self.sent(i);
            let t = &mut self.transfers[i];
            (t.in_flight, t.tries) = (false, 0);
            self.send_batch(i);
        }
        Some(())
    }

    /// Counts the batch that has arrived, and drops it.
    pub(super) fn sent(&mut self, i: usize) {
        let t = &mut self.transfers[i];
        let (sessions, tombstones) = t.ids.drop(t.behind);
        self.counts.add(Counter::TransferSessions, sessions as i64);
        self.counts.add(Counter::TransferRemoves, tombstones as i64);
    }

    fn finish(&mut self, i: usize) {
        let t = &mut self.transfers[i];
        (t.phase, t.still, t.ids) = (Phase::Finished, 0, List::default());
        self.count(Counter::TransfersSent);
        self.state(i, STATE_DONE);
    }

    /// Ends a transfer. The asker notices that it hears no more of it.
    fn give_up(&mut self, i: usize, why: &str) {
        let t = &mut self.transfers[i];
        (t.ids, t.seen, t.in_flight, t.tries) = (List::default(), Seen::default(), false, MAX_TRIES + 1);
        let (what, name) = match &t.to {
            Some(node) => ("node ", core::str::from_utf8(node).unwrap_or("?")),
            None => ("all nodes", ""),
        };
        let text = ["a transfer was given up: to ", what, name, ": ", why].concat();
        self.count(Counter::TransfersFailed);
        self.host.log(Level::Warn, &text);
    }

    /// Tells the asker how its transfer is going.
    fn state(&mut self, i: usize, phase: u8) {
        let now = self.host.now();
        let t = &mut self.transfers[i];
        t.state_at = now;
        let Some(to) = t.to else { return };
        begin(&mut self.message, kind::STATE);
        self.message.push(phase);
        self.message.extend_from_slice(&t.ask.token.to_le_bytes());
        self.send(to, b"");
    }

    fn listed(&self) -> usize {
        self.transfers.iter().map(|t| t.ids.size() + t.seen.size).sum()
    }
}

/// Appends an entry, but for a session that is gone.
fn append_entry(host: &mut impl Host, to: &mut Vec<u8>, kind: u8, id: &[u8]) {
    let before = to.len();
    begin_entry(to, kind, id);
    if kind == ENTRY_TOMBSTONE {
        return;
    }
    let size = to.len();
    to.extend_from_slice(&[0; 4]);
    if host.get(id, to).is_err() {
        to.truncate(before);
        return;
    }
    let sealed = (to.len() - size - 4) as u32;
    to[size..size + 4].copy_from_slice(&sealed.to_le_bytes());
}
