//! Sessions of the cache. What a plugin gets and gives is *sealed*: opaque bytes
//! that only the farm's hosts can open, unless it has the grant
//! `sessions:secrets`.
//!
//! These functions work in every hook and in `plugin_ready`; elsewhere they are
//! [`Error::Unsupported`]. An id that is empty or longer than
//! [`MAX_ID`](crate::MAX_ID) is [`Error::Invalid`].

use core::time::Duration;

use crate::{buffer, clock, error, sys, Error};

bits! {
    /// What [`insert`] does with an id that is not new.
    pub struct Insert: u32 {
        /// Replaces a present session. Without it that is [`Error::Exists`].
        OVERWRITE = 1,
        /// Accepts an id that has a tombstone. Without it that is
        /// [`Error::Removed`].
        REVIVE = 2,
    }
}

/// The session stored under `id`, written to `buf`. In the handler of an INSERT,
/// REMOVE, GET or RESUME of that id it is the session of the event, even if the
/// cache has lost it since. It makes no event.
///
/// Needs the grant `sessions:read`. Errors: [`Error::NotFound`],
/// [`Error::Invalid`], [`Error::BufferTooSmall`].
#[inline]
pub fn get<'b>(id: &[u8], buf: &'b mut [u8]) -> Result<&'b [u8], Error> {
    buffer::fill(buf, |room| sys::session_get(id, room))
}

/// [`get`], appended to a Vec. Returns how many bytes were.
#[cfg(feature = "alloc")]
pub fn get_into(id: &[u8], to: &mut alloc::vec::Vec<u8>) -> Result<usize, Error> {
    buffer::append(to, |room| sys::session_get(id, room))
}

/// How many bytes the session stored under `id` has.
///
/// Needs the grant `sessions:read`. Errors: [`Error::NotFound`],
/// [`Error::Invalid`].
#[inline]
pub fn len(id: &[u8]) -> Result<usize, Error> {
    error::length(sys::session_get(id, &mut []))
}

/// Stores a session. Sealed bytes are taken only under the id that they were
/// sealed for.
///
/// `life` is from now on, at least 1 ms. `None` is what the session itself says.
/// It can shorten the life of a sealed session, never lengthen it.
///
/// Needs the grant `sessions:write`, and for bytes that are not sealed
/// `sessions:secrets` too. Errors: [`Error::Exists`], [`Error::Removed`],
/// [`Error::TooLarge`], [`Error::Invalid`], [`Error::Denied`].
#[inline]
pub fn insert(id: &[u8], session: &[u8], life: Option<Duration>, flags: Insert) -> Result<(), Error> {
    error::done(sys::session_insert(id, session, clock::milliseconds(life), flags.bits()))
}

/// Removes a session, and keeps it from coming back for the rest of its life.
///
/// [`Error::NotFound`]: there is none. Where a node of this farm has made the
/// id, it can't come from now on either.
///
/// Needs the grant `sessions:write`. Errors: [`Error::NotFound`],
/// [`Error::Invalid`].
#[inline]
pub fn remove(id: &[u8]) -> Result<(), Error> {
    error::done(sys::session_remove(id))
}

/// Has every present session delivered to this plugin as INSERT with
/// [`Flags::EXISTING`](crate::Flags::EXISTING), and every tombstone as REMOVE with
/// it. Returns at once, with the number of sessions that are present now.
///
/// Needs the grant `sessions:read`.
#[inline]
pub fn replay() -> Result<usize, Error> {
    error::length(sys::session_replay())
}
