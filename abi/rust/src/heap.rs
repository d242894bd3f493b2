//! The global allocator of a plugin that is `no_std` and allocates: free lists
//! of blocks whose sizes are powers of two. Each call takes a fixed time, blocks
//! of one size are used again for that size, and none are joined, so memory
//! grows to what the plugin needed at most of each size, and no further.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr;

const PAGE: usize = 1 << 16;
/// Sizes are from 16 bytes to 2 GiB.
const SMALLEST: u32 = 4;
const CLASSES: usize = 32 - SMALLEST as usize;

struct Heap(UnsafeCell<State>);

struct State {
    /// For each size, the first free block, which holds the address of the next.
    free: [*mut u8; CLASSES],
    /// Memory that was never used. 0 at first.
    fresh: usize,
    end: usize,
}

// SAFETY: an instance has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(State {
    free: [ptr::null_mut(); CLASSES],
    fresh: 0,
    end: 0,
}));

// SAFETY: a block is as large as its class, lies at a multiple of its size, and
// is in one list or in one owner's hands.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class_of(layout);
        // SAFETY: there is no other thread, and nothing here calls itself.
        let state = unsafe { &mut *self.0.get() };
        let Some(first) = state.free.get_mut(class) else { return ptr::null_mut() };
        let block = *first;
        if block.is_null() {
            return state.take(1 << (class as u32 + SMALLEST));
        }
        // SAFETY: dealloc has written it there.
        *first = unsafe { *block.cast() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in alloc. The block has room for an address.
        unsafe {
            let first = &mut (*self.0.get()).free[class_of(layout)];
            *block.cast() = *first;
            *first = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's alignment was valid before, and size is not 0.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if class_of(wanted) == class_of(layout) {
            return block;
        }
        // SAFETY: both are blocks of their size.
        unsafe {
            let new = self.alloc(wanted);
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, size.min(layout.size()));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

/// The class of the smallest blocks that are large enough. No class is as large
/// as the whole memory: the number is then one that is not there.
fn class_of(layout: Layout) -> usize {
    let size = layout.size().max(layout.align()).max(1 << SMALLEST);
    ((size - 1).ilog2() + 1 - SMALLEST) as usize
}

impl State {
    /// Takes a block that was never used; null where memory can't grow.
    #[inline(never)]
    fn take(&mut self, size: usize) -> *mut u8 {
        let align = size.min(PAGE);
        loop {
            let at = (self.fresh + align - 1) & !(align - 1);
            if let Some(behind) = at.checked_add(size).filter(|&behind| behind <= self.end) {
                self.free_until(at);
                self.fresh = behind;
                return ptr::with_exposed_provenance_mut(at);
            }
            if !self.grow(size) {
                return ptr::null_mut();
            }
        }
    }

    /// Makes free blocks of what has to be left out in front of an aligned one.
    fn free_until(&mut self, at: usize) {
        while self.fresh < at {
            let class = self.fresh.trailing_zeros();
            let block: *mut u8 = ptr::with_exposed_provenance_mut(self.fresh);
            let first = &mut self.free[(class - SMALLEST) as usize];
            // SAFETY: nobody else has this block, and it has room for an address.
            unsafe { *block.cast() = *first };
            *first = block;
            self.fresh += 1 << class;
        }
    }

    /// Gets as many pages as `size` needs, behind those that are there: somebody
    /// else may have got some in between.
    fn grow(&mut self, size: usize) -> bool {
        let pages = size.div_ceil(PAGE);
        let before = memory_size(0);
        if memory_grow(0, pages) == usize::MAX {
            return false;
        }
        if self.end != before * PAGE {
            self.fresh = before * PAGE;
        }
        self.end = (before + pages) * PAGE;
        true
    }
}
