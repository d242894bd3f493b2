//! Calls of the plugin's exports, as the host makes them.

use std::cell::Cell;

use super::host::{phase, Host};
use super::Record;
use crate::{record, Flags};

std::thread_local! {
    /// What the plugin has returned the place of.
    static EXPORTED: Cell<(*const u8, usize)> = const { Cell::new((core::ptr::null(), 0)) };
}

/// What an export returns in the place of `ptr << 32 | len`.
pub(crate) fn export(range: *const [u8]) -> i64 {
    EXPORTED.with(|e| e.set((range.cast(), range.len())));
    range.len() as i64
}

impl Host {
    /// Calls `plugin_start` and returns its result.
    pub fn start(&self, start: extern "C" fn() -> i32) -> i32 {
        self.within(phase::START, || start())
    }

    /// Calls `plugin_ready` and returns its result.
    pub fn ready(&self, ready: extern "C" fn() -> i32) -> i32 {
        self.within(phase::EVENT, || ready())
    }

    /// Calls an event hook with a record and returns its result.
    /// [`session::get`](crate::session::get) finds what is stored under the event's
    /// id; [`Host::deliver_with`] gives the event a session of its own.
    pub fn deliver(&self, hook: extern "C" fn(u32) -> i32, record: &Record<'_>) -> i32 {
        self.event(hook, record, None)
    }

    /// [`Host::deliver`], for an event whose session is not, or not any more, what
    /// the cache holds: a removed one, for instance.
    pub fn deliver_with(&self, hook: extern "C" fn(u32) -> i32, record: &Record<'_>, session: &[u8]) -> i32 {
        self.event(hook, record, Some(session.into()))
    }

    fn event(&self, hook: extern "C" fn(u32) -> i32, content: &Record<'_>, session: Option<Vec<u8>>) -> i32 {
        let whole = content.to_bytes();
        let mut buffer = whole.clone();
        let cap = self.0.borrow().buffer;
        if buffer.len() > cap {
            buffer.truncate(cap);
            buffer[5] |= Flags::TRUNCATED.bits();
        }
        let len = buffer.len() as u32;
        record::set(buffer.as_mut_slice());
        {
            let mut state = self.0.borrow_mut();
            state.event = Some(whole);
            state.event_id = content.id.into();
            state.event_session = session;
            state.replied = false;
        }
        let phase = if content.flags.contains(Flags::REQUEST) {
            phase::REQUEST
        } else {
            phase::EVENT
        };
        let result = self.within(phase, || hook(len));
        record::set(&mut []);
        let mut state = self.0.borrow_mut();
        (state.event, state.event_session) = (None, None);
        result
    }

    /// Sets the clock, in ns since the Unix epoch, calls `on_tick` and returns its
    /// result.
    pub fn tick(&self, tick: extern "C" fn(i64) -> i32, now: i64) -> i32 {
        self.set_time(now);
        self.within(phase::EVENT, || tick(now))
    }

    /// Calls `on_events_lost` and returns its result.
    pub fn events_lost(&self, lost: extern "C" fn(i64) -> i32, count: i64) -> i32 {
        self.within(phase::EVENT, || lost(count))
    }

    /// Calls `plugin_save` and returns a copy of the state.
    pub fn save(&self, save: extern "C" fn() -> i64) -> Vec<u8> {
        self.within(phase::STOP, || {
            save();
            let (at, len) = EXPORTED.with(Cell::get);
            // SAFETY: save has just returned this range, which is valid until the
            // next call into the plugin.
            unsafe { core::slice::from_raw_parts(at, len) }.into()
        })
    }

    /// Calls `plugin_restore` with a state and returns its result.
    pub fn restore(&self, restore: extern "C" fn(u32) -> i32, state: &[u8]) -> i32 {
        self.0.borrow_mut().state = state.into();
        self.within(phase::RESTORE, || restore(state.len() as u32))
    }

    /// Calls `plugin_stop`.
    pub fn stop(&self, stop: extern "C" fn()) {
        self.within(phase::STOP, || stop());
    }

    /// Calls `_initialize`.
    pub fn initialize(&self, initialize: extern "C" fn()) {
        self.within(phase::INIT, || initialize());
    }

    fn within<R>(&self, phase: u8, call: impl FnOnce() -> R) -> R {
        let before = std::mem::replace(&mut self.0.borrow_mut().phase, phase);
        let result = call();
        self.0.borrow_mut().phase = before;
        result
    }
}
