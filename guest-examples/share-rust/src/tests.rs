//! The plugin on the fake host: the tests of the Go one
//! (`guest-examples/share/main_test.go`), case by case.

extern crate std;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::rc::Rc;

use sesshook_guest::fake::{Host, Message, Record, NODE};
use sesshook_guest::{Error, Flags, Kind, Level, Origin, Reason};

use super::*;
use crate::replica::{MILLISECOND, SECOND};

/// Another node.
const OTHER: &str = "aaaaaaaaaaaa";
const NOON: i64 = 1_800_000_000 * SECOND;

// Messages as the protocol has them: version, type, and the rest.
const INSERT: &[u8] = b"\x01\x01";
const REMOVE: &[u8] = b"\x01\x02";
const ASK: &[u8] = b"\x01\x04";
const STATE: &[u8] = b"\x01\x05";
const ACK: &[u8] = b"\x01\x06";
const BATCH: &[u8] = b"\x01\x07";
const WHO: &[u8] = b"\x01\x08";
const FETCH: &[u8] = b"\x01\x09";

fn started(config: &str) -> Host {
    let host = Host::new();
    host.set_config(config);
    host.set_time(NOON);
    assert_eq!(host.start(plugin_start), 0, "{:?}", host.logs());
    host
}

/// A message on the topic of changes.
fn change<'a>(id: &'a [u8], data: &'a [u8]) -> Record<'a> {
    Record {
        kind: Kind::Message,
        node: OTHER.as_bytes(),
        topic: b"share",
        key: id,
        data,
        ..Record::default()
    }
}

/// A message to this node alone.
fn direct(data: &[u8]) -> Record<'_> {
    Record {
        kind: Kind::Message,
        node: OTHER.as_bytes(),
        topic: b"share.0123456789ab",
        data,
        ..Record::default()
    }
}

fn request<'a>(topic: &'a [u8], data: &'a [u8]) -> Record<'a> {
    Record {
        kind: Kind::Message,
        flags: Flags::REQUEST,
        node: OTHER.as_bytes(),
        topic,
        data,
        ..Record::default()
    }
}

fn deliver(host: &Host, hook: extern "C" fn(u32) -> i32, record: &Record<'_>) {
    assert_eq!(host.deliver(hook, record), 0, "{:?}", host.logs());
}

/// Makes n ticks, and returns the time after them.
fn ticks(host: &Host, mut from: i64, n: usize) -> i64 {
    for _ in 0..n {
        from += 250 * MILLISECOND;
        assert_eq!(host.tick(on_tick, from), 0, "{:?}", host.logs());
    }
    from
}

fn message(topic: &str, key: &[u8], data: &[u8]) -> Message {
    Message {
        topic: topic.into(),
        key: key.into(),
        data: data.into(),
    }
}

fn i64_at(b: &[u8], at: usize) -> i64 {
    i64::from_le_bytes(b[at..at + 8].try_into().unwrap())
}

