//! Counters and gauges, which the host exposes with the plugin's name. Names
//! match `[a-z][a-z0-9_]{0,63}`, are shared by the plugin's instances, and kept
//! over reloads and faults. The first use makes a name a counter or a gauge.
//!
//! They need the grant `metrics` and work everywhere. Errors: [`Error::Invalid`],
//! [`Error::Limit`] (too many names). Who can do nothing about them ignores them.

use crate::{error, sys, Error};

/// Adds to a counter, which begins at 0. `delta` is not negative.
#[inline]
pub fn add(name: &str, delta: i64) -> Result<(), Error> {
    error::done(sys::metric_add(name.as_bytes(), delta))
}

/// Sets a gauge.
#[inline]
pub fn set(name: &str, value: i64) -> Result<(), Error> {
    error::done(sys::metric_set(name.as_bytes(), value))
}
