use core::fmt;

/// A result code of the host that is not success.
///
/// Which function returns which stands with the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is stored under the id or key.
    NotFound,
    /// A session is present under the id, and `OVERWRITE` was not given.
    Exists,
    /// The id has a tombstone, and `REVIVE` was not given.
    Removed,
    /// More bytes than the host stores, sends or gives.
    TooLarge,
    /// Malformed; or a session that was sealed by an unknown key, for another
    /// id, or has expired.
    Invalid,
    /// The plugin does not have the grant.
    Denied,
    /// The other side did not answer in time, or there is none.
    Unavailable,
    /// The function does not work in this phase (session functions in
    /// `plugin_start`, for one), or not on this host.
    Unsupported,
    /// A limit of the plugin is reached.
    Limit,
    /// The value has this many bytes, and the caller's buffer fewer. Nothing
    /// was written to it: call again with a buffer of that size.
    BufferTooSmall(usize),
    /// A negative code that this SDK has no name for, of a later host.
    Unknown(i32),
}

impl Error {
    /// The host's code; `None` for [`Error::BufferTooSmall`], which is a success
    /// to the host.
    pub const fn code(self) -> Option<i32> {
        Some(match self {
            Error::NotFound => -1,
            Error::Exists => -2,
            Error::Removed => -3,
            Error::TooLarge => -4,
            Error::Invalid => -5,
            Error::Denied => -6,
            Error::Unavailable => -7,
            Error::Unsupported => -8,
            Error::Limit => -9,
            Error::Unknown(code) => code,
            Error::BufferTooSmall(_) => return None,
        })
    }

    /// The name that the ABI has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Error::NotFound => "NOT_FOUND",
            Error::Exists => "EXISTS",
            Error::Removed => "REMOVED",
            Error::TooLarge => "TOO_LARGE",
            Error::Invalid => "INVALID",
            Error::Denied => "DENIED",
            Error::Unavailable => "UNAVAILABLE",
            Error::Unsupported => "UNSUPPORTED",
            Error::Limit => "LIMIT",
            Error::BufferTooSmall(_) => "OK",
            Error::Unknown(_) => "UNKNOWN",
        }
    }

    /// What it means, in words.
    pub const fn text(self) -> &'static str {
        match self {
            Error::NotFound => "nothing is stored under this id or key",
            Error::Exists => "a session is present under this id",
            Error::Removed => "the session was removed before",
            Error::TooLarge => "too large",
            Error::Invalid => "invalid argument, or a session sealed by another key or for another id",
            Error::Denied => "the plugin does not have the grant",
            Error::Unavailable => "no answer in time",
            Error::Unsupported => "not supported in this phase or on this host",
            Error::Limit => "a limit of the plugin is reached",
            Error::BufferTooSmall(_) => "the buffer is too small for the value",
            Error::Unknown(_) => "unknown result code of the host",
        }
    }

    /// The error for a negative result code.
    const fn from_code(code: i32) -> Self {
        match code {
            -1 => Error::NotFound,
            -2 => Error::Exists,
            -3 => Error::Removed,
            -4 => Error::TooLarge,
            -5 => Error::Invalid,
            -6 => Error::Denied,
            -7 => Error::Unavailable,
            -8 => Error::Unsupported,
            -9 => Error::Limit,
            _ => Error::Unknown(code),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for Error {}

/// The result of a host function: a length, or for a negative code its error.
#[inline]
pub(crate) const fn length(code: i32) -> Result<usize, Error> {
    if code < 0 {
        Err(Error::from_code(code))
    } else {
        Ok(code as usize)
    }
}

/// [`length`], for a function without one.
#[inline]
pub(crate) const fn done(code: i32) -> Result<(), Error> {
    if code < 0 {
        Err(Error::from_code(code))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_becomes_the_error_that_has_it() {
        for code in [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -77, i32::MIN] {
            let error = length(code).unwrap_err();
            assert_eq!(error.code(), Some(code));
            assert_eq!(matches!(error, Error::Unknown(_)), code < -9, "{code}");
            assert_eq!(done(code), Err(error));
        }
    }

    #[test]
    fn no_number_from_zero_on_is_an_error() {
        assert_eq!(length(0), Ok(0));
        assert_eq!(length(i32::MAX), Ok(0x7fff_ffff));
        assert_eq!(done(12), Ok(()));
    }
}
