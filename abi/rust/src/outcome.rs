use core::fmt;

use crate::log::Line;
use crate::{log, Error, Level, RecordError};

/// What a handler may return: nothing, or a `Result` whose error is logged, and
/// counted by the host as the plugin's.
pub trait Outcome {
    /// What the hook returns to the host; `what` begins the line of the log.
    #[doc(hidden)]
    fn status(self, what: &str) -> i32;
}

impl Outcome for () {
    #[inline]
    fn status(self, _: &str) -> i32 {
        DONE
    }
}

impl<F: Failure> Outcome for Result<(), F> {
    #[inline]
    fn status(self, what: &str) -> i32 {
        match self {
            Ok(()) => DONE,
            Err(failure) => failed(what, &failure),
        }
    }
}

/// Whether a client may resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allow,
    /// It has to do a full handshake instead.
    Refuse,
}

/// What a handler of `on_session_resume` may return: a [`Verdict`], or a `Result`
/// with one. An error is logged and is no verdict: the host allows then, unless
/// the sidecar says `resume_fail = "closed"`.
pub trait Judgement {
    /// What the hook returns to the host; `what` begins the line of the log.
    #[doc(hidden)]
    fn status(self, what: &str) -> i32;
}

impl Judgement for Verdict {
    #[inline]
    fn status(self, _: &str) -> i32 {
        match self {
            Verdict::Allow => DONE,
            Verdict::Refuse => REFUSED,
        }
    }
}

impl<F: Failure> Judgement for Result<Verdict, F> {
    #[inline]
    fn status(self, what: &str) -> i32 {
        match self {
            Ok(verdict) => verdict.status(what),
            Err(failure) => failed(what, &failure),
        }
    }
}

/// An error that a handler may return: what it says is logged, and what the hook
/// returns for it stands in the host's log too.
///
/// ```
/// use sesshook_guest::{Error, Failure};
/// # use core::fmt;
///
/// enum MyError {
///     Host(Error),
///     TooMany,
/// }
///
/// impl Failure for MyError {}
///
/// impl fmt::Display for MyError {
///     fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
///         match self {
///             MyError::Host(e) => e.fmt(f),
///             MyError::TooMany => f.write_str("more peers than I can bear"),
///         }
///     }
/// }
/// ```
pub trait Failure: fmt::Display {
    /// The number that the hook returns: neither 0, which is success, nor 1,
    /// which is a refusal.
    fn code(&self) -> i32 {
        FAILED
    }

    /// Adds what went wrong to a line of the log. The default is what
    /// [`Display`](fmt::Display) says.
    fn describe(&self, line: &mut Line) {
        let _ = fmt::write(line, format_args!("{self}"));
    }
}

impl Failure for Error {
    fn code(&self) -> i32 {
        Error::code(*self).unwrap_or(FAILED)
    }

    // Without core::fmt.
    fn describe(&self, line: &mut Line) {
        line.push(self.text());
    }
}

impl Failure for RecordError {
    // Without core::fmt.
    fn describe(&self, line: &mut Line) {
        line.push(self.text());
    }
}

impl Failure for &str {
    fn describe(&self, line: &mut Line) {
        line.push(self);
    }
}

const DONE: i32 = 0;
const REFUSED: i32 = 1;
const FAILED: i32 = 2;

/// Logs a failure, and returns what the hook returns for it.
#[inline(never)]
pub(crate) fn failed(what: &str, failure: &impl Failure) -> i32 {
    let mut line = Line::new();
    line.push(what);
    line.push(": ");
    failure.describe(&mut line);
    log::write(Level::Error, line.as_str());
    match failure.code() {
        DONE | REFUSED => FAILED,
        code => code,
    }
}
