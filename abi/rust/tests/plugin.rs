//! A plugin that uses everything, on the fake host: what it says and what comes
//! back is what `abi/SPEC.md` says.

#![allow(clippy::result_large_err)] // config::Error carries its text

use std::time::Duration;

use sesshook_guest::session::Insert;
use sesshook_guest::{
    config, event, export, fake, info, instance, kv, log, message, metric, node_id, now, random_fill, session, state, Error, Event, Failure, Flags, Format,
    Kind, Level, Origin, Reason, Verdict,
};

export! {
    _initialize => || log::write(Level::Info, "initialized"),
    plugin_start => start,
    plugin_ready => || session::replay().map(drop),
    plugin_save => || -> *const [u8] { SEEN.with(|seen| &raw const seen[..]) },
    plugin_restore => restore,
    plugin_stop => || log::write(Level::Info, "stopped"),
    on_session_insert => inserted,
    on_session_remove => |_: &Event| {},
    on_session_get => |_: &Event| -> Result<(), Own> { Err(Own(0)) },
    on_session_miss => |_: &Event| Err::<(), _>("not today"),
    on_session_resume => judge,
    on_message => answer,
    on_messages_lost => |e: &Event| info!("{} of {} on {} lost", e.seq(), log::Text(e.node()), log::Text(e.topic())),
    on_tick => |now| metric::set("now", now),
    on_events_lost => |count| metric::add("lost", count as i64),
}

instance! {
    /// What a successor gets.
    static SEEN: [u8; 4] = *b"seen";
}

struct Own(i32);

impl std::fmt::Display for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "own error {}", self.0)
    }
}

impl Failure for Own {
    fn code(&self) -> i32 {
        self.0
    }
}

fn start() -> Result<(), config::Error> {
    let mut buf = [0; 256];
    config::each(config::read(&mut buf)?, |key, value| match key {
        "topic" => {
            let mut topic = [0; 128];
            message::subscribe(value.str(&mut topic)?).map_err(config::Error::from)
        }
        _ => Err(config::unknown(&["topic"])),
    })
}

fn restore(len: usize) -> Result<(), Error> {
    let mut buf = [0; 4];
    let piece = state::read(0, &mut buf)?;
    info!("{} {:?} {}", len, piece.bytes, piece.more);
    Ok(())
}

fn inserted(e: &Event) -> Result<(), Error> {
    let mut buf = [0; 64];
    let session = session::get(e.id(), &mut buf)?;
    message::publish("sessions", e.id(), session)
}

fn judge(e: &Event) -> Result<Verdict, Own> {
    match e.server_name() {
        b"old.example" => Ok(Verdict::Refuse),
        b"bad.example" => Err(Own(1)),
        _ => Ok(Verdict::Allow),
    }
}

fn answer(e: &Event) -> Result<(), Error> {
    if e.flags().contains(Flags::REQUEST) {
        message::reply(e.data())?;
        assert_eq!(message::reply(b"again"), Err(Error::Unsupported));
    }
    Ok(())
}

fn record(kind: Kind) -> fake::Record<'static> {
    fake::Record {
        kind,
        id: b"id",
        ..Default::default()
    }
}

#[test]
fn a_handler_sees_every_field() {
    export! {
        on_session_insert => |e: &Event| {
            assert_eq!((e.kind(), e.origin(), e.reason()), (Kind::Insert, Origin::Front, Reason::Consumed));
            assert_eq!(e.flags(), Flags::EXISTING | Flags::CLIENT_CERT);
            assert_eq!((e.seq(), e.time(), e.created(), e.expires()), (u64::MAX, i64::MIN, 2, 3));
            assert_eq!((e.session_len(), e.tls_version(), e.cipher_suite()), (1187, 0x0304, 0x1301));
            assert_eq!(e.format(), Format::OpensslDer);
            assert_eq!((e.id(), e.server_name(), e.alpn(), e.node()), (&b"id"[..], &b"name"[..], &b"h2"[..], &b"0123456789ab"[..]));
            assert_eq!((e.topic(), e.key(), e.data()), (&b"topic"[..], &b"key"[..], &b"data"[..]));
        },
    }
    let host = fake::Host::new();
    let record = fake::Record {
        kind: Kind::Insert,
        origin: Origin::Front,
        reason: Reason::Consumed,
        flags: Flags::EXISTING | Flags::CLIENT_CERT,
        seq: u64::MAX,
        time: i64::MIN,
        created: 2,
        expires: 3,
        session_len: 1187,
        tls_version: 0x0304,
        cipher_suite: 0x1301,
        format: Format::OpensslDer,
        id: b"id",
        server_name: b"name",
        alpn: b"h2",
        node: b"0123456789ab",
        topic: b"topic",
        key: b"key",
        data: b"data",
    };
    assert_eq!(host.deliver(on_session_insert, &record), 0);
}

