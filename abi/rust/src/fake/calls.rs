//! The host functions.

use std::collections::BTreeMap;

use super::host::{phase, Kept, Message, Metric, State};
use crate::session::Insert;
use crate::sys::Room;
use crate::{Error, Level, MAX_ID, MAX_MESSAGE, MAX_SESSION, MAX_TOPIC};

/// What a function needs: its grant, where it needs one, and its phases.
fn needs(function: &str) -> Option<(&'static str, u8)> {
    const WORKING: u8 = phase::EVENT | phase::REQUEST;
    const KV: u8 = phase::START | phase::RESTORE | WORKING | phase::STOP;
    Some(match function {
        "session_get" | "session_replay" => ("sessions:read", WORKING),
        "session_insert" | "session_remove" => ("sessions:write", WORKING),
        "message_publish" | "message_request" => ("messages", WORKING),
        "message_reply" => ("messages", phase::REQUEST),
        "message_subscribe" => ("messages", phase::START),
        "kv_get" | "kv_put" | "kv_delete" => ("kv", KV),
        "metric_add" | "metric_set" => ("metrics", phase::ANY),
        "state_read" => ("", phase::RESTORE),
        "event_read" => ("", WORKING),
        "config_get" | "node_id" | "random_fill" => ("", phase::ANY),
        _ => return None,
    })
}

pub(super) fn must_be_a_function(function: &str) {
    assert!(needs(function).is_some(), "the ABI has no function {function} that can fail");
}

/// What a function returns: a length, or the code of an error.
fn code(result: Result<usize, Error>) -> i32 {
    match result {
        Ok(length) => length as i32,
        Err(error) => error.code().expect("a host never says BufferTooSmall"),
    }
}

/// Writes the whole value or nothing, and returns its length.
fn write(room: &mut Room, value: &[u8]) -> usize {
    if value.len() <= room.len() {
        write_part(room, value);
    }
    value.len()
}

/// Writes as much as there is room for, and returns how much there was.
fn write_part(room: &mut Room, value: &[u8]) -> usize {
    for (to, from) in room.iter_mut().zip(value) {
        to.write(*from);
    }
    value.len()
}

fn rest(of: &[u8], offset: u32) -> &[u8] {
    of.get(offset as usize..).unwrap_or(&[])
}

fn key(bytes: &[u8]) -> Result<(), Error> {
    check(!bytes.is_empty() && bytes.len() <= MAX_ID, Error::Invalid)
}

fn message(topic: &[u8], data: &[u8]) -> Result<String, Error> {
    check(data.len() <= MAX_MESSAGE, Error::TooLarge)?;
    let valid = |c: &u8| c.is_ascii_alphanumeric() || b"_-.".contains(c);
    check(!topic.is_empty() && topic.len() <= MAX_TOPIC && topic.iter().all(valid), Error::Invalid)?;
    Ok(text(topic))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_string()
}

fn check(holds: bool, otherwise: Error) -> Result<(), Error> {
    if holds {
        Ok(())
    } else {
        Err(otherwise)
    }
}

impl State {
    /// What a function returns before it has done anything: a failure that the
    /// test asked for, or that grants or phase are not enough.
    fn may(&self, function: &str) -> Result<(), Error> {
        if let Some(error) = self.failures.get(function) {
            return Err(*error);
        }
        let (grant, phases) = needs(function).expect("it is a function");
        check(grant.is_empty() || self.grants.iter().any(|g| g == grant), Error::Denied)?;
        check(phases & self.phase != 0, Error::Unsupported)?;
        check(self.farm || !function.starts_with("message_"), Error::Unavailable)
    }

    pub(super) fn look(&self, of: &BTreeMap<Vec<u8>, Kept>, key: &[u8]) -> Option<Vec<u8>> {
        of.get(key)
            .filter(|kept| kept.until.is_none_or(|until| until > self.now))
            .map(|kept| kept.bytes.clone())
    }

