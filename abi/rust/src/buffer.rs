//! Values that the host writes to a buffer of the caller.

use crate::sys::{room, Room};
use crate::{error, Error};

/// Has `read` write a value to `buf`. It returns the value's length, which it
/// has written only if it fits, or a negative code.
#[inline]
pub(crate) fn fill(buf: &mut [u8], read: impl FnOnce(&mut Room) -> i32) -> Result<&[u8], Error> {
    let len = error::length(read(room(buf)))?;
    buf.get(..len).ok_or(Error::BufferTooSmall(len))
}

/// [`fill`] at the end of a Vec, which grows where it must: then `read` is
/// called again. Returns how many bytes were appended.
#[cfg(feature = "alloc")]
pub(crate) fn append(to: &mut alloc::vec::Vec<u8>, mut read: impl FnMut(&mut Room) -> i32) -> Result<usize, Error> {
    loop {
        let spare = to.spare_capacity_mut();
        let cap = spare.len();
        let len = error::length(read(spare))?;
        if len <= cap {
            // SAFETY: the host has written that many bytes, for which there is room.
            unsafe { to.set_len(to.len() + len) };
            return Ok(len);
        }
        to.reserve(len);
    }
}
