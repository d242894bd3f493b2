//! The `[config]` table of the plugin's sidecar, which the host hands over as a
//! JSON object.
//!
//! ```
//! use core::time::Duration;
//! use sesshook_guest::{config, Failure};
//!
//! struct Settings {
//!     topic: [u8; 128],
//!     topic_len: usize,
//!     max_age: Duration,
//! }
//!
//! fn settings(s: &mut Settings) -> Result<(), config::Error> {
//!     let mut buf = [0; 2048];
//!     config::each(config::read(&mut buf)?, |key, value| {
//!         match key {
//!             "topic" => s.topic_len = value.str(&mut s.topic)?.len(),
//!             "max_age" => s.max_age = value.duration()?,
//!             _ => return Err(config::unknown(&["topic", "max_age"])),
//!         }
//!         Ok(())
//!     })
//! }
//!
//! # let host = sesshook_guest::fake::Host::new();
//! # host.set_config(r#"{"topic": "pins", "max_age": "12h"}"#);
//! let mut s = Settings { topic: [0; 128], topic_len: 0, max_age: Duration::ZERO };
//! settings(&mut s).unwrap();
//! assert_eq!(&s.topic[..s.topic_len], b"pins");
//! assert_eq!(s.max_age, Duration::from_secs(12 * 3600));
//! ```
//!
//! It reads all of JSON and nothing else, but tables within tables only by
//! [`Value::each`], and numbers as `i64`. It allocates nothing.

// An error carries its text, as there is no heap; there is one in the life of an
// instance.
#![allow(clippy::result_large_err)]

mod duration;
mod error;
mod parser;
mod value;

pub use error::{unknown, Error};
pub use value::Value;

use crate::{buffer, sys};
use parser::Parser;

/// The `[config]` table as JSON, written to `buf`; `{}` where there is none. It
/// does not change while the instance lives. It works everywhere.
///
/// [`Error::BufferTooSmall`](crate::Error::BufferTooSmall) is the only error.
#[inline]
pub fn read(buf: &mut [u8]) -> Result<&[u8], crate::Error> {
    buffer::fill(buf, sys::config_get)
}

/// [`read`], appended to a Vec. Returns how many bytes were.
#[cfg(feature = "alloc")]
pub fn read_into(to: &mut alloc::vec::Vec<u8>) -> Result<usize, crate::Error> {
    buffer::append(to, sys::config_get)
}

