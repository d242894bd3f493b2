//! The plugin share in Rust: it shares sessions between the nodes of a farm, so
//! that a client resumes on whichever it lands, and a session that is removed on
//! one is removed on all. README.md beside this crate tells how it is configured;
//! [`replica`] is the protocol.

#![no_std]
#![deny(missing_docs)]
#![allow(clippy::result_large_err)] // config::Error carries its text

extern crate alloc;

mod host;
pub mod replica;
mod settings;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use sesshook_guest::{config, export, instance, log, message, random_fill, Error, Event, Flags, Level};

use host::Host;
use replica::Replica;

export! {
    plugin_start => start,
    plugin_ready => || with(Replica::ready),
    plugin_save => save,
    plugin_restore => |_| restore(),
    plugin_stop => || with(Replica::tell),
    on_session_insert => |e: &Event| with(|r| r.inserted(e.id(), e.node(), e.origin(), e.flags(), e.time())),
    on_session_remove => |e: &Event| with(|r| r.removed(e.id(), e.reason(), e.flags(), e.time())),
    on_session_miss => |e: &Event| with(|r| r.missed(e.id(), e.node())),
    on_message => |e: &Event| with(|r| r.message(e.node(), e.key(), e.data(), e.flags().contains(Flags::REQUEST))),
    on_messages_lost => |e: &Event| with(|r| r.messages_lost(e.node(), e.topic(), e.seq() as i64, e.created())),
    on_events_lost => |count| with(|r| r.events_lost(count as i64)),
    on_tick => |now| with(|r| r.tick(now)),
}

instance! {
    /// This instance's part; `plugin_start` makes it.
    static REPLICA: Option<Replica<Host>> = None;
}

/// Calls `f` with the replica. The host calls `plugin_start` before everything
/// else, and nothing where that has failed.
fn with(f: impl FnOnce(&mut Replica<Host>)) {
    REPLICA.with(|replica| replica.as_mut().map(f));
}

fn start() -> Result<(), config::Error> {
    let mut config = settings::read()?;
    let mut nonce = [0; 8];
    random_fill(&mut nonce)?;
    config.nonce = u64::from_le_bytes(nonce);
    let replica = Replica::new(Host, config);
    subscribe(&replica.topics())?;
    REPLICA.with(|r| *r = Some(replica));
    Ok(())
}

/// Subscribes, where there is a farm. Without one the plugin is idle: the first
/// publication says so in its metrics.
fn subscribe(topics: &[&str]) -> Result<(), Error> {
    for topic in topics {
        match message::subscribe(topic) {
            Err(Error::Unavailable) => {
                log::write(Level::Warn, "this host has no farm: nothing is shared; start it with --nats");
                return Ok(());
            }
            other => other?,
        }
    }
    Ok(())
}

fn save() -> Vec<u8> {
    let mut state = Vec::new();
    with(|r| r.save(&mut state));
    state
}

fn restore() -> Result<(), Error> {
    let mut state = Vec::new();
    sesshook_guest::state::read_into(&mut state)?;
    with(|r| r.restore(&state));
    Ok(())
}
