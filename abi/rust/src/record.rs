//! Where the host leaves the record of an event, and how it becomes an [`Event`].

use core::cell::Cell;

use crate::{instance, Event, Flags, RecordError, HEADER_SIZE};

instance::global! {
    /// The event buffer: nothing, until the host has asked for it.
    static BUFFER: Cell<*mut [u8]> = Cell::new(core::ptr::slice_from_raw_parts_mut(core::ptr::NonNull::dangling().as_ptr(), 0));
}

/// Makes `buffer` the event buffer.
pub(crate) fn set(buffer: *mut [u8]) {
    BUFFER.with(|b| b.set(buffer));
}

/// Calls `handler` with the event whose record has `len` bytes in the buffer.
#[inline]
pub(crate) fn with<R>(len: u32, handler: impl FnOnce(&Event<'_>) -> R) -> Result<R, RecordError> {
    let record = load(len)?;
    Event::parse(record.bytes()).map(|event| handler(&event))
}

/// Finds the record of `len` bytes, and reads the rest where the buffer has only
/// its beginning. Apart, so that it is in a module once.
#[inline(never)]
fn load(len: u32) -> Result<Record, RecordError> {
    let buffer = BUFFER.with(Cell::get);
    // SAFETY: the buffer was made known to the host, which writes to it between
    // two calls only. Nobody else does.
    let record = unsafe { &*buffer }.get(..len as usize).ok_or(RecordError::Short)?;
    if record.len() >= HEADER_SIZE && Flags::from_bits(record[5]).contains(Flags::TRUNCATED) {
        return Record::whole();
    }
    Ok(Record::new(record))
}

#[cfg(feature = "alloc")]
mod kept {
    use super::*;
    use crate::{buffer, sys};
    use alloc::vec::Vec;

    instance::global! {
        /// Grows to the longest record that did not fit into the event buffer, and
        /// is reused.
        static WHOLE: Cell<Vec<u8>> = Cell::new(Vec::new());
    }

    /// The bytes of a record, while a handler looks at them.
    pub(super) enum Record {
        Buffer(&'static [u8]),
        Whole(Vec<u8>),
    }

    impl Record {
        pub fn new(record: &'static [u8]) -> Self {
            Record::Buffer(record)
        }

        /// Reads the current one.
        pub fn whole() -> Result<Self, RecordError> {
            let mut record = WHOLE.with(Cell::take);
            record.clear();
            let read = buffer::append(&mut record, |room| sys::event_read(0, room));
            let record = Record::Whole(record);
            read.map(|_| record).map_err(RecordError::Host)
        }

        #[inline]
        pub fn bytes(&self) -> &[u8] {
            match self {
                Record::Buffer(record) => record,
                Record::Whole(record) => record,
            }
        }
    }

    impl Drop for Record {
        #[inline]
        fn drop(&mut self) {
            if let Record::Whole(record) = self {
                WHOLE.with(|whole| whole.set(core::mem::take(record)));
            }
        }
    }
}

#[cfg(not(feature = "alloc"))]
mod kept {
    use super::*;

    pub(super) struct Record(&'static [u8]);

    impl Record {
        #[inline]
        pub fn new(record: &'static [u8]) -> Self {
            Record(record)
        }

        pub fn whole() -> Result<Self, RecordError> {
            Err(RecordError::TooLong)
        }

        #[inline]
        pub fn bytes(&self) -> &[u8] {
            self.0
        }
    }
}

use kept::Record;