/// Reads the JSON object in `json` and calls `set` for each of its keys, in
/// their order. The first error ends the reading, and is returned with the key in
/// front.
///
/// A key of more than 256 bytes is passed on empty.
pub fn each(json: &[u8], set: impl FnMut(&str, Value<'_>) -> Result<(), Error>) -> Result<(), Error> {
    let mut parser = Parser::new(json);
    parser.object(set)?;
    parser.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    /// What `read` makes of the one value of a table.
    fn read_value<T>(raw: &str, mut read: impl FnMut(Value<'_>) -> Result<T, Error>) -> Result<T, String> {
        let mut got = None;
        each(format!("{{\"k\": {raw} }}").as_bytes(), |_, value| {
            got = Some(read(value)?);
            Ok(())
        })
        .map_err(|e| e.to_string())?;
        Ok(got.unwrap())
    }

    fn string(value: Value<'_>) -> Result<String, Error> {
        value.str(&mut [0; 300]).map(String::from)
    }

    fn strings(value: Value<'_>) -> Result<Vec<String>, Error> {
        let mut all = vec![];
        value.items(|item| {
            all.push(string(item)?);
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn strings_are_read_with_their_escapes() {
        for (raw, want) in [
            (r#""x""#, Ok("x")),
            (r#""\"\\\/\b\f\n\r\tä\u00e4\ud83d\ude00""#, Ok("\"\\/\u{8}\u{c}\n\r\tää😀")),
            (r#""\ud83dx""#, Ok("\u{fffd}x")),
            (r#""\ud83d\u0041""#, Ok("\u{fffd}A")),
            (r#""\ud800\ud800\udc00""#, Ok("\u{fffd}\u{10000}")),
            (r#""""#, Ok("")),
            ("1", Err("config: k: 1 is not a string")),
            ("null", Err("config: k: null is not a string")),
        ] {
            assert_eq!(read_value(raw, string).as_deref(), want.map_err(String::from).as_deref(), "{raw}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_replaced() {
        each(b"{\"k\xff\": \"\xe2\x82x\"}", |key, value| {
            assert_eq!(key, "k\u{fffd}");
            assert!(value.str(&mut [0; 10])?.ends_with('x'));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_string_without_room_is_an_error() {
        let got = read_value(r#""four""#, |v| v.str(&mut [0; 3]).map(String::from));
        assert_eq!(got.unwrap_err(), r#"config: k: "four" is longer than 3 bytes"#);
        assert_eq!(read_value(r#""four""#, |v| v.str(&mut [0; 4]).map(String::from)).unwrap(), "four");
    }

    #[test]
    fn strings_are_compared_without_room() {
        assert_eq!(read_value(r#""p\u0075sh""#, |v| v.is("push")), Ok(true));
        assert_eq!(read_value(r#""push""#, |v| v.is("pus")), Ok(false));
        assert_eq!(read_value(r#""pus""#, |v| v.is("push")), Ok(false));
        assert_eq!(read_value("1", |v| v.is("push")).unwrap_err(), "config: k: 1 is not a string");
    }

    #[test]
    fn one_of_several_words_is_found_by_its_place() {
        let words = &["push", "pull", "both"];
        assert_eq!(read_value(r#""both""#, |v| v.one_of(words)), Ok(2));
        assert_eq!(
            read_value(r#""bot""#, |v| v.one_of(words)).unwrap_err(),
            r#"config: k: "bot" is none of push, pull, both"#
        );
        assert_eq!(read_value("true", |v| v.one_of(words)).unwrap_err(), "config: k: true is not a string");
    }

    #[test]
    fn truth_and_numbers_are_read_as_what_they_are() {
        assert_eq!(read_value("true", |v| v.bool()), Ok(true));
        assert_eq!(read_value("false", |v| v.bool()), Ok(false));
        assert_eq!(read_value("null", |v| v.bool()).unwrap_err(), "config: k: null is not true or false");
        for (raw, want) in [
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("-12", -12),
            ("0", 0),
            ("-0", 0),
        ] {
            assert_eq!(read_value(raw, |v| v.int()), Ok(want), "{raw}");
        }
        for raw in ["9223372036854775808", "-9223372036854775809", "1.5", "1e3", "\"1\"", "99999999999999999999999"] {
            assert_eq!(read_value(raw, |v| v.int()).unwrap_err(), format!("config: k: {raw} is not a whole number"));
        }
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(read_value(r#""1h30m""#, |v| v.duration()), Ok(Duration::from_secs(5400)));
        for raw in [r#""1 h""#, "90", r#""-1s""#] {
            assert_eq!(
                read_value(raw, |v| v.duration()).unwrap_err(),
                format!("config: k: {raw} is not a duration such as \"90s\" or \"12h\"")
            );
        }
    }

    #[test]
    fn lists_are_read_item_by_item() {
        assert_eq!(read_value(r#"[ "a" , "b" ]"#, strings), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(read_value("[]", strings), Ok(vec![]));
        assert_eq!(read_value(r#"["a", 1]"#, strings).unwrap_err(), "config: k: 1 is not a string");
        assert_eq!(read_value(r#""a""#, strings).unwrap_err(), r#"config: k: "a" is not a list"#);
    }

    #[test]
    fn errors_name_the_whole_path() {
        let error = each(br#"{"a": {"b": 1}}"#, |_, value| value.each(|_, value| value.bool().map(drop))).unwrap_err();
        assert_eq!(error.to_string(), "config: a.b: 1 is not true or false");
        let error = each(br#"{"a": {"b": 1}}"#, |_, value| value.each(|_, _| Err(unknown(&[])))).unwrap_err();
        assert_eq!(error.to_string(), "config: a.b: no such setting: the plugin has none");
        let error = each(br#"{"a": 1}"#, |_, _| Err(unknown(&["b", "c"]))).unwrap_err();
        assert_eq!(error.to_string(), "config: a: no such setting; there are: b, c");
        let error = each(br#"{"a": 1}"#, |_, value| value.each(|_, _| Ok(()))).unwrap_err();
        assert_eq!(error.to_string(), "config: a: 1 is not a table");
        let error = each(br#"{"a": 1}"#, |_, _| Err(Error::new("it does not fit the deadline"))).unwrap_err();
        assert_eq!(error.to_string(), "config: a: it does not fit the deadline");
    }

    #[test]
    fn what_is_wrong_is_shown_in_part() {
        let long = format!("\"{}\"", "x".repeat(100));
        assert_eq!(
            read_value(&long, |v| v.bool()).unwrap_err(),
            format!("config: k: \"{}... is not true or false", "x".repeat(60))
        );
    }

    #[test]
    fn a_key_that_is_too_long_is_no_key_of_the_plugin() {
        let json = format!("{{\"{}\": 1}}", "k".repeat(257));
        let error = each(json.as_bytes(), |key, _| {
            assert_eq!(key, "");
            Err(unknown(&["topic"]))
        });
        assert!(error.unwrap_err().to_string().ends_with(": no such setting; there are: topic"));
    }

    #[test]
    fn what_is_not_a_table_is_an_error() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        for json in [
            "",
            "[]",
            "\"x\"",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":1e}",
            "{\"a\":-}",
            "{\"a\":tru}",
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12"}"#,
            "{\"a\":\"\n\"}",
            "{\"a\":\"",
            "{\"a\":\"\\",
            "{\"a\":[1,]}",
            "{} {}",
            "{a:1}",
            "{\"a\"\0:1}",
            "{\"a\":1}}",
            "{,}",
            &deep,
        ] {
            assert!(each(json.as_bytes(), |_, _| Ok(())).is_err(), "{json}");
        }
    }

    #[test]
    fn all_of_json_is_read() {
        let json = r#" { "a" : [ 1 , -2.5e+3 , "x", [[{}]] ] , "b" : { "c" : null }, "d":0e0,"e":1E-1 } "#;
        let mut seen = vec![];
        each(json.as_bytes(), |key, value| {
            seen.push(format!("{key}={}", String::from_utf8_lossy(value.raw())));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, ["a=[ 1 , -2.5e+3 , \"x\", [[{}]] ]", "b={ \"c\" : null }", "d=0e0", "e=1E-1"]);
    }
}
