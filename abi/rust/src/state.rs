//! What the predecessor's `plugin_save` gave, for `plugin_restore`. The
//! predecessor may have been another version of the plugin: begin a state with a
//! version number.

use crate::{error, sys, Error, Piece};

/// Reads the state from `offset` on. At the end and beyond, the piece is empty.
///
/// [`Error::Unsupported`] outside of `plugin_restore`.
#[inline]
pub fn read(offset: u32, buf: &mut [u8]) -> Result<Piece<'_>, Error> {
    let remain = error::length(sys::state_read(offset, sys::room(buf)))?;
    Ok(Piece::new(buf, remain))
}

/// Appends the whole state to a Vec. Returns how many bytes it had.
#[cfg(feature = "alloc")]
pub fn read_into(to: &mut alloc::vec::Vec<u8>) -> Result<usize, Error> {
    crate::buffer::append(to, |room| sys::state_read(0, room))
}
