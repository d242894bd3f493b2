//! The machine's memory, M, and what an address means.

use core::arch::wasm32;
use core::cell::UnsafeCell;

/// Bytes of M.
pub const SIZE: u32 = 0x80000;

struct Memory(UnsafeCell<[u8; SIZE as usize]>);

// SAFETY: an instance has one thread.
unsafe impl Sync for Memory {}

static M: Memory = Memory(UnsafeCell::new([0; SIZE as usize]));

/// The address in linear memory that an address of a script stands for.
pub fn pointer(at: u32) -> *mut u8 {
    if at < SIZE {
        M.0.get().cast::<u8>().wrapping_add(at as usize)
    } else {
        core::ptr::with_exposed_provenance_mut(at as usize)
    }
}

/// A range of a script, if it lies within M.
#[derive(Clone, Copy)]
pub struct Range {
    pub at: u32,
    pub len: u32,
}

impl Range {
    pub fn within(self) -> bool {
        self.at < SIZE && self.len <= SIZE - self.at
    }

    /// The bytes of a range that lies within M. The machine keeps them for one
    /// instruction only, and writes to them in the order that the script says.
    pub fn bytes(self) -> &'static [u8] {
        self.bytes_mut()
    }

    pub fn bytes_mut(self) -> &'static mut [u8] {
        assert!(self.within());
        // SAFETY: it is memory of M, and see above.
        unsafe { core::slice::from_raw_parts_mut(pointer(self.at), self.len as usize) }
    }
}

/// M from `at` on, as long as it is.
pub fn bytes(at: u32, len: u32) -> &'static mut [u8] {
    Range { at, len }.bytes_mut()
}

/// What a number of n bytes at an address of M is.
pub fn load(at: u32, n: u32) -> u64 {
    let mut number = [0; 8];
    number[..n as usize].copy_from_slice(bytes(at, n));
    u64::from_le_bytes(number)
}

pub fn store(at: u32, value: u64) {
    bytes(at, 8).copy_from_slice(&value.to_le_bytes());
}

/// Bytes of linear memory.
pub fn linear_size() -> u64 {
    wasm32::memory_size(0) as u64 * 0x10000
}
