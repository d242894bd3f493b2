use crate::{error, sys, Error};

/// Fills `buf` with bytes from the host's cryptographic source.
///
/// [`Error::TooLarge`]: `buf` has more than 65536 bytes; none was written.
#[inline]
pub fn random_fill(buf: &mut [u8]) -> Result<(), Error> {
    error::done(sys::random_fill(sys::room(buf)))
}
