//! The interpreter of scripts.

use sesshook_guest::{config, metric, Event};

use crate::call::{call, Arguments};
use crate::memory::{self, bytes, load, store, Range};
use crate::view;

const PARAMETER: u32 = 0;
const CONFIG_LENGTH: u32 = 8;
const CALLS: u32 = 0x100;
const CONFIG: u32 = 0x10000;
const CONFIG_SIZE: u32 = 0x1ffff;
const SCRIPT: u32 = 0x30000;
const END: u8 = 0xff;

sesshook_guest::instance! {
    /// The script is in its place.
    static LOADED: bool = false;
}

/// Calls a handler of the script, and returns its result, if it has one.
pub fn run(handler: u8, parameter: u64, event: Option<&Event<'_>>) -> Option<u64> {
    if !LOADED.with(|loaded| core::mem::replace(loaded, true)) {
        decode();
    }
    store(PARAMETER, parameter);
    let count = CALLS + 8 * u32::from(handler);
    let calls = load(count, 8) + 1;
    store(count, calls);

    let mut block = SCRIPT;
    while load(block, 1) != END.into() {
        let (of, nth, size) = (load(block, 1), load(block + 1, 1), load(block + 2, 4) as u32);
        if of == handler.into() && (nth == 0 || nth == calls) {
            let result = Machine { pc: block + 6, event }.block();
            if result.is_some() {
                return result;
            }
        }
        block += 6 + size;
    }
    None
}

/// Reads the configuration and decodes the script.
fn decode() {
    let Ok(json) = config::read(bytes(CONFIG, CONFIG_SIZE)) else { trap() };
    store(CONFIG_LENGTH, json.len() as u64);
    let mut at = SCRIPT;
    let mut found = false;
    let read = config::each(json, |key, value| {
        found = key == "script";
        for pair in value.raw()[1..].chunks_exact(2) {
            bytes(at, 1)[0] = digit(pair[0]) << 4 | digit(pair[1]);
            at += 1;
        }
        Ok(())
    });
    if read.is_err() || !found {
        trap();
    }
    bytes(at, 1)[0] = END;
}

fn digit(c: u8) -> u8 {
    match c {
        b'0'..=b'9' => c - b'0',
        b'a'..=b'f' => c - b'a' + 10,
        _ => trap(),
    }
}

fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

/// One run of a block.
struct Machine<'a> {
    pc: u32,
    event: Option<&'a Event<'a>>,
}

impl Machine<'_> {
    /// Runs until the end, and returns the result, if there is one.
    fn block(mut self) -> Option<u64> {
        loop {
            match self.number(1) {
                0 => return None,
                1 => self.call(),
                2 => self.store(),
                3 => self.fill(),
                4 => self.copy(),
                5 => self.hash(),
                6 => self.equal(),
                7 => self.math(),
                8 => self.jump_if_zero(),
                9 => return Some(self.argument()),
                11 => self.report(),
                12 => self.digits(),
                13 => self.view(),
                _ => trap(),
            }
        }
    }

    /// The next n bytes of the script, as a number.
    fn number(&mut self, n: u32) -> u64 {
        let number = load(self.pc, n);
        self.pc += n;
        number
    }

    fn address(&mut self) -> u32 {
        self.number(4) as u32
    }

    fn argument(&mut self) -> u64 {
        let tag = self.number(1);
        let value = self.number(8);
        let at = value as u32;
        match tag {
            0 => value,
            1 => load(at, 8),
            2 => load(at, 4),
            3 => load(at, 2),
            4 => load(at, 1),
            5 => memory::linear_size().wrapping_add(value),
            _ => trap(),
        }
    }

    fn call(&mut self) {
        let function = self.number(1) as u8;
        let result = self.address();
        let count = self.number(1);
        let mut arguments = Arguments([0; 9]);
        for n in 0..count {
            arguments.0[n as usize] = self.argument();
        }
        store(result, call(function, &arguments) as u64);
    }

    fn store(&mut self) {
        let (to, len) = (self.address(), self.address());
        bytes(to, len).copy_from_slice(bytes(self.pc, len));
        self.pc += len;
    }

    fn fill(&mut self) {
        let (to, byte, len) = (self.argument(), self.argument(), self.argument());
        bytes(to as u32, len as u32).fill(byte as u8);
    }

    fn copy(&mut self) {
        let (to, from, len) = (self.argument() as u32, self.argument() as u32, self.argument() as u32);
        // SAFETY: the script says that there is memory, and that it does not
        // overlap. It may be the end of linear memory, which is nobody's.
        unsafe { core::ptr::copy(memory::pointer(from), memory::pointer(to), len as usize) }
    }

    fn hash(&mut self) {
        let to = self.address();
        let range = self.range();
        let hash = range
            .bytes()
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, &b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        store(to, hash);
    }

    fn equal(&mut self) {
        let to = self.address();
        let (a, b, len) = (self.argument() as u32, self.argument() as u32, self.argument() as u32);
        store(to, (bytes(a, len) == bytes(b, len)).into());
    }

    fn math(&mut self) {
        let which = self.number(1);
        let to = self.address();
        let (x, y) = (self.argument(), self.argument());
        store(
            to,
            match which {
                0 => x.wrapping_add(y),
                1 => x.wrapping_sub(y),
                2 => ((x as i64) < (y as i64)).into(),
                3 => x << 32 | y & 0xffff_ffff,
                _ => trap(),
            },
        );
    }

    fn jump_if_zero(&mut self) {
        let x = self.argument();
        let to = self.address();
        if x == 0 {
            self.pc = to;
        }
    }

    fn report(&mut self) {
        let len = self.number(1) as u32;
        let name = bytes(self.pc, len);
        self.pc += len;
        let value = self.argument();
        let _ = metric::set(core::str::from_utf8(name).unwrap_or_default(), value as i64);
    }

    fn digits(&mut self) {
        let to = self.address();
        let (mut x, n) = (self.argument(), self.argument());
        for digit in bytes(to, n as u32).iter_mut().rev() {
            *digit = b"0123456789abcdef"[(x & 15) as usize];
            x >>= 4;
        }
    }

    fn view(&mut self) {
        let (result, at) = (self.address(), self.address());
        let Some(event) = self.event else { trap() };
        store(result, view::write(at, event));
    }

    fn range(&mut self) -> Range {
        Range {
            at: self.argument() as u32,
            len: self.argument() as u32,
        }
    }
}
