use core::time::Duration;

use crate::sys;

/// The host's wall clock, in ns since the Unix epoch. The time of an event is in
/// the event.
#[inline]
pub fn now() -> i64 {
    sys::time_now()
}

/// A duration as the ABI has it, where 0 is "none": rounded up, and no longer
/// than a number can say.
#[inline]
pub(crate) fn milliseconds(d: Option<Duration>) -> i64 {
    let Some(d) = d else { return 0 };
    let ms = d.as_secs().saturating_mul(1000).saturating_add(u64::from(d.subsec_nanos().div_ceil(1_000_000)));
    ms.clamp(1, i64::MAX as u64) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_never_becomes_none() {
        for (duration, ms) in [
            (None, 0),
            (Some(Duration::ZERO), 1),
            (Some(Duration::from_nanos(1)), 1),
            (Some(Duration::from_millis(1)), 1),
            (Some(Duration::from_micros(1001)), 2),
            (Some(Duration::from_secs(3600)), 3_600_000),
            (Some(Duration::from_millis(i64::MAX as u64)), i64::MAX),
            (Some(Duration::MAX), i64::MAX),
        ] {
            assert_eq!(milliseconds(duration), ms, "{duration:?}");
        }
    }
}
