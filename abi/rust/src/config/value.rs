use core::time::Duration;

use super::duration;
use super::error::{none_of, Error};
use super::parser::{unescape, Parser, Text};

/// One value of the configuration, as JSON.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    /// One valid value, without white space around it.
    raw: &'a [u8],
}

impl<'a> Value<'a> {
    pub(super) fn new(raw: &'a [u8]) -> Self {
        Value { raw }
    }

    /// The value as JSON.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// A string, written to `buf`. One that does not fit is an error.
    pub fn str<'b>(&self, buf: &'b mut [u8]) -> Result<&'b str, Error> {
        let room = buf.len();
        unescape(self.text()?, buf).ok_or_else(|| self.longer(room))
    }

    /// A string, on the heap.
    #[cfg(feature = "alloc")]
    pub fn string(&self) -> Result<alloc::string::String, Error> {
        let mut s = alloc::string::String::new();
        self.text()?.for_each(|c| s.push(c));
        Ok(s)
    }

    /// Whether a string is this one.
    pub fn is(&self, text: &str) -> Result<bool, Error> {
        Ok(self.text()?.eq(text.chars()))
    }

    /// The place of a string among these words. Another is an error, which lists
    /// them.
    pub fn one_of(&self, words: &[&str]) -> Result<usize, Error> {
        for (i, word) in words.iter().enumerate() {
            if self.is(word)? {
                return Ok(i);
            }
        }
        self.shown(|shown| Err(none_of(shown, words)))
    }

    /// True or false.
    pub fn bool(&self) -> Result<bool, Error> {
        match self.raw {
            b"true" => Ok(true),
            b"false" => Ok(false),
            _ => Err(self.not("true or false")),
        }
    }

    /// A whole number.
    pub fn int(&self) -> Result<i64, Error> {
        let (digits, sign) = match self.raw {
            [b'-', digits @ ..] => (digits, -1),
            digits => (digits, 1),
        };
        digits
            .iter()
            .try_fold(0i64, |n, d| {
                let digit = d.is_ascii_digit().then(|| i64::from(d - b'0'))?;
                n.checked_mul(10)?.checked_add(sign * digit)
            })
            .ok_or_else(|| self.not("a whole number"))
    }

    /// The length of a string such as `"90s"`, `"1h30m"` or `"250ms"`: what Go's
    /// `time.ParseDuration` reads, without signs and fractions. It is never longer
    /// than `i64::MAX` ns.
    pub fn duration(&self) -> Result<Duration, Error> {
        let mut buf = [0; 64];
        self.text()
            .ok()
            .and_then(|text| unescape(text, &mut buf))
            .and_then(duration::parse)
            .map(|ns| Duration::from_nanos(ns as u64))
            .ok_or_else(|| self.not("a duration such as \"90s\" or \"12h\""))
    }

    /// Calls `add` for each item of a list.
    pub fn items(&self, add: impl FnMut(Value<'a>) -> Result<(), Error>) -> Result<(), Error> {
        match self.raw.first() {
            Some(b'[') => Parser::new(self.raw).array(add),
            _ => Err(self.not("a list")),
        }
    }

    /// Calls `set` for each key of a table, as [`each`](super::each) does.
    pub fn each(&self, set: impl FnMut(&str, Value<'a>) -> Result<(), Error>) -> Result<(), Error> {
        match self.raw.first() {
            Some(b'{') => Parser::new(self.raw).object(set),
            _ => Err(self.not("a table")),
        }
    }

    fn text(&self) -> Result<Text<'a>, Error> {
        match self.raw {
            [b'"', inner @ .., b'"'] => Ok(Text::new(inner)),
            _ => Err(self.not("a string")),
        }
    }

    /// The value is not what the caller wants.
    fn not(&self, what: &str) -> Error {
        self.shown(|shown| Error::of(&[shown, " is not ", what]))
    }

    fn longer(&self, room: usize) -> Error {
        let mut digits = [0; 20];
        self.shown(|shown| Error::of(&[shown, " is longer than ", decimal(room, &mut digits), " bytes"]))
    }

    /// Passes on as much of the value as an error shows.
    fn shown<R>(&self, pass: impl FnOnce(&str) -> R) -> R {
        let mut buf = [0; 64];
        let (shown, rest): (&[u8], &[u8]) = match self.raw.split_at_checked(61) {
            Some((shown, rest)) if rest.len() > 3 => (shown, b"..."),
            _ => (self.raw, b""),
        };
        buf[..shown.len()].copy_from_slice(shown);
        buf[shown.len()..][..rest.len()].copy_from_slice(rest);
        let valid = buf[..shown.len() + rest.len()].utf8_chunks().next().map_or("", |chunk| chunk.valid());
        pass(valid)
    }
}

fn decimal(mut n: usize, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            return core::str::from_utf8(digits.get(at..).unwrap_or(&[])).unwrap_or_default();
        }
    }
}
