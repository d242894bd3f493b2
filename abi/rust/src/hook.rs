//! What `export!` calls: from what the host passes to what a handler takes, and
//! back. Not for authors.

use crate::outcome::{failed, Judgement, Outcome};
use crate::{record, Event, RecordError};

/// The body of every event hook but `on_session_resume`.
#[inline]
pub fn event<O: Outcome>(len: u32, handler: impl FnOnce(&Event<'_>) -> O) -> i32 {
    record::with(len, |event| handler(event).status(event.kind().name())).unwrap_or_else(unreadable)
}

/// The body of `on_session_resume`.
#[inline]
pub fn resume<J: Judgement>(len: u32, handler: impl FnOnce(&Event<'_>) -> J) -> i32 {
    record::with(len, |event| handler(event).status(event.kind().name())).unwrap_or_else(unreadable)
}

#[cold]
fn unreadable(error: RecordError) -> i32 {
    failed("event record", &error)
}

/// The body of `on_tick`.
#[inline]
pub fn tick<O: Outcome>(now: i64, handler: impl FnOnce(i64) -> O) -> i32 {
    handler(now).status("tick")
}

/// The body of `on_events_lost`.
#[inline]
pub fn events_lost<O: Outcome>(count: i64, handler: impl FnOnce(u64) -> O) -> i32 {
    handler(count as u64).status("events lost")
}

/// The body of `plugin_start` and `plugin_ready`.
#[inline]
pub fn run<O: Outcome>(handler: impl FnOnce() -> O, what: &str) -> i32 {
    handler().status(what)
}

/// The body of `plugin_restore`.
#[inline]
pub fn restore<O: Outcome>(len: u32, handler: impl FnOnce(usize) -> O) -> i32 {
    handler(len as usize).status("restore")
}

/// The body of `plugin_save`.
#[inline]
pub fn save<S: Saved>(handler: impl FnOnce() -> S) -> i64 {
    pack(handler().range())
}

/// The body of `event_buffer`.
#[inline]
pub fn event_buffer(buffer: *mut [u8]) -> i64 {
    record::set(buffer);
    pack(buffer)
}

/// The memory that an event buffer is made of.
pub struct Buffer<const N: usize>(core::cell::UnsafeCell<[u8; N]>);

// SAFETY: an instance has one thread; in a native build nobody uses it.
unsafe impl<const N: usize> Sync for Buffer<N> {}

impl<const N: usize> Buffer<N> {
    /// N bytes.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        assert!(N >= crate::MIN_EVENT_BUFFER, "an event buffer has at least 512 bytes");
        Buffer(core::cell::UnsafeCell::new([0; N]))
    }

    /// Where it lies.
    #[inline]
    pub const fn range(&'static self) -> *mut [u8] {
        self.0.get()
    }
}

/// What a handler of `plugin_save` may return: see [`export!`](crate::export).
pub trait Saved {
    /// Where it lies, until the host has copied it.
    fn range(self) -> *const [u8];
}

impl Saved for &'static [u8] {
    #[inline]
    fn range(self) -> *const [u8] {
        self
    }
}

impl<const N: usize> Saved for &'static [u8; N] {
    #[inline]
    fn range(self) -> *const [u8] {
        self
    }
}

impl Saved for *const [u8] {
    #[inline]
    fn range(self) -> *const [u8] {
        self
    }
}

#[cfg(feature = "alloc")]
impl Saved for alloc::vec::Vec<u8> {
    fn range(self) -> *const [u8] {
        let range: *const [u8] = self.as_slice();
        SAVED.with(|saved| saved.set(self));
        range
    }
}

#[cfg(feature = "alloc")]
crate::instance::global! {
    /// Keeps what was saved until the host has copied it.
    static SAVED: core::cell::Cell<alloc::vec::Vec<u8>> = core::cell::Cell::new(alloc::vec::Vec::new());
}

/// `ptr << 32 | len`.
#[cfg(target_arch = "wasm32")]
#[inline]
fn pack(range: *const [u8]) -> i64 {
    ((range.cast::<u8>() as u64) << 32 | range.len() as u64) as i64
}

/// In a native build a pointer has too many bits: the fake host is told instead.
#[cfg(not(target_arch = "wasm32"))]
fn pack(range: *const [u8]) -> i64 {
    crate::fake::export(range)
}
