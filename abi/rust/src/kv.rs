//! The plugin's own keys: shared by its instances, kept over reloads and faults,
//! and on a farm shared with the plugin of the same name on every node. A key has
//! 1 to 256 bytes.
//!
//! They need the grant `kv`, and work everywhere but in `_initialize`.
//! [`Error::Unavailable`]: the farm's store did not answer in time.

use core::time::Duration;

use crate::{buffer, clock, error, sys, Error};

/// The value under `key`, written to `buf`.
///
/// Errors: [`Error::NotFound`], [`Error::Invalid`], [`Error::Unavailable`],
/// [`Error::BufferTooSmall`].
#[inline]
pub fn get<'b>(key: &[u8], buf: &'b mut [u8]) -> Result<&'b [u8], Error> {
    buffer::fill(buf, |room| sys::kv_get(key, room))
}

/// [`get`], appended to a Vec. Returns how many bytes were.
#[cfg(feature = "alloc")]
pub fn get_into(key: &[u8], to: &mut alloc::vec::Vec<u8>) -> Result<usize, Error> {
    buffer::append(to, |room| sys::kv_get(key, room))
}

/// Puts a value of at most 65536 bytes under `key`, in place of the one that is
/// there. `life` is at least 1 ms; `None` is without an end.
///
/// Errors: [`Error::Invalid`], [`Error::TooLarge`], [`Error::Limit`],
/// [`Error::Unavailable`].
#[inline]
pub fn put(key: &[u8], value: &[u8], life: Option<Duration>) -> Result<(), Error> {
    error::done(sys::kv_put(key, value, clock::milliseconds(life)))
}

/// Deletes `key`.
///
/// Errors: [`Error::NotFound`], [`Error::Invalid`], [`Error::Unavailable`].
#[inline]
pub fn delete(key: &[u8]) -> Result<(), Error> {
    error::done(sys::kv_delete(key))
}
