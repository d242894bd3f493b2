//! The panic handler of a plugin that is `no_std`.

use core::fmt::Write;
use core::panic::PanicInfo;

use crate::log::{self, Line};
use crate::Level;

/// Logs what and where, then traps: the host logs the stack, discards the
/// instance and starts another.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut line = Line::new();
    line.push("panicked");
    if let Some(place) = info.location() {
        let _ = write!(line, " at {place}");
    }
    let _ = write!(line, ": {}", info.message());
    log::write(Level::Error, line.as_str());
    core::arch::wasm32::unreachable()
}
