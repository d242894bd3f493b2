use core::fmt;

use crate::log::Line;
use crate::Failure;

/// What is wrong with the configuration, and under which key.
pub struct Error {
    /// The keys, outermost first, then what is wrong.
    text: Line,
    /// A key stands in front already: the next one is joined by a dot.
    keyed: bool,
}

impl Error {
    /// An error about the value of a key, which [`each`](super::each) puts in
    /// front.
    pub fn new(what: &str) -> Self {
        Self::of(&[what])
    }

    /// An error of several parts.
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut text = Line::new();
        for part in parts {
            text.push(part);
        }
        Error { text, keyed: false }
    }

    /// The same with a key in front.
    #[cold]
    pub(super) fn under(self, key: &str) -> Self {
        let mut text = Line::new();
        text.push(key);
        text.push(if self.keyed { "." } else { ": " });
        text.push(self.text.as_str());
        Error { text, keyed: true }
    }
}

/// The error for a key that is none of those the plugin knows, which it lists.
pub fn unknown(known: &[&str]) -> Error {
    if known.is_empty() {
        return Error::new("no such setting: the plugin has none");
    }
    let mut error = Error::new("no such setting; there are: ");
    join(&mut error.text, known);
    error
}

/// The error for a word that is none of those that there are.
pub(super) fn none_of(shown: &str, words: &[&str]) -> Error {
    let mut error = Error::of(&[shown, " is none of "]);
    join(&mut error.text, words);
    error
}

fn join(line: &mut Line, words: &[&str]) {
    for (i, word) in words.iter().enumerate() {
        line.push(if i > 0 { ", " } else { "" });
        line.push(word);
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("config: ")?;
        f.write_str(self.text.as_str())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Error {}

impl Failure for Error {
    // Without core::fmt.
    fn describe(&self, line: &mut Line) {
        line.push("config: ");
        line.push(self.text.as_str());
    }
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Error::new(error.text())
    }
}
