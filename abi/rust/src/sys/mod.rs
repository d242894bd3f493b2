//! The lowest layer: one function for each host function of `abi/SPEC.md`. In a
//! WebAssembly build they are the imports, in a native one they go to the
//! [`fake`](crate::fake) host of the thread. They translate nothing.

use core::mem::MaybeUninit;

#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::*;

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::*;

/// A buffer that the host writes to and never reads, so that it may be
/// uninitialized: `(buf, cap)` of the ABI.
pub(crate) type Room = [MaybeUninit<u8>];

/// The room of a slice. Nobody may write anything uninitialized to it: hosts
/// don't.
pub(crate) fn room(buf: &mut [u8]) -> &mut Room {
    // SAFETY: the layout is the same, and what is written to it is initialized.
    unsafe { &mut *(buf as *mut [u8] as *mut Room) }
}
