//! Lines of the host's log, where they stand beside the plugin's name. The host
//! escapes control characters and what is not UTF-8, and bounds length and rate.
//!
//! The macros [`debug!`](crate::debug), [`info!`](crate::info),
//! [`warn!`](crate::warn) and [`error!`](crate::error) format a line without
//! allocating, and only if the host would write it. A line with arguments brings
//! `core::fmt` into the module; [`write()`] and a macro with a bare text don't.

use core::fmt;

use crate::{sys, Level};

/// Writes one line.
#[inline]
pub fn write(level: Level, text: impl AsRef<[u8]>) {
    sys::log(level as i32, text.as_ref());
}

/// Whether a line of this level would be written. One that costs something to
/// make is made only then; the macros ask.
#[inline]
pub fn enabled(level: Level) -> bool {
    sys::log_enabled(level as i32) != 0
}

/// What the macros call.
#[doc(hidden)]
#[inline]
pub fn arguments(level: Level, arguments: fmt::Arguments<'_>) {
    match arguments.as_str() {
        Some(text) => write(level, text),
        None if enabled(level) => format(level, arguments),
        None => {}
    }
}

#[inline(never)]
fn format(level: Level, arguments: fmt::Arguments<'_>) {
    let mut line = Line::new();
    let _ = fmt::write(&mut line, arguments); // an error is one of an argument's own
    write(level, line.as_str());
}

/// Bytes that a [`Line`] has room for.
pub const LINE_SIZE: usize = 512;

/// A line that is being made, on the stack. What does not fit is cut off, at the
/// end of a character.
///
/// ```
/// use core::fmt::Write;
/// let mut line = sesshook_guest::log::Line::new();
/// let _ = write!(line, "{} of {}", 3, 4); // which never fails
/// assert_eq!(line.as_str(), "3 of 4");
/// ```
pub struct Line {
    text: [u8; LINE_SIZE],
    len: usize,
    /// Where it ends: LINE_SIZE, until something was cut off.
    end: usize,
}

impl Line {
    /// An empty line.
    pub const fn new() -> Self {
        Line {
            text: [0; LINE_SIZE],
            len: 0,
            end: LINE_SIZE,
        }
    }

    /// Adds text.
    pub fn push(&mut self, text: &str) {
        let mut n = text.len().min(self.end - self.len);
        while !text.is_char_boundary(n) {
            n -= 1;
        }
        self.text[self.len..self.len + n].copy_from_slice(&text.as_bytes()[..n]);
        self.len += n;
        if n < text.len() {
            self.end = self.len;
        }
    }

    /// What is in it.
    pub fn as_str(&self) -> &str {
        // SAFETY: push adds whole characters.
        unsafe { core::str::from_utf8_unchecked(&self.text[..self.len]) }
    }
}

impl Default for Line {
    fn default() -> Self {
        Line::new()
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// Shows bytes as text, and those that are not UTF-8 as `\xff`.
///
/// ```
/// use sesshook_guest::log::Text;
/// assert_eq!(format!("{}", Text(b"ex\xe4mple.org")), r"ex\xe4mple.org");
/// ```
#[derive(Clone, Copy)]
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            for &byte in chunk.invalid() {
                f.write_str("\\x")?;
                hex(f, byte)?;
            }
        }
        Ok(())
    }
}

/// Shows bytes in hexadecimal digits: session ids, mostly.
///
/// ```
/// use sesshook_guest::log::Hex;
/// assert_eq!(format!("{}", Hex(&[0x0b, 0xad])), "0bad");
/// ```
#[derive(Clone, Copy)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| hex(f, byte))
    }
}

fn hex(f: &mut fmt::Formatter<'_>, byte: u8) -> fmt::Result {
    use fmt::Write;
    for digit in [byte >> 4, byte & 15] {
        f.write_char(char::from(b"0123456789abcdef"[usize::from(digit)]))?;
    }
    Ok(())
}

/// Writes a line of the host's log, of a level, with `format!`'s arguments.
///
/// ```
/// # use sesshook_guest::{fake, log, Level};
/// # let host = fake::Host::new();
/// log!(Level::Warn, "{} sessions in a second", 4711);
/// # assert_eq!(host.logs(), [(Level::Warn, "4711 sessions in a second".into())]);
/// ```
#[macro_export]
macro_rules! log {
    ($level:expr, $($argument:tt)+) => {
        $crate::log::arguments($level, ::core::format_args!($($argument)+))
    };
}

/// Writes a line of level debug; see [`log!`](crate::log!).
#[macro_export]
macro_rules! debug {
    ($($argument:tt)+) => { $crate::log!($crate::Level::Debug, $($argument)+) };
}

/// Writes a line of level info; see [`log!`](crate::log!).
#[macro_export]
macro_rules! info {
    ($($argument:tt)+) => { $crate::log!($crate::Level::Info, $($argument)+) };
}

/// Writes a line of level warn; see [`log!`](crate::log!).
#[macro_export]
macro_rules! warn {
    ($($argument:tt)+) => { $crate::log!($crate::Level::Warn, $($argument)+) };
}

/// Writes a line of level error; see [`log!`](crate::log!).
#[macro_export]
macro_rules! error {
    ($($argument:tt)+) => { $crate::log!($crate::Level::Error, $($argument)+) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_off_at_the_end_of_a_character() {
        let mut line = Line::new();
        line.push(&"x".repeat(LINE_SIZE - 3));
        line.push("ä€");
        line.push("more");
        assert_eq!(line.as_str(), "x".repeat(LINE_SIZE - 3) + "ä");
    }

    #[test]
    fn a_line_holds_as_much_as_it_says() {
        let mut line = Line::new();
        line.push(&"x".repeat(LINE_SIZE));
        line.push("");
        assert_eq!(line.as_str().len(), LINE_SIZE);
    }

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        assert_eq!(Text("ä\u{1b}".as_bytes()).to_string(), "ä\u{1b}");
        assert_eq!(Text(b"\xff\xe2\x82x").to_string(), "\\xff\\xe2\\x82x");
        assert_eq!(Hex(b"").to_string(), "");
        assert_eq!(Hex(&[0, 0xff]).to_string(), "00ff");
    }
}