    fn kept(&self, bytes: &[u8], ttl_ms: i64) -> Kept {
        let until = (ttl_ms > 0).then(|| self.now.saturating_add(ttl_ms.saturating_mul(1_000_000)));
        Kept { bytes: bytes.into(), until }
    }

    pub(crate) fn session_get(&mut self, id: &[u8], buf: &mut Room) -> i32 {
        code(self.may("session_get").and_then(|()| {
            key(id)?;
            let session = match &self.event_session {
                Some(session) if self.event_id == id => session.clone(),
                _ => self.look(&self.sessions, id).ok_or(Error::NotFound)?,
            };
            Ok(write(buf, &session))
        }))
    }

    pub(crate) fn session_insert(&mut self, id: &[u8], session: &[u8], ttl_ms: i64, flags: u32) -> i32 {
        code(self.may("session_insert").and_then(|()| {
            key(id)?;
            let flags = Insert::from_bits(flags);
            let known = (Insert::OVERWRITE | Insert::REVIVE).contains(flags);
            check(!session.is_empty() && ttl_ms >= 0 && known, Error::Invalid)?;
            check(session.len() <= MAX_SESSION, Error::TooLarge)?;
            check(!self.tombstones.contains(id) || flags.contains(Insert::REVIVE), Error::Removed)?;
            check(self.look(&self.sessions, id).is_none() || flags.contains(Insert::OVERWRITE), Error::Exists)?;
            self.tombstones.remove(id);
            let kept = self.kept(session, ttl_ms);
            self.sessions.insert(id.into(), kept);
            Ok(0)
        }))
    }

    pub(crate) fn session_remove(&mut self, id: &[u8]) -> i32 {
        code(self.may("session_remove").and_then(|()| {
            key(id)?;
            let present = self.look(&self.sessions, id).is_some();
            self.tombstones.insert(id.into()); // every id counts as one of the farm's
            self.sessions.remove(id);
            check(present, Error::NotFound).map(|()| 0)
        }))
    }

    pub(crate) fn session_replay(&mut self) -> i32 {
        code(self.may("session_replay").map(|()| {
            self.replays += 1;
            self.sessions.keys().filter(|id| self.look(&self.sessions, id).is_some()).count()
        }))
    }

    pub(crate) fn message_publish(&mut self, topic: &[u8], key: &[u8], data: &[u8]) -> i32 {
        code(self.may("message_publish").and_then(|()| {
            let topic = message(topic, data)?;
            check(key.len() <= MAX_ID, Error::Invalid)?;
            self.published.push(Message {
                topic,
                key: key.into(),
                data: data.into(),
            });
            Ok(0)
        }))
    }

    pub(crate) fn message_request(&mut self, topic: &[u8], node: &[u8], data: &[u8], buf: &mut Room, _: u32) -> i32 {
        code(self.may("message_request").and_then(|()| {
            let topic = message(topic, data)?;
            check(node.is_empty() || node.len() == crate::NODE_ID_SIZE, Error::Invalid)?;
            let answer = self.answer.as_mut().ok_or(Error::Unavailable)?;
            answer(&topic, node, data).map(|reply| write(buf, &reply))
        }))
    }

    pub(crate) fn message_reply(&mut self, data: &[u8]) -> i32 {
        code(self.may("message_reply").and_then(|()| {
            check(!self.replied, Error::Unsupported)?;
            check(data.len() <= MAX_MESSAGE, Error::TooLarge)?;
            self.replied = true;
            self.replies.push(data.into());
            Ok(0)
        }))
    }

    pub(crate) fn message_subscribe(&mut self, topic: &[u8]) -> i32 {
        code(self.may("message_subscribe").and_then(|()| {
            let topic = message(topic, &[])?;
            self.topics.push(topic);
            Ok(0)
        }))
    }

    pub(crate) fn kv_get(&mut self, name: &[u8], buf: &mut Room) -> i32 {
        code(self.may("kv_get").and_then(|()| {
            key(name)?;
            let value = self.look(&self.kv, name).ok_or(Error::NotFound)?;
            Ok(write(buf, &value))
        }))
    }

