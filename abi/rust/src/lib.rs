//! The Rust SDK for plugins: what `abi/SPEC.md` describes in numbers and
//! pointers, as functions, errors and slices. It has no dependencies and is
//! `no_std`; plugins may be either.
//!
//! # A plugin
//!
//! ```
//! use sesshook_guest::{export, info, log::Text, metric, Error, Event};
//!
//! export! {
//!     on_session_insert => inserted,
//! }
//!
//! fn inserted(event: &Event) -> Result<(), Error> {
//!     info!("a session for {}", Text(event.server_name()));
//!     metric::add("inserted", 1)
//! }
//! # fn main() {}
//! ```
//!
//! It is a library of the crate type `cdylib` for the target
//! `wasm32-unknown-unknown`. `README.md` goes from an empty folder to a loaded
//! plugin.
//!
//! The host reads from a module's exports which hooks it has, and from its
//! imports which grants it needs. Both are in the module only where the plugin
//! uses them.
//!
//! # Where things are
//!
//! - [`export!`] declares the hooks; an [`Event`] is what most of them are given.
//! - [`session`], [`message`], [`kv`], [`metric`], [`config`], [`log`](mod@log), [`state`],
//!   [`event`], [`node_id`], [`now`] and [`random_fill`] are the host's functions.
//! - [`instance!`] declares what the plugin keeps from one call to the next.
//! - [`fake`] is a host for unit tests.
//!
//! # Memory
//!
//! The SDK allocates nothing, unless a function has a `Vec` in its signature.
//! Functions that give bytes write them to a slice of the caller, and return the
//! part of it that they have written:
//!
//! ```no_run
//! # use sesshook_guest::{session, Error, Event};
//! # fn handle(event: &Event) -> Result<(), Error> {
//! let mut buf = [0; 4096];
//! let session = session::get(event.id(), &mut buf)?;
//! # let _ = session; Ok(()) }
//! ```
//!
//! Where it does not fit, nothing is written, and [`Error::BufferTooSmall`] says
//! how many bytes there are. With the feature `alloc` there are functions that
//! append to a `Vec`, which grows: [`session::get_into`] and its like.
//!
//! # Errors
//!
//! A result code of the host is an [`Error`]; codes of later hosts are errors
//! too. An error that a handler returns is logged, and counted by the host as the
//! plugin's. A panic is a trap: the host discards the instance, starts another,
//! and logs the stack, in which the functions have their names if the module has
//! not been stripped of them (`strip = "debuginfo"` keeps them).
//!
//! # Features
//!
//! - `alloc`: functions with a `Vec`; records that are longer than the event
//!   buffer are read whole.
//! - `panic-handler`: for a plugin that is `no_std`, the panic handler that such a
//!   program must have: it logs message and place, then traps. It brings
//!   `core::fmt` into the module, 5 KB. A plugin without it has its own:
//!   `#[panic_handler] fn panic(_: &PanicInfo) -> ! { core::arch::wasm32::unreachable() }`
//!   is the smallest, and says no less of the place than the stack does.
//! - `allocator`: for a plugin that is `no_std`, a small global allocator.
//!
//! With `std` neither is needed, and neither may be there: `std` has its own.
//!
//! # Concurrency
//!
//! The host calls one function of an instance at a time, and never while another
//! has not returned. With several instances, each has a memory of its own.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![deny(missing_docs)]
#![warn(unsafe_op_in_unsafe_fn)]

#[cfg(feature = "alloc")]
extern crate alloc;

#[macro_use]
mod numbered;
#[macro_use]
mod instance;

mod buffer;
mod clock;
pub mod config;
mod error;
pub mod event;
mod export;
#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
mod flags;
mod format;
#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
mod heap;
#[doc(hidden)]
pub mod hook;
mod kind;
pub mod kv;
mod level;
pub mod log;
pub mod message;
pub mod metric;
mod node;
mod origin;
mod outcome;
#[cfg(all(target_arch = "wasm32", feature = "panic-handler"))]
mod panic;
mod random;
mod reason;
mod record;
pub mod session;
pub mod state;
mod sys;

pub use clock::now;
pub use error::Error;
pub use event::{Event, Piece, RecordError, HEADER_SIZE};
pub use flags::Flags;
pub use format::Format;
pub use instance::Instance;
#[doc(hidden)]
pub use instance::Place;
pub use kind::Kind;
pub use level::Level;
pub use node::{node_id, NODE_ID_SIZE};
pub use origin::Origin;
pub use outcome::{Failure, Judgement, Outcome, Verdict};
pub use random::random_fill;
pub use reason::Reason;

/// For macros: a plugin that is `no_std` has no name for it in its tests.
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub use std as __std;

/// Bytes of the longest session id, and of the longest key of `kv` and of a
/// message.
pub const MAX_ID: usize = 256;
/// Bytes of the longest session in clear, and of the longest value of `kv`.
pub const MAX_SESSION: usize = 64 << 10;
/// Bytes of the longest message, request or reply.
pub const MAX_MESSAGE: usize = 256 << 10;
/// Bytes of the longest topic.
pub const MAX_TOPIC: usize = 128;
/// Bytes of the smallest event buffer.
pub const MIN_EVENT_BUFFER: usize = 512;
/// Bytes of the event buffer that [`export!`] makes where none is named.
pub const EVENT_BUFFER: usize = 4096;
