//! The time in front of a log's line, in the letters of strftime that a log needs. In UTC: a log
//! that is compared with others should not know where it was written.
//!
//! It knows the calendar. It does not know what time it is.

use std::fmt::Write;

/// Can we follow this format?
///
/// # Errors
/// The first letter that is not known.
pub fn check(format: &str) -> Result<(), String> {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        match chars.next() {
            Some('Y' | 'm' | 'd' | 'H' | 'M' | 'S' | 'F' | 'T' | 's' | 'z' | 'Z' | '%') => {}
            other => {
                let other = other.map(String::from).unwrap_or_default();
                return Err(format!("%{other} is not known: %Y %m %d %H %M %S %F %T %s %z %Z are"));
            }
        }
    }
    Ok(())
}

/// This many seconds after the beginning of 1970, in this format.
pub fn stamp(format: &str, seconds: u64) -> String {
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let written = match chars.next() {
            Some('Y') => write!(text, "{year}"),
            Some('m') => write!(text, "{month:02}"),
            Some('d') => write!(text, "{day:02}"),
            Some('H') => write!(text, "{hour:02}"),
            Some('M') => write!(text, "{minute:02}"),
            Some('S') => write!(text, "{second:02}"),
            Some('F') => write!(text, "{year}-{month:02}-{day:02}"),
            Some('T') => write!(text, "{hour:02}:{minute:02}:{second:02}"),
            Some('s') => write!(text, "{seconds}"),
            Some('z') => write!(text, "+0000"),
            Some('Z') => write!(text, "UTC"),
            Some(other) => write!(text, "{other}"),
            None => Ok(()),
        };
        // A string takes everything.
        let _ = written;
    }
    text
}

/// Year, month and day of the n-th day after the first of 1970.
fn date(mut days: u64) -> (u64, u64, u64) {
    // 400 years have always the same number of days.
    let mut year = 1970 + 400 * (days / 146_097);
    days %= 146_097;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::{check, stamp};

    #[test]
    fn the_calendar_is_right() {
        for (seconds, want) in [
            (0, "1970-01-01T00:00:00"),
            (68_169_599, "1972-02-28T23:59:59"),
            (68_169_600, "1972-02-29T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_795_604_066, "2026-11-25T10:54:26"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (13_574_563_200, "2400-02-29T00:00:00"),
        ] {
            assert_eq!(stamp("%Y-%m-%dT%H:%M:%S", seconds), want);
            assert_eq!(stamp("%FT%T", seconds), want);
        }
        assert_eq!(stamp("[%s] %%", 7), "[7] %");
        assert!(check("%F %T").is_ok());
        assert!(check("%A").is_err() && check("%").is_err());
    }
}
