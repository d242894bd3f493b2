//! The machine of `abi/conformance/MACHINE.md` on the Rust SDK.

#![no_std]

mod call;
mod import;
mod machine;
mod memory;
mod view;

use core::fmt;

use sesshook_guest::{export, Event, Failure, Verdict};

export! {
    event_buffer => buffer,
    _initialize => || { machine::run(0, 0, None); },
    plugin_start => || status(machine::run(1, 0, None)),
    plugin_restore => |len| status(machine::run(3, len as u64, None)),
    plugin_ready => || status(machine::run(4, 0, None)),
    on_session_insert => |e: &Event| handle(5, e),
    on_session_remove => |e: &Event| handle(6, e),
    on_session_get => |e: &Event| handle(7, e),
    on_session_miss => |e: &Event| handle(8, e),
    on_session_resume => resume,
    on_message => |e: &Event| handle(10, e),
    on_tick => |now| status(machine::run(11, now as u64, None)),
    on_events_lost => |count| status(machine::run(12, count, None)),
    plugin_save => || range(machine::run(13, 0, None).unwrap_or(0)),
    plugin_stop => || { machine::run(14, 0, None); },
    on_messages_lost => |e: &Event| handle(15, e),
}

sesshook_guest::instance! {
    /// Bytes of the event buffer.
    static CAPACITY: usize = 0;
}

fn buffer() -> *mut [u8] {
    let buffer = range(machine::run(2, 0, None).unwrap_or(0x1000 << 32 | 4096));
    CAPACITY.with(|capacity| *capacity = buffer.len());
    buffer.cast_mut()
}

/// A range of linear memory, of an address and a length in one number.
fn range(pair: u64) -> *const [u8] {
    core::ptr::slice_from_raw_parts(memory::pointer((pair >> 32) as u32), pair as u32 as usize)
}

/// A number that a hook returns, other than 0.
struct Status(i32);

impl Failure for Status {
    fn code(&self) -> i32 {
        self.0
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script returned a number")
    }
}

fn status(result: Option<u64>) -> Result<(), Status> {
    match result.unwrap_or(0) as i32 {
        0 => Ok(()),
        code => Err(Status(code)),
    }
}

fn handle(handler: u8, event: &Event<'_>) -> Result<(), Status> {
    status(machine::run(handler, parameter(event), Some(event)))
}

fn resume(event: &Event<'_>) -> Result<Verdict, Status> {
    match machine::run(9, parameter(event), Some(event)).unwrap_or(0) as i32 {
        0 => Ok(Verdict::Allow),
        1 => Ok(Verdict::Refuse),
        code => Err(Status(code)),
    }
}

/// What the host has passed to the hook, which the SDK keeps to itself: how many
/// bytes of the record it has written.
fn parameter(event: &Event<'_>) -> u64 {
    view::len(event).min(CAPACITY.with(|capacity| *capacity)) as u64
}
