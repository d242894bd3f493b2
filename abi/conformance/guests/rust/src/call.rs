//! Calls of host functions, by their number: through the SDK, and where that
//! can't say what the script wants, as they are.

use core::time::Duration;

use sesshook_guest::session::Insert;
use sesshook_guest::{config, event, kv, log, message, metric, node_id, now, random_fill, session, state, Error, Level, Piece};

use crate::import;
use crate::memory::{pointer, Range};

/// The arguments of a call.
pub struct Arguments(pub [u64; 9]);

impl Arguments {
    fn u32(&self, n: usize) -> u32 {
        self.0[n] as u32
    }

    fn i64(&self, n: usize) -> i64 {
        self.0[n] as i64
    }

    /// The range whose address is argument n, and whose length the next.
    fn range(&self, n: usize) -> Range {
        Range {
            at: self.u32(n),
            len: self.u32(n + 1),
        }
    }

    /// A range of text.
    fn text(&self, n: usize) -> Option<&'static str> {
        let range = self.range(n);
        range.within().then(|| core::str::from_utf8(range.bytes()).ok())?
    }

    fn pointer(&self, n: usize) -> *mut u8 {
        pointer(self.u32(n))
    }

    /// Whether the ranges whose addresses are these arguments lie within M.
    fn within(&self, ranges: &[usize]) -> bool {
        ranges.iter().all(|&n| self.range(n).within())
    }
}

/// The number that the host function returned.
trait Code {
    fn code(self) -> i64;
}

impl Code for Error {
    fn code(self) -> i64 {
        match self {
            Error::BufferTooSmall(len) => len as i64,
            other => other.code().map_or(0, i64::from),
        }
    }
}

impl Code for Result<(), Error> {
    fn code(self) -> i64 {
        self.map_or_else(Code::code, |()| 0)
    }
}

impl Code for Result<usize, Error> {
    fn code(self) -> i64 {
        self.map_or_else(Code::code, |len| len as i64)
    }
}

impl Code for Result<&[u8], Error> {
    fn code(self) -> i64 {
        self.map(<[u8]>::len).code()
    }
}

impl Code for Result<Piece<'_>, Error> {
    fn code(self) -> i64 {
        self.map(|piece| piece.bytes.len() + piece.more).code()
    }
}

/// A duration of the ABI, where 0 is none.
fn duration(ms: i64) -> Option<Option<Duration>> {
    let ms = u64::try_from(ms).ok()?;
    Some((ms > 0).then(|| Duration::from_millis(ms)))
}

fn insert_flags(bits: u32) -> Option<Insert> {
    let flags = Insert::from_bits(bits);
    (Insert::OVERWRITE | Insert::REVIVE).contains(flags).then_some(flags)
}

fn level(number: i32) -> Option<Level> {
    [Level::Debug, Level::Info, Level::Warn, Level::Error].into_iter().find(|&l| l as i32 == number)
}

/// Calls function number `function`.
pub fn call(function: u8, a: &Arguments) -> i64 {
    match function {
        0 => session_get(a),
        1 => session_insert(a),
        2 => session_remove(a),
        3 => session::replay().code(),
        4 => message_publish(a),
        5 => message_request(a),
        6 => message_reply(a),
        7 => message_subscribe(a),
        8 => kv_get(a),
        9 => kv_put(a),
        10 => kv_delete(a),
        11 => metric_add(a),
        12 => metric_set(a),
        13 => config_get(a),
        14 => state_read(a),
        15 => event_read(a),
        16 => get_node_id(a),
        17 => write_log(a),
        18 => log_enabled(a),
        19 => now(),
        20 => fill_random(a),
        _ => core::arch::wasm32::unreachable(),
    }
}

// SAFETY, of every import below: the host checks what it is given, and traps.

fn session_get(a: &Arguments) -> i64 {
    if a.within(&[0, 2]) {
        return session::get(a.range(0).bytes(), a.range(2).bytes_mut()).code();
    }
    unsafe { import::session_get(a.pointer(0), a.u32(1), a.pointer(2), a.u32(3)) }.into()
}

fn session_insert(a: &Arguments) -> i64 {
    if let (true, Some(life), Some(flags)) = (a.within(&[0, 2]), duration(a.i64(4)), insert_flags(a.u32(5))) {
        return session::insert(a.range(0).bytes(), a.range(2).bytes(), life, flags).code();
    }
    unsafe { import::session_insert(a.pointer(0), a.u32(1), a.pointer(2), a.u32(3), a.i64(4), a.u32(5)) }.into()
}

fn session_remove(a: &Arguments) -> i64 {
    if a.within(&[0]) {
        return session::remove(a.range(0).bytes()).code();
    }
    unsafe { import::session_remove(a.pointer(0), a.u32(1)) }.into()
}

