//! JSON (RFC 8259), of which the whole syntax is checked.

use super::error::Error;
use super::value::Value;

/// How deep arrays and objects may be nested in what is read. The host writes
/// what it has read from a file; this bounds the stack even so.
const MAX_DEPTH: usize = 64;

/// Bytes of the longest key.
const MAX_KEY: usize = 256;

/// Reads from the front of `rest`.
pub(super) struct Parser<'a> {
    rest: &'a [u8],
}

/// Why reading ended. It is apart from [`Error`], which is large, so that
/// nesting takes little of the stack.
enum End {
    NotJson,
    Deep,
    /// The caller wants no more.
    Stopped,
}

impl From<End> for Error {
    #[cold]
    fn from(end: End) -> Self {
        Error::new(match end {
            End::Deep => "nested too deeply",
            _ => "not a JSON object",
        })
    }
}

impl<'a> Parser<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Parser { rest }
    }

    /// Checks that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Error::new("something follows the table's end")),
        }
    }

    pub(super) fn object(&mut self, mut set: impl FnMut(&str, Value<'a>) -> Result<(), Error>) -> Result<(), Error> {
        let mut result = Ok(());
        let end = self.members(0, &mut |key, value| {
            let mut buf = [0; MAX_KEY];
            let key = unescape(Text::new(key), &mut buf).unwrap_or("");
            result = set(key, value).map_err(|error| error.under(key));
            result.is_ok()
        });
        result?;
        Ok(end?)
    }

    pub(super) fn array(&mut self, mut add: impl FnMut(Value<'a>) -> Result<(), Error>) -> Result<(), Error> {
        let mut result = Ok(());
        let end = self.elements(0, &mut |value| {
            result = add(value);
            result.is_ok()
        });
        result?;
        Ok(end?)
    }

    /// Calls `set` with each key, still escaped, and its value, until it returns
    /// false.
    fn members(&mut self, depth: usize, set: &mut dyn FnMut(&'a [u8], Value<'a>) -> bool) -> Result<(), End> {
        self.take(b'{')?;
        if self.take(b'}').is_ok() {
            return Ok(());
        }
        loop {
            let [b'"', key @ .., b'"'] = self.value(depth)?.raw() else {
                return Err(End::NotJson);
            };
            self.take(b':')?;
            let value = self.value(depth)?;
            if !set(key, value) {
                return Err(End::Stopped);
            }
            if self.take(b'}').is_ok() {
                return Ok(());
            }
            self.take(b',')?;
        }
    }

    /// Calls `add` with each element, until it returns false.
    fn elements(&mut self, depth: usize, add: &mut dyn FnMut(Value<'a>) -> bool) -> Result<(), End> {
        self.take(b'[')?;
        if self.take(b']').is_ok() {
            return Ok(());
        }
        loop {
            let value = self.value(depth)?;
            if !add(value) {
                return Err(End::Stopped);
            }
            if self.take(b']').is_ok() {
                return Ok(());
            }
            self.take(b',')?;
        }
    }

    /// Reads one value, `depth` levels below the outermost.
    fn value(&mut self, depth: usize) -> Result<Value<'a>, End> {
        if depth >= MAX_DEPTH {
            return Err(End::Deep);
        }
        let first = self.peek();
        let before = self.rest;
        match first {
            Some(b'{') => self.members(depth + 1, &mut |_, _| true)?,
            Some(b'[') => self.elements(depth + 1, &mut |_| true)?,
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        }
        Ok(Value::new(&before[..before.len() - self.rest.len()]))
    }

    fn word(&mut self) -> Result<(), End> {
        for word in [&b"true"[..], b"false", b"null"] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(());
            }
        }
        Err(End::NotJson)
    }

    fn number(&mut self) -> Result<(), End> {
        self.skip(b"-");
        if !self.skip(b"0") {
            self.digits()?;
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    /// Skips a string, and checks its escapes.
    fn string(&mut self) -> Result<(), End> {
        self.skip(b"\"");
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(());
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => self.rest = rest,
                [b'\\', b'u', rest @ ..] if hex4(rest).is_some() => self.rest = &rest[4..],
                [b'\\' | ..=0x1f, ..] | [] => return Err(End::NotJson),
                [_, rest @ ..] => self.rest = rest,
            }
        }
    }

    /// Skips white space and returns the byte behind it.
    fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Skips white space and c, which has to be there.
    fn take(&mut self, c: u8) -> Result<(), End> {
        if self.peek() == Some(c) {
            self.rest = &self.rest[1..];
            return Ok(());
        }
        Err(End::NotJson)
    }

    /// Skips one byte if it is one of those.
    fn skip(&mut self, of: &[u8]) -> bool {
        match self.rest {
            [c, rest @ ..] if of.contains(c) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Skips at least one digit.
    fn digits(&mut self) -> Result<(), End> {
        if !self.skip(b"0123456789") {
            return Err(End::NotJson);
        }
        while self.skip(b"0123456789") {}
        Ok(())
    }
}

/// The characters of a string whose escapes were checked. What is not UTF-8, and
/// half a surrogate pair, is U+FFFD.
pub(super) struct Text<'a> {
    rest: &'a [u8],
}

impl<'a> Text<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Text { rest }
    }

    /// Reads what follows `\u`, and the second half of a pair.
    fn unicode(&mut self) -> Option<char> {
        let first = self.unit()?;
        let behind = self.rest;
        if let (0xd800..=0xdbff, [b'\\', b'u', rest @ ..]) = (first, behind) {
            self.rest = rest;
            if let Some(second @ 0xdc00..=0xdfff) = self.unit() {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.rest = behind;
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Option<u32> {
        let unit = hex4(self.rest)?;
        self.rest = &self.rest[4..];
        Some(unit)
    }

    /// Reads a character that is not escaped.
    fn plain(&mut self) -> Option<char> {
        let width = match self.rest.first()? {
            0xf0.. => 4,
            0xe0.. => 3,
            0xc0.. => 2,
            _ => 1,
        };
        let valid = self.rest.get(..width).and_then(|bytes| core::str::from_utf8(bytes).ok());
        let c = valid.and_then(|s| s.chars().next());
        self.rest = &self.rest[c.map_or(1, char::len_utf8)..];
        Some(c.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

impl Iterator for Text<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let [b'\\', c, rest @ ..] = self.rest else { return self.plain() };
        self.rest = rest;
        Some(match c {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => char::from(*c),
        })
    }
}

/// Writes text to `buf`. None where it does not fit.
pub(super) fn unescape<'b>(text: Text<'_>, buf: &'b mut [u8]) -> Option<&'b str> {
    let mut len = 0;
    for c in text {
        let room = buf.get_mut(len..len + c.len_utf8())?;
        c.encode_utf8(room);
        len += c.len_utf8();
    }
    // SAFETY: these are whole characters.
    Some(unsafe { core::str::from_utf8_unchecked(&buf[..len]) })
}

fn hex4(b: &[u8]) -> Option<u32> {
    b.get(..4)?.iter().try_fold(0, |n, &c| Some(n << 4 | char::from(c).to_digit(16)?))
}
