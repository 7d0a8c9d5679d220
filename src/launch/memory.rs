//! Memory of a process that is about to become another: handed out in order from one piece, and given back
//! only where that costs nothing. What exceeds the piece comes from the C library.
//!
//! A quarter of what pfx did before its command started was malloc(3) and free(3).

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a run with a hundred secrets needs, twice. The kernel gives only the pages that are used.
const SIZE: usize = 512 << 10;

/// How everything is aligned. malloc(3) promises as much, and nix's `sendmsg` takes it for granted of a
/// vector of bytes.
const LEAST: usize = align_of::<usize>();

/// The allocator of the whole program.
#[repr(align(64))]
pub struct Memory {
    piece: UnsafeCell<[u8; SIZE]>,
    /// How much of the piece is handed out.
    used: AtomicUsize,
}

// SAFETY: the piece is only reached through pointers that were handed out, and `used`, which is atomic, hands
// out each byte to one owner.
unsafe impl Sync for Memory {}

impl Memory {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "there is one, and it is a static")]
    #[expect(clippy::large_stack_arrays, reason = "it is made when pfx is compiled")]
    pub const fn new() -> Self {
        Self { piece: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) }
    }

    /// Where in the piece `pointer` points to; `None` if it is the C library's.
    fn offset(&self, pointer: *mut u8) -> Option<usize> {
        let offset = (pointer as usize).wrapping_sub(self.piece.get() as usize);
        (offset < SIZE).then_some(offset)
    }
}

// SAFETY: `alloc` hands out bytes of the piece that lie behind all that is handed out, aligned as asked,
// or what `System` gives. `dealloc` and `realloc` give back or extend only what lies at the very end, by a
// compare-and-exchange that fails if another thread was handed something behind it.
// Not inlined: a third of a megabyte of code, and what is not loaded is not waited for.
unsafe impl GlobalAlloc for Memory {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.piece.get() as usize;
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let start = (base + used).next_multiple_of(layout.align().max(LEAST)) - base;
            let Some(end) = start.checked_add(layout.size()).filter(|&end| end <= SIZE) else {
                // SAFETY: as our own caller promises.
                return unsafe { System.alloc(layout) };
            };
            match self.used.compare_exchange_weak(used, end, Ordering::Relaxed, Ordering::Relaxed) {
                // SAFETY: `start` lies in the piece.
                Ok(_) => return unsafe { self.piece.get().cast::<u8>().add(start) },
                Err(now) => used = now,
            }
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match self.offset(pointer) {
            Some(start) => {
                let end = start + layout.size();
                let _ =
                    self.used.compare_exchange(end, start, Ordering::Relaxed, Ordering::Relaxed);
            }
            // SAFETY: it is not ours, so it is `System`'s.
            None => unsafe { System.dealloc(pointer, layout) },
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(start) = self.offset(pointer) else {
            // SAFETY: it is not ours, so it is `System`'s.
            return unsafe { System.realloc(pointer, layout, size) };
        };
        let (end, wanted) = (start + layout.size(), start.saturating_add(size));
        let fits = wanted <= SIZE
            && self
                .used
                .compare_exchange(end, wanted, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if fits {
            return pointer;
        }
        // SAFETY: the size is not zero and does not overflow, as our caller promises of `size`.
        let other = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !other.is_null() {
            // SAFETY: both are as long as the shorter of the two, and apart.
            unsafe { pointer.copy_to_nonoverlapping(other, layout.size().min(size)) };
            // SAFETY: `pointer` is of `layout`, and not used any more.
            unsafe { self.dealloc(pointer, layout) };
        }
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn what_is_handed_out_is_aligned_and_apart_and_keeps_its_bytes_when_it_grows() {
        let memory = Box::new(Memory::new());
        // SAFETY: each pointer is used within its layout, and given back once or not at all.
        unsafe {
            let first = memory.alloc(layout(3, 1));
            first.write_bytes(7, 3);
            let second = memory.alloc(layout(8, 64));
            assert_eq!(second as usize % 64, 0);
            let grown = memory.realloc(first, layout(3, 1), 100);
            assert!(grown > second && *grown.add(2) == 7);
            assert_eq!(
                memory.realloc(grown, layout(100, 1), 200),
                grown,
                "the last grows in place"
            );
            memory.dealloc(grown, layout(200, 1));
            assert_eq!(memory.alloc(layout(1, 1)), grown, "the last is given back");
        }
    }

    #[test]
    fn what_does_not_fit_comes_from_the_c_library_and_goes_back_there() {
        let memory = Box::new(Memory::new());
        // SAFETY: each pointer is used within its layout, and given back once or not at all.
        unsafe {
            let inside = memory.alloc(layout(SIZE - 1, 1));
            inside.write_bytes(9, SIZE - 1);
            let outside = memory.alloc(layout(2, 1));
            assert_eq!(memory.offset(inside), Some(0));
            assert_eq!(memory.offset(outside), None);
            let outside = memory.realloc(outside, layout(2, 1), 4000);
            memory.dealloc(outside, layout(4000, 1));
            let moved = memory.realloc(inside, layout(SIZE - 1, 1), SIZE + 1);
            assert!(memory.offset(moved).is_none() && *moved.add(SIZE - 2) == 9);
            memory.dealloc(moved, layout(SIZE + 1, 1));
        }
    }
}
