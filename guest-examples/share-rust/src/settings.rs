//! The `[config]` table.

use alloc::string::String;
use alloc::vec::Vec;

use sesshook_guest::config::{self, Error, Value};

use crate::replica::{Config, Mode, MAX_TOPIC, MILLISECOND, SECOND};

const MIN_BATCH: i64 = 1 << 10;
const MAX_BATCH: i64 = 128 << 10;

/// Reads the table of the sidecar.
pub fn read() -> Result<Config, Error> {
    let mut json = Vec::with_capacity(512);
    config::read_into(&mut json)?;
    let mut c = Config::default();
    config::each(&json, |key, value| set(&mut c, key, value))?;
    if c.mode.pulls() && c.pull_timeout + c.any_timeout > SECOND {
        return Err(Error::new(
            "pull_timeout and any_timeout: together they must be 1s at most, and have to fit the sidecar's miss_deadline",
        ));
    }
    Ok(c)
}

/// Takes one setting.
fn set(c: &mut Config, key: &str, value: Value<'_>) -> Result<(), Error> {
    match key {
        "mode" => c.mode = mode(value)?,
        "topic" => c.topic = topic(value)?,
        "pull_timeout" => c.pull_timeout = duration(value, MILLISECOND, SECOND, "must be from 1ms to 1s")?,
        "any_timeout" => c.any_timeout = duration(value, MILLISECOND, SECOND, "must be from 1ms to 1s")?,
        "any" => c.any = value.bool()?,
        "batch" => c.batch = batch(value)?,
        "resync_pause" => c.resync_pause = duration(value, 100 * MILLISECOND, 60 * SECOND, "must be from 100ms to 60s")?,
        "beat" => c.beat = duration(value, SECOND, 600 * SECOND, "must be from 1s to 600s")?,
        _ => {
            return Err(config::unknown(&[
                "mode",
                "topic",
                "pull_timeout",
                "any_timeout",
                "any",
                "batch",
                "resync_pause",
                "beat",
            ]))
        }
    }
    Ok(())
}

fn mode(value: Value<'_>) -> Result<Mode, Error> {
    for (name, mode) in [("push", Mode::Push), ("pull", Mode::Pull), ("both", Mode::Both)] {
        if value.is(name)? {
            return Ok(mode);
        }
    }
    Err(Error::new("must be \"push\", \"pull\" or \"both\""))
}

fn topic(value: Value<'_>) -> Result<String, Error> {
    let name = value.string()?;
    let valid = |c: u8| c.is_ascii_alphanumeric() || b"_-.".contains(&c);
    if name.is_empty() || name.len() > MAX_TOPIC || !name.bytes().all(valid) {
        const { assert!(MAX_TOPIC == 115) };
        return Err(Error::new("must be 1 to 115 of A-Z a-z 0-9 _ - and dots"));
    }
    Ok(name)
}

fn duration(value: Value<'_>, least: i64, most: i64, otherwise: &str) -> Result<i64, Error> {
    let ns = value.duration()?;
    let ns = ns.as_secs() as i64 * SECOND + i64::from(ns.subsec_nanos());
    if ns < least || ns > most {
        return Err(Error::new(otherwise));
    }
    Ok(ns)
}

fn batch(value: Value<'_>) -> Result<usize, Error> {
    match value.int()? {
        n @ MIN_BATCH..=MAX_BATCH => Ok(n as usize),
        _ => Err(Error::new("must be from 1024 to 131072 bytes")),
    }
}