#[test]
fn it_subscribes_to_its_topics() {
    let host = started(r#"{"topic": "sessions"}"#);
    assert_eq!(
        host.topics(),
        ["sessions".into(), format!("sessions.{NODE}"), "sessions.sync".into(), "sessions.pull".into()]
    );
}

#[test]
fn without_a_farm_it_is_idle() {
    let host = Host::new();
    host.set_farm(false);
    assert_eq!(host.start(plugin_start), 0);
    assert!(matches!(&host.logs()[..], [(Level::Warn, _)]), "{:?}", host.logs());
    host.fail("message_subscribe", Some(Error::Limit));
    assert_ne!(host.start(plugin_start), 0, "it started without its topics");
}

#[test]
fn which_changes_are_published() {
    let insert = |origin, flags| Record {
        kind: Kind::Insert,
        origin,
        flags,
        id: b"id",
        node: NODE.as_bytes(),
        time: NOON,
        ..Record::default()
    };
    let remove = |origin, reason| Record {
        kind: Kind::Remove,
        origin,
        reason,
        id: b"id",
        time: NOON,
        ..Record::default()
    };
    let (push, pull, both) = ("{}", r#"{"mode": "pull"}"#, r#"{"mode": "both"}"#);
    let session = &[INSERT, b"sealed"].concat()[..];
    let nothing = b"";
    for (name, config, event, want) in [
        ("push, a client's session", push, insert(Origin::Client, Flags::NONE), session),
        ("push, a front's session", push, insert(Origin::Front, Flags::NONE), session),
        ("push, an admin's session", push, insert(Origin::Admin, Flags::NONE), session),
        ("push, a session of a snapshot", push, insert(Origin::Snapshot, Flags::NONE), session),
        ("push, another plugin's session", push, insert(Origin::Plugin, Flags::NONE), session),
        ("push, a session that replaced one", push, insert(Origin::Client, Flags::REPLACED), session),
        ("push, a replayed session", push, insert(Origin::Host, Flags::EXISTING), nothing),
        ("both, a client's session", both, insert(Origin::Client, Flags::NONE), session),
        ("pull, a client's session", pull, insert(Origin::Client, Flags::NONE), nothing),
        ("pull, an admin's removal", pull, remove(Origin::Admin, Reason::Explicit), REMOVE),
        ("push, a removal by a plugin", push, remove(Origin::Plugin, Reason::Explicit), REMOVE),
        ("push, a session that was used up", push, remove(Origin::Client, Reason::Consumed), REMOVE),
        ("push, a session whose life was over", push, remove(Origin::Host, Reason::Expired), nothing),
        ("push, a session that had no room", push, remove(Origin::Host, Reason::Evicted), nothing),
    ] {
        let host = started(config);
        let hook = if event.kind == Kind::Remove { on_session_remove } else { on_session_insert };
        assert_eq!(host.deliver_with(hook, &event, b"sealed"), 0, "{name}");
        let want = if want.is_empty() { vec![] } else { vec![message("share", b"id", want)] };
        assert_eq!(host.published(), want, "{name}");
    }
}

#[test]
fn what_arrives_is_applied_and_counted() {
    let session = [INSERT, b"sealed"].concat();
    let here: fn(&Host) = |host| host.set_session(b"id", b"x");
    let removed: fn(&Host) = |host| {
        host.set_session(b"id", b"x");
        deliver(host, on_message, &change(b"id", REMOVE));
    };
    let none: fn(&Host) = |_| {};
    for (name, data, before, counter, present) in [
        ("a session", &session[..], none, "applied_inserts", true),
        ("a session that is here", &session, here, "known", true),
        ("a session that was removed", &session, removed, "refused_removed", false),
        (
            "a session of another farm",
            &session,
            |host| host.fail("session_insert", Some(Error::Invalid)),
            "refused",
            false,
        ),
        (
            "a session that is too large",
            &session,
            |host| host.fail("session_insert", Some(Error::TooLarge)),
            "refused",
            false,
        ),
        (
            "a session in clear",
            &session,
            |host| host.fail("session_insert", Some(Error::Denied)),
            "refused",
            false,
        ),
        (
            "a session beyond a limit",
            &session,
            |host| host.fail("session_insert", Some(Error::Limit)),
            "refused",
            false,
        ),
        ("a removal", REMOVE, here, "applied_removes", false),
        ("a removal of what is not here", REMOVE, none, "buried", false),
    ] {
        let host = started(r#"{"mode": "pull"}"#); // what a node takes does not depend on it
        before(&host);
        deliver(&host, on_message, &change(b"id", data));
        ticks(&host, NOON, 1);
        assert_eq!((host.session(b"id").is_some(), host.metric(counter)), (present, 1), "{name}");
        assert_eq!(host.published(), [], "{name}: it passed on");
    }
}

#[test]
fn a_miss_asks_the_home_node_and_then_any() {
    let (have, absent) = ([FETCH, b"\x01sealed"].concat(), [FETCH, b"\x00"].concat());
    let (have, absent) = (&have[..], &absent[..]);
    let (pull, both) = (r#"{"mode": "pull"}"#, r#"{"mode": "both"}"#);
    let alone = r#"{"mode": "pull", "any": false}"#;
    type Case<'a> = (
        &'static str,
        &'static str,
        &'static str,
        Vec<(&'static str, &'a [u8])>,
        &'static [&'static str],
        &'static str,
    );
    let cases: [Case<'_>; 10] = [
        ("the home node has it", pull, OTHER, vec![(OTHER, have)], &[OTHER], "pulled"),
        ("both", both, OTHER, vec![(OTHER, have)], &[OTHER], "pulled"),
        ("push asks nobody", "{}", OTHER, vec![(OTHER, have)], &[], ""),
        ("the home node is gone", pull, OTHER, vec![("", have)], &[OTHER, ""], "pulled"),
        (
            "the home node has lost it",
            pull,
            OTHER,
            vec![(OTHER, absent), ("", have)],
            &[OTHER, ""],
            "pulled",
        ),
        ("nobody has it", pull, OTHER, vec![(OTHER, absent)], &[OTHER, ""], "pull_missed"),
        (
            "nobody else may be asked",
            alone,
            OTHER,
            vec![(OTHER, absent), ("", have)],
            &[OTHER],
            "pull_missed",
        ),
        ("it was ours", pull, NODE, vec![("", have)], &[""], "pulled"),
        ("nobody knows whose it was", pull, "", vec![("", have)], &[""], "pulled"),
        ("an answer that is none", alone, OTHER, vec![(OTHER, b"\x01")], &[OTHER], "malformed"),
    ];
    for (name, config, node, answers, want, counter) in cases {
        let host = started(config);
        let asked = Rc::new(RefCell::new(Vec::<String>::new()));
        let (seen, answers): (_, Vec<(&str, Vec<u8>)>) = (asked.clone(), answers.into_iter().map(|(n, a)| (n, a.into())).collect());
        host.set_answer(move |topic, node, data| {
            let flags: &[u8] = if node.is_empty() { b"\x01" } else { b"\x00" };
            assert_eq!((topic, data), ("share.pull", &[FETCH, flags, b"id"].concat()[..]));
            let node = core::str::from_utf8(node).unwrap();
            seen.borrow_mut().push(node.to_string());
            answers
                .iter()
                .find(|(of, _)| *of == node)
                .map(|(_, answer)| answer.clone())
                .ok_or(Error::Unavailable)
        });
        deliver(
            &host,
            on_session_miss,
            &Record {
                kind: Kind::Miss,
                id: b"id",
                node: node.as_bytes(),
                ..Record::default()
            },
        );
        host.stop(plugin_stop);
        assert_eq!(*asked.borrow(), want, "{name}");
        assert!(counter.is_empty() || host.metric(counter) == 1, "{name}: {counter}");
        assert_eq!(host.session(b"id").is_some(), counter == "pulled", "{name}");
    }
}

#[test]
fn what_is_not_asked_is_counted() {
    let host = started(r#"{"mode": "pull"}"#);
    let asked = Rc::new(RefCell::new(Vec::<String>::new()));
    let seen = asked.clone();
    host.set_answer(move |_, node, _| {
        let node = core::str::from_utf8(node).unwrap();
        seen.borrow_mut().push(node.to_string());
        match node {
            OTHER => Ok([FETCH, b"\x00"].concat()),
            _ => Err(Error::Unavailable),
        }
    });
    for id in [&b"one"[..], b"another"] {
        deliver(
            &host,
            on_session_miss,
            &Record {
                kind: Kind::Miss,
                id,
                node: OTHER.as_bytes(),
                ..Record::default()
            },
        );
    }
    host.stop(plugin_stop);
    assert_eq!(*asked.borrow(), [OTHER, "", OTHER]);
    assert_eq!((host.metric("pull_missed"), host.metric("pull_spared")), (2, 1));
}

#[test]
fn a_fetch_is_answered_with_what_is_here() {
    let host = started(r#"{"mode": "pull"}"#);
    host.set_session(b"id", b"sealed");
    for asked in [&b"\x00id"[..], b"\x00no", b"\x01id", b"\x01no"] {
        deliver(&host, on_message, &request(b"share.pull", &[FETCH, asked].concat()));
        // of the last, others may have it
    }
    assert_eq!(
        host.replies(),
        [[FETCH, b"\x01sealed"].concat(), [FETCH, b"\x00"].concat(), [FETCH, b"\x01sealed"].concat()]
    );
}

#[test]
fn malformed_messages_are_counted() {
    let host = started("{}");
    let zeros = &[0; 12][..];
    for data in [
        vec![],
        vec![1],
        b"\x02\x01sealed".to_vec(),
        b"\x01\x63".to_vec(),
        INSERT.to_vec(),
        [REMOVE, b"x"].concat(),
        [ASK, b"short"].concat(),
        [STATE, b"\x09........"].concat(),
        ACK.to_vec(),
        BATCH.to_vec(),
        [BATCH, zeros, b"\x01\x05\x00id"].concat(),
    ] {
        deliver(&host, on_message, &change(b"id", &data));
    }
    deliver(&host, on_message, &change(b"", &[INSERT, b"sealed"].concat()));
    deliver(&host, on_message, &request(b"share.sync", REMOVE));
    deliver(&host, on_message, &request(b"share.pull", &[FETCH, b"\x00"].concat()));
    host.stop(plugin_stop);
    assert_eq!(host.metric("malformed"), 14, "{:?}", host.published());
}

/// An ASK for tombstones and sessions since then.
fn ask_of(since: i64) -> Vec<u8> {
    [ASK, b"\x02", &1u64.to_le_bytes(), &2u64.to_le_bytes(), &since.to_le_bytes()].concat()
}

#[test]
fn who_asks_is_sent_what_exists() {
    let host = started("{}");
    host.ready(plugin_ready); // it is the first instance of all
    host.set_session(b"mine", b"sealed");
    deliver(&host, on_message, &direct(&ask_of(NOON - 60 * SECOND)));
    let now = ticks(&host, NOON, 1);
    assert_eq!(host.replays(), 1);
    for (id, reason, time) in [
        (&b"gone"[..], Reason::Explicit, NOON),
        (b"used", Reason::Consumed, NOON),
        (b"long ago", Reason::Explicit, NOON - 61 * SECOND),
    ] {
        deliver(
            &host,
            on_session_remove,
            &Record {
                kind: Kind::Remove,
                flags: Flags::EXISTING,
                reason,
                id,
                time,
                ..Record::default()
            },
        );
    }
    for (id, node, time) in [(&b"mine"[..], NODE, NOON), (b"another's", OTHER, NOON), (b"old", NODE, NOON - 61 * SECOND)] {
        let record = Record {
            kind: Kind::Insert,
            flags: Flags::EXISTING,
            id,
            node: node.as_bytes(),
            time,
            ..Record::default()
        };
        deliver(&host, on_session_insert, &record);
    }
    let now = ticks(&host, now, 1);
    let published = host.published();
    assert!(published.iter().all(|m| m.topic == format!("share.{OTHER}")), "{published:?}");
    let batch = &published.iter().rev().find(|m| m.data.starts_with(BATCH)).unwrap().data;
    assert_eq!(&batch[14..], b"\x02\x04\x00gone\x02\x04\x00used\x01\x04\x00mine\x06\x00\x00\x00sealed");
    // It is sent again until it is acknowledged.
    let now = ticks(&host, now, 8);
    deliver(&host, on_message, &direct(&[ACK, &batch[2..14]].concat()));
    ticks(&host, now, 8);
    let counted = ["resent", "transfers_sent", "transfer_removes", "transfer_sessions"].map(|name| host.metric(name));
    assert_eq!(counted, [1, 1, 2, 1]);
    assert!(host.published().last().unwrap().data.starts_with(&[STATE, b"\x03"].concat()));
}

#[test]
fn a_batch_is_applied_and_acknowledged() {
    let host = started("{}");
    host.set_session(b"old", b"sealed");
    let head = b"\x09\0\0\0\0\0\0\0\x01\0\0\0";
    deliver(
        &host,
        on_message,
        &change(b"x", &[BATCH, head, b"\x02\x03\x00old\x01\x03\x00new\x06\0\0\0sealed"].concat()),
    );
    assert_eq!((host.session(b"old"), host.session(b"new").is_some()), (None, true));
    assert_eq!(host.published(), [message("share.aaaaaaaaaaaa", b"", &[ACK, head].concat())]);
}

#[test]
fn a_batch_longer_than_the_event_buffer_is_applied() {
    let host = started("{}");
    let mut batch = [BATCH, &[0; 12]].concat();
    for i in 0..5000u32 {
        batch.extend_from_slice(b"\x02\x04\x00");
        batch.extend_from_slice(&i.to_be_bytes());
    }
    deliver(&host, on_message, &change(b"x", &batch));
    assert!(host.removed(&4999u32.to_be_bytes()));
    host.stop(plugin_stop);
    assert_eq!(host.metric("buried"), 5000);
}

#[test]
fn after_lost_messages_the_sender_is_asked() {
    for (heard, since) in [(NOON - 10 * SECOND, NOON - 310 * SECOND), (0, 0)] {
        let host = started("{}");
        let lost = Record {
            kind: Kind::Lost,
            node: OTHER.as_bytes(),
            topic: b"share",
            seq: 3,
            created: heard,
            time: NOON,
            ..Record::default()
        };
        deliver(&host, on_messages_lost, &lost);
        deliver(&host, on_messages_lost, &lost); // one ASK is under way
        let published = host.published();
        let [asked] = &published[..] else { panic!("{published:?}") };
        assert_eq!(
            (asked.topic.as_str(), &asked.key[..], &asked.data[..3]),
            ("share.aaaaaaaaaaaa", &b""[..], &b"\x01\x04\x02"[..])
        );
        assert_eq!(i64_at(&asked.data, 19), since);
        ticks(&host, NOON, 1);
        assert_eq!((host.metric("messages_lost"), host.metric("behind")), (6, 1));
    }
}

#[test]
fn after_lost_events_everybody_is_told() {
    let host = started(r#"{"mode": "pull"}"#);
    host.events_lost(on_events_lost, 5);
    let now = ticks(&host, NOON, 1);
    let kept = Record {
        kind: Kind::Insert,
        flags: Flags::EXISTING,
        id: b"kept",
        node: NODE.as_bytes(),
        time: NOON,
        ..Record::default()
    };
    deliver(&host, on_session_insert, &kept);
    let gone = Record {
        kind: Kind::Remove,
        flags: Flags::EXISTING,
        reason: Reason::Explicit,
        id: b"gone",
        time: NOON,
        ..Record::default()
    };
    deliver(&host, on_session_remove, &gone);
    ticks(&host, now, 1);
    let want = message("share", b"gone", &[BATCH, &[0; 12], b"\x02\x04\x00gone"].concat());
    assert!(host.published().contains(&want), "{:?}", host.published());
    assert_eq!((host.replays(), host.metric("events_lost"), host.metric("resyncs")), (1, 5, 1));
}

#[test]
fn a_node_that_joins_asks_one_for_everything() {
    let host = started("{}");
    let answers = Rc::new(RefCell::new(0));
    let count = answers.clone();
    host.set_answer(move |topic, node, data| {
        assert_eq!((topic, node, data), ("share.sync", &b""[..], WHO));
        *count.borrow_mut() += 1;
        match *count.borrow() {
            1 | 2 => Err(Error::Unavailable),
            _ => Ok([WHO, OTHER.as_bytes()].concat()),
        }
    });
    host.ready(plugin_ready);
    assert_eq!(*answers.borrow(), 0, "plugin_ready waited for another node");
    ticks(&host, NOON, 12);
    assert_eq!(*answers.borrow(), 3);
    let first = &host.published()[0];
    assert_eq!((first.topic.as_str(), &first.data[..3]), ("share.aaaaaaaaaaaa", &b"\x01\x04\x03"[..]));
}

#[test]
fn who_has_been_here_for_a_while_answers_a_who() {
    let host = started("{}");
    host.ready(plugin_ready);
    let now = ticks(&host, NOON, 1);
    deliver(&host, on_message, &request(b"share.sync", WHO));
    ticks(&host, now, 12);
    deliver(&host, on_message, &request(b"share.sync", WHO));
    assert_eq!(host.replies(), [[WHO, NODE.as_bytes()].concat()]);
}

#[test]
fn a_reload_goes_on_where_it_was() {
    let host = started("{}");
    host.set_answer(|_, _, _| Ok([WHO, OTHER.as_bytes()].concat()));
    host.ready(plugin_ready);
    let now = ticks(&host, NOON, 1);
    let state = host.save(plugin_save);
    host.start(plugin_start);
    assert_eq!(host.restore(plugin_restore, &state), 0);
    let before = host.published().len();
    host.set_answer(|_, _, _| panic!("it looks for a node again"));
    host.ready(plugin_ready);
    ticks(&host, now, 4);
    let published = &host.published()[before..];
    let [asked] = published else { panic!("{published:?}") };
    assert_eq!(
        (asked.topic.as_str(), &asked.data[..3], host.replays()),
        ("share.aaaaaaaaaaaa", &b"\x01\x04\x03"[..], 0)
    );
}

#[test]
fn an_instance_without_predecessor_tells_and_asks_everybody() {
    let host = started("{}");
    for state in [&b""[..], &[b'x'; 27], b"\x01short"] {
        host.restore(plugin_restore, state); // none that it can read
    }
    ticks(&host, NOON, 3);
    let published = host.published();
    let [asked] = &published[..] else { panic!("{published:?}") };
    assert_eq!(
        (asked.topic.as_str(), &asked.key[..], &asked.data[..2], host.replays()),
        ("share", &b""[..], ASK, 1)
    );
}

#[test]
fn a_bad_config_refuses_to_start() {
    for (config, want) in [
        (r#"{"mode": "all"}"#, r#"config: mode: must be "push", "pull" or "both""#),
        (r#"{"mode": 1}"#, "config: mode: 1 is not a string"),
        (r#"{"topic": "a b"}"#, "config: topic: must be 1 to 115 of A-Z a-z 0-9 _ - and dots"),
        (r#"{"topic": ""}"#, "config: topic: must be 1 to 115 of A-Z a-z 0-9 _ - and dots"),
        (r#"{"pull_timeout": "2s"}"#, "config: pull_timeout: must be from 1ms to 1s"),
        (
            r#"{"pull_timeout": 20}"#,
            r#"config: pull_timeout: 20 is not a duration such as "90s" or "12h""#,
        ),
        (r#"{"any_timeout": "0"}"#, "config: any_timeout: must be from 1ms to 1s"),
        (r#"{"any": "yes"}"#, r#"config: any: "yes" is not true or false"#),
        (r#"{"batch": 100}"#, "config: batch: must be from 1024 to 131072 bytes"),
        (r#"{"batch": 131073}"#, "config: batch: must be from 1024 to 131072 bytes"),
        (r#"{"resync_pause": "10ms"}"#, "config: resync_pause: must be from 100ms to 60s"),
        (r#"{"beat": "1h"}"#, "config: beat: must be from 1s to 600s"),
        (
            r#"{"mod": "push"}"#,
            "config: mod: no such setting; there are: mode, topic, pull_timeout, any_timeout, any, batch, resync_pause, beat",
        ),
        (
            r#"{"mode": "pull", "pull_timeout": "1s"}"#,
            "config: pull_timeout and any_timeout: together they must be 1s at most, and have to fit the sidecar's miss_deadline",
        ),
    ] {
        let host = Host::new();
        host.set_config(config);
        assert_ne!(host.start(plugin_start), 0, "{config}");
        let logs = host.logs();
        assert!(matches!(&logs[..], [(Level::Error, line)] if line.ends_with(want)), "{config}: {logs:?}");
    }
    for function in ["config_get", "random_fill"] {
        let host = Host::new();
        host.fail(function, Some(Error::Unsupported));
        assert_ne!(host.start(plugin_start), 0, "the plugin started without {function}");
    }
}
