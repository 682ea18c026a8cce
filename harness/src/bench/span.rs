//! Spans of time on a command line: `2`, `1.5s`, `250ms`, `1m`; a number alone is in seconds.
//!
//! It knows units and bounds. It does not know what is being timed.

use std::time::Duration;

use crate::exit::Failure;

/// Suffixes, and the seconds of one; `ms` before `s`, which it ends with.
const UNITS: [(&str, f64); 3] = [("ms", 1e-3), ("s", 1.0), ("m", 60.0)];

/// A span as written.
///
/// # Errors
/// What is no number with one of the units, or is below nothing, in words.
pub fn span(text: &str) -> Result<Duration, String> {
    let unit = UNITS.into_iter().find_map(|(unit, each)| Some((text.strip_suffix(unit)?, each)));
    let (number, each) = unit.unwrap_or((text, 1.0));
    let seconds = number.trim_end().parse::<f64>().ok().map(|number| number * each);
    let span = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    span.ok_or_else(|| "a time is written as 2, 1.5s, 250ms or 1m".to_owned())
}

/// The same span, if it lies between two others; `what` is the option that it was given with.
///
/// # Errors
/// In words, where it does not.
pub fn within(
    what: &str,
    span: Duration,
    shortest: Duration,
    longest: Duration,
) -> Result<Duration, Failure> {
    if (shortest..=longest).contains(&span) {
        return Ok(span);
    }
    let (from, to) = (shortest.as_secs_f64(), longest.as_secs_f64());
    let given = span.as_secs_f64();
    Err(Failure::usage(format!("{what} is from {from} to {to} seconds, not {given}")))
}

#[cfg(test)]
mod tests {
    use super::{span, within};
    use std::time::Duration;

    #[test]
    fn numbers_and_units() {
        let table = [("2", 2000), ("0.25", 250), ("1s", 1000), ("1.5 s", 1500), ("250ms", 250)];
        for (text, millis) in table.into_iter().chain([("1m", 60_000), ("0", 0)]) {
            assert_eq!(span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1", "-1s", "1h", "inf", "nan", "1e300", "one", "1 2"] {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_belong_to_it() {
        let [none, one, two] = [0, 1, 2].map(Duration::from_secs);
        assert!(within("--x", one, one, two).is_ok());
        assert!(within("--x", two, one, two).is_ok());
        let failure = within("--x", none, one, two).expect_err("too short");
        assert_eq!(failure.message, "--x is from 1 to 2 seconds, not 0");
    }
}
