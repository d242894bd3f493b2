//! A host in memory, for unit tests of plugins: in a native build, the functions
//! of this crate reach the [`Host`] that the thread has made.
//!
//! ```
//! use sesshook_guest::{export, fake, metric, Error, Event, Kind};
//!
//! export! { on_session_insert => inserted }
//!
//! fn inserted(_: &Event) -> Result<(), Error> {
//!     metric::add("inserted", 1)
//! }
//!
//! # fn main() {
//! let host = fake::Host::new();
//! let status = host.deliver(on_session_insert, &fake::Record { kind: Kind::Insert, id: b"id", ..Default::default() });
//! assert_eq!((status, host.metric("inserted")), (0, 1));
//! # }
//! ```
//!
//! A test calls the plugin's exports through the host ([`Host::start`],
//! [`Host::deliver`], [`Host::tick`] …), as the real one would, and looks at what
//! they did. It has the grants, phases, result codes and limits of `abi/SPEC.md`,
//! a clock of its own, and no other plugin: it keeps sessions as the bytes that
//! they are, seals and evicts nothing, and makes no event of its own.
//!
//! A thread has one host at a time, and what [`instance!`](crate::instance!)
//! declares is the thread's too: so tests run in parallel, and each is an instance
//! that has just begun, as `cargo test` runs each in a thread of its own.

mod calls;
mod exports;
mod host;
mod record;

pub(crate) use exports::export;
pub(crate) use host::with_host;
pub use host::{Host, Message, NODE};
pub use record::Record;
