//! Durations as Go writes them: what its `time.ParseDuration` reads, but no signs
//! and no fractions.

/// Of two names that begin alike, the longer stands first.
const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The duration in ns, at most `i64::MAX`.
pub(super) fn parse(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let mut total = 0i64;
    let mut rest = text.as_bytes();
    loop {
        let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        let (number, unit) = rest.split_at_checked(digits)?;
        let (behind, ns) = UNITS.iter().find_map(|(name, ns)| Some((unit.strip_prefix(name.as_bytes())?, ns)))?;
        total = total.checked_add(whole(number)?.checked_mul(*ns)?)?;
        rest = behind;
        if rest.is_empty() {
            return Some(total);
        }
    }
}

fn whole(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0i64, |n, d| n.checked_mul(10)?.checked_add(i64::from(d - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (text, ns) in [
            ("0", Some(0)),
            ("90s", Some(90_000_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            ("250ms", Some(250_000_000)),
            ("1us2µs3μs4ns", Some(6_004)),
            ("9223372036854775807ns", Some(i64::MAX)),
            ("9223372036854775808ns", None),
            ("2562048h", None),
            ("99999999999999999999s", None),
            ("", None),
            ("1", None),
            ("s", None),
            ("1.5h", None),
            ("-1s", None),
            ("+1s", None),
            ("1s ", None),
            ("1h 1m", None),
        ] {
            assert_eq!(parse(text), ns, "{text}");
        }
    }
}