    pub(crate) fn kv_put(&mut self, name: &[u8], value: &[u8], ttl_ms: i64) -> i32 {
        code(self.may("kv_put").and_then(|()| {
            key(name)?;
            check(ttl_ms >= 0, Error::Invalid)?;
            check(value.len() <= MAX_SESSION, Error::TooLarge)?;
            let kept = self.kept(value, ttl_ms);
            self.kv.insert(name.into(), kept);
            Ok(0)
        }))
    }

    pub(crate) fn kv_delete(&mut self, name: &[u8]) -> i32 {
        code(self.may("kv_delete").and_then(|()| {
            key(name)?;
            let present = self.look(&self.kv, name).is_some();
            self.kv.remove(name);
            check(present, Error::NotFound).map(|()| 0)
        }))
    }

    pub(crate) fn metric_add(&mut self, name: &[u8], value: i64) -> i32 {
        code(self.metric("metric_add", name).and_then(|name| {
            check(value >= 0, Error::Invalid)?;
            match self.metrics.entry(name).or_insert(Metric::Counter(0)) {
                Metric::Counter(n) => *n += value,
                Metric::Gauge(_) => return Err(Error::Invalid),
            }
            Ok(0)
        }))
    }

    pub(crate) fn metric_set(&mut self, name: &[u8], value: i64) -> i32 {
        code(self.metric("metric_set", name).and_then(|name| {
            match self.metrics.entry(name).or_insert(Metric::Gauge(0)) {
                Metric::Gauge(n) => *n = value,
                Metric::Counter(_) => return Err(Error::Invalid),
            }
            Ok(0)
        }))
    }

    fn metric(&self, function: &str, name: &[u8]) -> Result<String, Error> {
        self.may(function)?;
        let valid = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'_';
        let begins = name.first().is_some_and(u8::is_ascii_lowercase);
        check(begins && name.len() <= 64 && name.iter().all(valid), Error::Invalid)?;
        Ok(text(name))
    }

    pub(crate) fn config_get(&mut self, buf: &mut Room) -> i32 {
        code(self.may("config_get").map(|()| write(buf, self.config.as_bytes())))
    }

    pub(crate) fn state_read(&mut self, offset: u32, buf: &mut Room) -> i32 {
        code(self.may("state_read").map(|()| write_part(buf, rest(&self.state, offset))))
    }

    pub(crate) fn event_read(&mut self, offset: u32, buf: &mut Room) -> i32 {
        code(self.may("event_read").and_then(|()| {
            let record = self.event.as_ref().ok_or(Error::Unsupported)?;
            Ok(write_part(buf, rest(record, offset)))
        }))
    }

    pub(crate) fn node_id(&mut self, buf: &mut Room) -> i32 {
        code(self.may("node_id").map(|()| write(buf, super::NODE.as_bytes())))
    }

    pub(crate) fn log(&mut self, level: i32, line: &[u8]) {
        if self.log_enabled(level) != 0 {
            let level = [Level::Error, Level::Warn, Level::Info].into_iter().find(|&l| l as i32 <= level);
            self.logs.push((level.unwrap_or(Level::Debug), text(line)));
        }
    }

    pub(crate) fn log_enabled(&mut self, level: i32) -> i32 {
        i32::from(level >= self.level as i32)
    }

    pub(crate) fn time_now(&mut self) -> i64 {
        self.now
    }

    pub(crate) fn random_fill(&mut self, buf: &mut Room) -> i32 {
        code(self.may("random_fill").and_then(|()| {
            check(buf.len() <= 65536, Error::TooLarge)?;
            for to in buf {
                to.write(self.random_byte());
            }
            Ok(0)
        }))
    }

    /// Splitmix64: the same bytes in each test, no two calls alike.
    fn random_byte(&mut self) -> u8 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) as u8
    }
}
