use sesshook_guest::{Error, Flags, Origin, Reason};

use super::config::MARGIN;
use super::message::{begin, kind, parse_entry, Number, ENTRY_SESSION, ENTRY_TOMBSTONE};
use super::{valid_node, Counter, Host, Replica};

impl<H: Host> Replica<H> {
    /// For `on_session_insert`: the session under `id` was stored at that time, in
    /// ns since the Unix epoch. `home` is its home node, or empty.
    pub fn inserted(&mut self, id: &[u8], home: &[u8], origin: Origin, flags: Flags, at: i64) {
        if flags.contains(Flags::EXISTING) {
            self.collect(ENTRY_SESSION, id, home, at);
            return;
        }
        self.latest = at;
        if !self.cfg.mode.pushes() || origin == Origin::Host {
            return;
        }
        begin(&mut self.message, kind::INSERT);
        if self.host.get(id, &mut self.message).is_err() {
            return; // gone already, and its REMOVE follows
        }
        self.changed(id, at, Counter::SentInserts);
    }

    /// For `on_session_remove`: the session under `id` was removed at that time.
    pub fn removed(&mut self, id: &[u8], reason: Reason, flags: Flags, at: i64) {
        if !matches!(reason, Reason::Explicit | Reason::Consumed) {
            return; // its life was over, or there was no room: no other node's business
        }
        if flags.contains(Flags::EXISTING) {
            self.collect(ENTRY_TOMBSTONE, id, b"", at);
            return;
        }
        self.latest = at;
        begin(&mut self.message, kind::REMOVE);
        self.changed(id, at, Counter::SentRemoves);
    }

    /// Publishes the message of a change, and counts it. What the farm could not
    /// take, the others are told that they miss; what the host did not hand to it,
    /// they are not.
    fn changed(&mut self, id: &[u8], at: i64, counter: Counter) {
        match self.publish(id) {
            Ok(()) => self.count(counter),
            Err(Error::Limit) => self.owed.add(at.wrapping_sub(MARGIN), true),
            Err(_) => {}
        }
    }

    /// For `on_events_lost`: that many changes were never published. They came
    /// after the last one that was handled.
    pub fn events_lost(&mut self, count: i64) {
        self.counts.add(Counter::EventsLost, count);
        let since = if self.latest > 0 { self.latest - MARGIN } else { 0 };
        self.owed.add(since, true);
    }

    pub(super) fn apply_insert(&mut self, id: &[u8], sealed: &[u8]) -> Option<()> {
        if id.is_empty() || sealed.is_empty() {
            return None;
        }
        let result = match self.host.insert(id, sealed) {
            Ok(()) => Counter::AppliedInserts,
            Err(Error::Exists) => Counter::Known,
            Err(Error::Removed) => Counter::RefusedRemoved,
            Err(_) => Counter::Refused,
        };
        self.count(result);
        Some(())
    }

    pub(super) fn apply_remove(&mut self, id: &[u8]) -> Option<()> {
        if id.is_empty() {
            return None;
        }
        let result = match self.host.remove(id) {
            Ok(()) => Counter::AppliedRemoves,
            Err(Error::NotFound) => Counter::Buried,
            Err(_) => Counter::Refused,
        };
        self.count(result);
        Some(())
    }

    /// Applies what it can of a batch. Only a whole one is acknowledged.
    pub(super) fn apply_batch(&mut self, from: &[u8], body: &[u8]) -> Option<()> {
        let (number, mut rest) = Number::parse(body)?;
        let from = valid_node(from)?;
        while !rest.is_empty() {
            let (entry, behind) = parse_entry(rest)?;
            match entry.sealed {
                None => self.apply_remove(entry.id)?,
                Some(sealed) => self.apply_insert(entry.id, sealed)?,
            }
            rest = behind;
        }
        if number.transfer != 0 {
            begin(&mut self.message, kind::ACK);
            number.append(&mut self.message);
            self.send(from, b"");
        }
        Some(())
    }
}