fn message_publish(a: &Arguments) -> i64 {
    if let (Some(topic), true) = (a.text(0), a.within(&[2, 4])) {
        return message::publish(topic, a.range(2).bytes(), a.range(4).bytes()).code();
    }
    unsafe { import::message_publish(a.pointer(0), a.u32(1), a.pointer(2), a.u32(3), a.pointer(4), a.u32(5)) }.into()
}

fn message_request(a: &Arguments) -> i64 {
    if let (Some(topic), true, Some(timeout)) = (a.text(0), a.within(&[2, 4, 6]), duration(a.u32(8).into())) {
        return message::request(topic, a.range(2).bytes(), a.range(4).bytes(), a.range(6).bytes_mut(), timeout).code();
    }
    unsafe {
        import::message_request(
            a.pointer(0),
            a.u32(1),
            a.pointer(2),
            a.u32(3),
            a.pointer(4),
            a.u32(5),
            a.pointer(6),
            a.u32(7),
            a.u32(8),
        )
    }
    .into()
}

fn message_reply(a: &Arguments) -> i64 {
    if a.within(&[0]) {
        return message::reply(a.range(0).bytes()).code();
    }
    unsafe { import::message_reply(a.pointer(0), a.u32(1)) }.into()
}

fn message_subscribe(a: &Arguments) -> i64 {
    if let Some(topic) = a.text(0) {
        return message::subscribe(topic).code();
    }
    unsafe { import::message_subscribe(a.pointer(0), a.u32(1)) }.into()
}

fn kv_get(a: &Arguments) -> i64 {
    if a.within(&[0, 2]) {
        return kv::get(a.range(0).bytes(), a.range(2).bytes_mut()).code();
    }
    unsafe { import::kv_get(a.pointer(0), a.u32(1), a.pointer(2), a.u32(3)) }.into()
}

fn kv_put(a: &Arguments) -> i64 {
    if let (true, Some(life)) = (a.within(&[0, 2]), duration(a.i64(4))) {
        return kv::put(a.range(0).bytes(), a.range(2).bytes(), life).code();
    }
    unsafe { import::kv_put(a.pointer(0), a.u32(1), a.pointer(2), a.u32(3), a.i64(4)) }.into()
}

fn kv_delete(a: &Arguments) -> i64 {
    if a.within(&[0]) {
        return kv::delete(a.range(0).bytes()).code();
    }
    unsafe { import::kv_delete(a.pointer(0), a.u32(1)) }.into()
}

fn metric_add(a: &Arguments) -> i64 {
    if let Some(name) = a.text(0) {
        return metric::add(name, a.i64(2)).code();
    }
    unsafe { import::metric_add(a.pointer(0), a.u32(1), a.i64(2)) }.into()
}

fn metric_set(a: &Arguments) -> i64 {
    if let Some(name) = a.text(0) {
        return metric::set(name, a.i64(2)).code();
    }
    unsafe { import::metric_set(a.pointer(0), a.u32(1), a.i64(2)) }.into()
}

fn config_get(a: &Arguments) -> i64 {
    if a.within(&[0]) {
        return config::read(a.range(0).bytes_mut()).code();
    }
    unsafe { import::config_get(a.pointer(0), a.u32(1)) }.into()
}

fn state_read(a: &Arguments) -> i64 {
    if a.within(&[1]) {
        return state::read(a.u32(0), a.range(1).bytes_mut()).code();
    }
    unsafe { import::state_read(a.u32(0), a.pointer(1), a.u32(2)) }.into()
}

fn event_read(a: &Arguments) -> i64 {
    if a.within(&[1]) {
        return event::read(a.u32(0), a.range(1).bytes_mut()).code();
    }
    unsafe { import::event_read(a.u32(0), a.pointer(1), a.u32(2)) }.into()
}

/// The SDK always has room for it.
fn get_node_id(a: &Arguments) -> i64 {
    let range = a.range(0);
    if range.within() && range.len as usize == sesshook_guest::NODE_ID_SIZE {
        let id = node_id();
        range.bytes_mut().copy_from_slice(&id);
        return id.len() as i64;
    }
    unsafe { import::node_id(a.pointer(0), a.u32(1)) }.into()
}

fn write_log(a: &Arguments) -> i64 {
    if let (Some(level), true) = (level(a.u32(0) as i32), a.within(&[1])) {
        log::write(level, a.range(1).bytes());
        return 0;
    }
    unsafe { import::log(a.u32(0) as i32, a.pointer(1), a.u32(2)) };
    0
}

fn log_enabled(a: &Arguments) -> i64 {
    if let Some(level) = level(a.u32(0) as i32) {
        return log::enabled(level).into();
    }
    unsafe { import::log_enabled(a.u32(0) as i32) }.into()
}

fn fill_random(a: &Arguments) -> i64 {
    if a.within(&[0]) {
        return random_fill(a.range(0).bytes_mut()).code();
    }
    unsafe { import::random_fill(a.pointer(0), a.u32(1)) }.into()
}
