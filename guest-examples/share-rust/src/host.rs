use alloc::vec::Vec;

use core::time::Duration;

use sesshook_guest::session::{self, Insert};
use sesshook_guest::{log, message, metric, node_id, now, Error, Level};

use crate::replica;

/// The [`replica::Host`] of a plugin: the SDK.
pub struct Host;

impl replica::Host for Host {
    fn get(&mut self, id: &[u8], to: &mut Vec<u8>) -> Result<(), Error> {
        session::get_into(id, to).map(drop)
    }

    fn insert(&mut self, id: &[u8], sealed: &[u8]) -> Result<(), Error> {
        session::insert(id, sealed, None, Insert::NONE)
    }

    fn remove(&mut self, id: &[u8]) -> Result<(), Error> {
        session::remove(id)
    }

    fn replay(&mut self) -> Result<(), Error> {
        session::replay().map(drop)
    }

    fn publish(&mut self, topic: &str, key: &[u8], data: &[u8]) -> Result<(), Error> {
        message::publish(topic, key, data)
    }

    fn request(&mut self, topic: &str, node: &[u8], data: &[u8], to: &mut Vec<u8>, timeout_ms: u32) -> Result<(), Error> {
        message::request_into(topic, node, data, to, Some(Duration::from_millis(timeout_ms.into()))).map(drop)
    }

    fn reply(&mut self, data: &[u8]) {
        let _ = message::reply(data); // who asked has given up: its problem
    }

    // What can't be counted is not worth failing for.
    fn add(&mut self, metric: &str, n: i64) {
        let _ = metric::add(metric, n);
    }

    fn set(&mut self, metric: &str, n: i64) {
        let _ = metric::set(metric, n);
    }

    fn log(&mut self, level: Level, text: &str) {
        log::write(level, text);
    }

    fn now(&mut self) -> i64 {
        now()
    }

    fn node(&mut self) -> replica::Node {
        node_id()
    }
}