#[test]
fn the_life_of_a_plugin() {
    let host = fake::Host::new();
    host.set_config(r#"{"topic": "sessions"}"#);
    host.initialize(_initialize);
    assert_eq!(host.start(plugin_start), 0);
    assert_eq!(host.topics(), ["sessions"]);
    assert_eq!(host.restore(plugin_restore, b"what was"), 0);
    assert_eq!(host.ready(plugin_ready), 0);
    assert_eq!(host.replays(), 1);
    assert_eq!(host.save(plugin_save), b"seen");
    host.stop(plugin_stop);
    let lines: Vec<_> = host.logs().into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["initialized", "8 [119, 104, 97, 116] 4", "stopped"]);
}

#[test]
fn an_error_is_logged_and_becomes_the_code_of_the_hook() {
    let host = fake::Host::new();
    assert_eq!(host.deliver(on_session_insert, &record(Kind::Insert)), -1);
    assert_eq!(host.deliver(on_session_get, &record(Kind::Get)), 2, "0 is no error");
    assert_eq!(host.deliver(on_session_miss, &record(Kind::Miss)), 2);
    assert_eq!(host.deliver(on_session_remove, &record(Kind::Remove)), 0);
    host.set_config(r#"{"topik": "sessions"}"#);
    assert_eq!(host.start(plugin_start), 2);
    host.set_config(r#"{"topic": "not a topic"}"#);
    assert_eq!(host.start(plugin_start), 2);
    let want = [
        "INSERT: nothing is stored under this id or key",
        "GET: own error 0",
        "MISS: not today",
        "start: config: topik: no such setting; there are: topic",
        "start: config: topic: invalid argument, or a session sealed by another key or for another id",
    ];
    assert_eq!(host.logs(), want.map(|line| (Level::Error, line.to_string())));
}

#[test]
fn only_a_verdict_refuses() {
    let host = fake::Host::new();
    let mut resume = record(Kind::Resume);
    for (name, status) in [(&b"new.example"[..], 0), (b"old.example", 1), (b"bad.example", 2)] {
        resume.server_name = name;
        assert_eq!(host.deliver(on_session_resume, &resume), status);
    }
}

#[test]
fn an_insert_is_published() {
    let host = fake::Host::new();
    host.set_session(b"id", b"sealed");
    assert_eq!(host.deliver(on_session_insert, &record(Kind::Insert)), 0);
    assert_eq!(host.deliver_with(on_session_insert, &record(Kind::Insert), b"another"), 0);
    let sent: Vec<_> = host.published().into_iter().map(|m| (m.topic, m.key, m.data)).collect();
    assert_eq!(
        sent,
        [
            ("sessions".into(), b"id".to_vec(), b"sealed".to_vec()),
            ("sessions".into(), b"id".to_vec(), b"another".to_vec())
        ]
    );
}

#[test]
fn a_request_is_answered_once() {
    let host = fake::Host::new();
    let mut message = fake::Record {
        kind: Kind::Message,
        data: b"ping",
        flags: Flags::REQUEST,
        ..Default::default()
    };
    assert_eq!(host.deliver(on_message, &message), 0);
    message.flags = Flags::NONE;
    assert_eq!(host.deliver(on_message, &message), 0);
    assert_eq!(host.replies(), [b"ping"]);
}

#[test]
fn other_hooks_are_given_what_they_are_about() {
    let host = fake::Host::new();
    assert_eq!(host.tick(on_tick, 77), 0);
    assert_eq!(host.events_lost(on_events_lost, 3), 0);
    assert_eq!(host.events_lost(on_events_lost, 4), 0);
    assert_eq!((host.metric("now"), host.metric("lost")), (77, 7));
    let lost = fake::Record {
        kind: Kind::Lost,
        seq: 5,
        node: b"0123456789ab",
        topic: b"sessions",
        ..Default::default()
    };
    assert_eq!(host.deliver(on_messages_lost, &lost), 0);
    assert_eq!(host.logs(), [(Level::Info, "5 of 0123456789ab on sessions lost".into())]);
}

#[test]
fn a_value_that_does_not_fit_says_how_long_it_is() {
    let host = fake::Host::new();
    host.set_session(b"id", b"session");
    let mut buf = [b'.'; 8];
    assert_eq!(session::get(b"id", &mut buf[..6]), Err(Error::BufferTooSmall(7)));
    assert_eq!(&buf, b"........");
    assert_eq!(session::get(b"id", &mut buf[..7]), Ok(&b"session"[..]));
    assert_eq!(session::get(b"id", &mut buf), Ok(&b"session"[..]));
    assert_eq!(session::len(b"id"), Ok(7));
    assert_eq!(session::len(b"no"), Err(Error::NotFound));
    assert_eq!(session::get(&[0; 257], &mut buf), Err(Error::Invalid));
}

#[test]
fn sessions_are_stored_and_removed() {
    let host = fake::Host::new();
    let life = Some(Duration::from_secs(1));
    assert_eq!(session::insert(b"id", b"one", life, Insert::NONE), Ok(()));
    assert_eq!(session::insert(b"id", b"two", None, Insert::REVIVE), Err(Error::Exists));
    assert_eq!(session::insert(b"id", b"two", life, Insert::OVERWRITE), Ok(()));
    host.set_time(1_000_000_000);
    assert_eq!(session::len(b"id"), Err(Error::NotFound), "its life has run out");
    assert_eq!(session::insert(b"id", b"three", None, Insert::NONE), Ok(()));
    assert_eq!(session::remove(b"id"), Ok(()));
    assert_eq!(session::remove(b"id"), Err(Error::NotFound));
    assert!(host.removed(b"id"));
    assert_eq!(session::insert(b"id", b"four", None, Insert::OVERWRITE), Err(Error::Removed));
    assert_eq!(session::insert(b"id", b"four", None, Insert::OVERWRITE | Insert::REVIVE), Ok(()));
    assert_eq!(session::insert(b"id", b"", None, Insert::OVERWRITE), Err(Error::Invalid));
    assert_eq!(session::insert(b"id", &[1; 65537], None, Insert::OVERWRITE), Err(Error::TooLarge));
    assert_eq!(session::replay(), Ok(1));
    assert_eq!(host.session(b"id").as_deref(), Some(&b"four"[..]));
}

#[test]
fn keys_are_kept_for_their_life() {
    let host = fake::Host::new();
    let mut buf = [0; 8];
    assert_eq!(kv::get(b"key", &mut buf), Err(Error::NotFound));
    assert_eq!(kv::put(b"key", b"", Some(Duration::from_millis(2))), Ok(()));
    assert_eq!(kv::get(b"key", &mut []), Ok(&b""[..]));
    host.set_time(2_000_000);
    assert_eq!(kv::get(b"key", &mut buf), Err(Error::NotFound));
    assert_eq!(kv::put(b"key", b"value", None), Ok(()));
    assert_eq!(kv::get(b"key", &mut buf), Ok(&b"value"[..]));
    assert_eq!(host.value(b"key").as_deref(), Some(&b"value"[..]));
    assert_eq!(kv::delete(b"key"), Ok(()));
    assert_eq!(kv::delete(b"key"), Err(Error::NotFound));
    assert_eq!(kv::put(b"", b"value", None), Err(Error::Invalid));
}

#[test]
fn requests_are_answered_by_the_test() {
    let host = fake::Host::new();
    let mut buf = [0; 16];
    assert_eq!(message::request("t", b"", b"ping", &mut buf, None), Err(Error::Unavailable));
    host.set_answer(|topic, node, data| match node {
        b"" => Ok([topic.as_bytes(), b" ", data].concat()),
        _ => Err(Error::Limit),
    });
    assert_eq!(
        message::request("t", b"", b"ping", &mut buf, Some(Duration::from_millis(20))),
        Ok(&b"t ping"[..])
    );
    assert_eq!(message::request("t", b"0123456789ab", b"ping", &mut buf, None), Err(Error::Limit));
    assert_eq!(message::request("t", b"short", b"ping", &mut buf, None), Err(Error::Invalid));
    assert_eq!(message::request("t", b"", b"ping", &mut [], None), Err(Error::BufferTooSmall(6)));
    host.set_farm(false);
    assert_eq!(message::publish("t", b"", b""), Err(Error::Unavailable));
}

#[test]
fn a_metric_is_what_it_first_was() {
    let host = fake::Host::new();
    assert_eq!(metric::add("c", 2), Ok(()));
    assert_eq!(metric::set("c", 2), Err(Error::Invalid));
    assert_eq!(metric::add("c", -1), Err(Error::Invalid));
    assert_eq!(metric::set("g", -7), Ok(()));
    assert_eq!(metric::add("g", 1), Err(Error::Invalid));
    assert_eq!(metric::add("Not snake", 1), Err(Error::Invalid));
    assert_eq!((host.metric("c"), host.metric("g")), (2, -7));
}

#[test]
fn phases_and_grants_are_those_of_the_abi() {
    let host = fake::Host::new();
    assert_eq!(message::subscribe("t"), Err(Error::Unsupported));
    assert_eq!(message::reply(b""), Err(Error::Unsupported));
    assert_eq!(state::read(0, &mut []), Err(Error::Unsupported));
    assert_eq!(event::read(0, &mut []), Err(Error::Unsupported));
    host.set_grants(&["metrics"]);
    assert_eq!(session::len(b"id"), Err(Error::Denied));
    assert_eq!(metric::add("c", 1), Ok(()));
    host.fail("metric_add", Some(Error::Limit));
    assert_eq!(metric::add("c", 1), Err(Error::Limit));
    host.fail("metric_add", Some(Error::Unknown(-77)));
    assert_eq!(metric::add("c", 1), Err(Error::Unknown(-77)));
    host.fail("metric_add", None);
    assert_eq!(metric::add("c", 1), Ok(()));
}

#[test]
fn the_host_itself_is_asked() {
    let host = fake::Host::new();
    host.set_time(12);
    assert_eq!(now(), 12);
    assert_eq!(node_id(), fake::NODE.as_bytes());
    let mut a = [0; 16];
    let mut b = [0; 16];
    assert_eq!((random_fill(&mut a), random_fill(&mut b)), (Ok(()), Ok(())));
    assert_ne!(a, b);
    assert_eq!(random_fill(&mut [0; 65537]), Err(Error::TooLarge));
}

#[test]
fn a_line_is_made_only_if_it_is_written() {
    struct Dear;
    impl std::fmt::Display for Dear {
        fn fmt(&self, _: &mut std::fmt::Formatter) -> std::fmt::Result {
            panic!("it was made")
        }
    }
    let host = fake::Host::new();
    host.set_log_level(Level::Warn);
    sesshook_guest::debug!("{Dear}");
    info!("{Dear}");
    sesshook_guest::warn!("{} warned", "is");
    sesshook_guest::error!("plain");
    assert!(!log::enabled(Level::Info) && log::enabled(Level::Error));
    assert_eq!(host.logs(), [(Level::Warn, "is warned".into()), (Level::Error, "plain".into())]);
}

#[test]
fn parts_of_a_record_are_read_from_an_offset_on() {
    export! {
        on_session_remove => |e: &Event| -> Result<(), Error> {
            let mut buf = [0; 10];
            let whole = 64 + e.id().len();
            assert_eq!(event::read(64, &mut buf)?, event::Piece { bytes: b"id", more: 0 });
            assert_eq!(event::read(63, &mut buf[..2])?, event::Piece { bytes: b"\0i", more: 1 });
            assert_eq!(event::read(0, &mut [])?.more, whole);
            assert!(event::read(whole as u32, &mut buf)?.bytes.is_empty());
            assert!(event::read(u32::MAX, &mut buf)?.bytes.is_empty());
            Ok(())
        },
    }
    assert_eq!(fake::Host::new().deliver(on_session_remove, &record(Kind::Remove)), 0);
}

/// The last byte of a long message, as a handler sees it.
mod long {
    use super::*;

    export! {
        event_buffer: 512,
        on_message => |e: &Event| {
            assert!(!e.flags().contains(Flags::TRUNCATED));
            info!("{} bytes, {:?}", e.data().len(), e.data().last());
        },
    }

    pub fn deliver(host: &fake::Host) -> i32 {
        host.set_event_buffer(512);
        let mut data = vec![1; 1000];
        data[999] = 9;
        host.deliver(
            on_message,
            &fake::Record {
                kind: Kind::Message,
                data: &data,
                ..Default::default()
            },
        )
    }
}

#[cfg(feature = "alloc")]
#[test]
fn a_record_longer_than_the_event_buffer_is_read_whole() {
    let host = fake::Host::new();
    assert_eq!(long::deliver(&host), 0);
    assert_eq!(host.logs(), [(Level::Info, "1000 bytes, Some(9)".into())]);
    host.fail("event_read", Some(Error::Unsupported));
    assert_eq!(long::deliver(&host), 2);
    assert_eq!(host.logs()[1].1, "event record: not supported in this phase or on this host");
}

#[cfg(not(feature = "alloc"))]
#[test]
fn a_record_longer_than_the_event_buffer_is_refused() {
    let host = fake::Host::new();
    assert_eq!(long::deliver(&host), 2);
    assert!(host.logs()[0].1.contains("give export! a larger event_buffer"));
}

#[cfg(feature = "alloc")]
#[test]
fn a_vec_grows_to_what_is_read() {
    let host = fake::Host::new();
    let value = [7; 5000];
    host.set_session(b"id", &value);
    let mut to = b"before".to_vec();
    assert_eq!(session::get_into(b"id", &mut to), Ok(5000));
    assert_eq!((&to[..6], &to[6..]), (&b"before"[..], &value[..]));
    assert_eq!(session::get_into(b"no", &mut to), Err(Error::NotFound));
    assert_eq!(to.len(), 5006);
    assert_eq!(kv::put(b"key", &value, None), Ok(()));
    assert_eq!(kv::get_into(b"key", &mut to), Ok(5000));
    host.set_answer(|_, _, data| Ok(data.repeat(1000)));
    to.clear();
    assert_eq!(message::request_into("t", b"", b"abc", &mut to, None), Ok(3000));
    host.set_config(r#"{"a": 1}"#);
    to.clear();
    assert_eq!(config::read_into(&mut to), Ok(8));
    assert_eq!(to, br#"{"a": 1}"#);
}

#[test]
fn whatever_bytes_there_are_no_record_panics() {
    let whole = fake::Record {
        kind: Kind::Message,
        id: b"id",
        server_name: b"name",
        node: b"0123456789ab",
        data: b"data",
        ..Default::default()
    }
    .to_bytes();
    assert!(Event::parse(&whole).is_ok());
    for len in 0..whole.len() {
        assert!(Event::parse(&whole[..len]).is_err(), "{len} bytes");
    }
    for at in 0..whole.len() {
        for value in [0, 1, 63, 65, 0x7f, 0x80, 0xff] {
            let mut altered = whole.clone();
            altered[at] = value;
            if let Ok(e) = Event::parse(&altered) {
                let parts = [e.id(), e.server_name(), e.alpn(), e.node(), e.topic(), e.key(), e.data()];
                assert!(parts.iter().map(|p| p.len()).sum::<usize>() + 64 <= whole.len());
                let _ = format!("{e:?}");
            }
        }
    }
}

#[test]
fn a_longer_header_of_a_later_host_is_skipped() {
    let mut later = record(Kind::Insert).to_bytes();
    later[0] = 72;
    later.splice(64..64, [0xee; 8]);
    assert_eq!(Event::parse(&later).unwrap().id(), b"id");
    later[0] = 63;
    assert!(Event::parse(&later).is_err());
}

#[test]
fn numbers_without_a_name_are_kept() {
    let mut later = record(Kind::Unknown(200)).to_bytes();
    (later[3], later[4], later[5]) = (99, 98, 0x80);
    let e = Event::parse(&later).unwrap();
    assert_eq!(
        (e.kind(), e.origin(), e.reason()),
        (Kind::Unknown(200), Origin::Unknown(99), Reason::Unknown(98))
    );
    assert_eq!((e.kind().name(), u8::from(e.kind()), e.flags().bits()), ("UNKNOWN", 200, 0x80));
    assert_eq!(Kind::Lost.to_string(), "LOST");
}
