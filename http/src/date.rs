//! Dates as HTTP writes and reads them. Times are seconds since 1970; no clock is asked here.
//!
//! ```text
//!   IMF-fixdate   Sun, 06 Nov 1994 08:49:37 GMT       the only one that is written
//!   RFC 850       Sunday, 06-Nov-94 08:49:37 GMT      read
//!   asctime       Sun Nov  6 08:49:37 1994            read
//! ```

/// Octets of an IMF-fixdate.
pub const LEN: usize = 29;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const LONG_DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: u64 = 86_400;

/// The last second that four digits have a year for: the end of 9999.
const LAST: u64 = 253_402_300_799;

/// Days from 1970-01-01 to the first of March of the year 0, of which the calendar's cycles of
/// 400 years are counted.
const DAYS_TO_1970: u64 = 719_468;
/// Days of 400 years.
const CYCLE: u64 = 146_097;

/// Year, month (from 1) and day (from 1) of a day since 1970.
///
/// Years are taken to begin in March, so that the leap day is their last.
pub fn civil(day: u64) -> (u64, u64, u64) {
    of_calendar(day + DAYS_TO_1970)
}

/// The same of a day since the first of March of the year 0.
fn of_calendar(day: u64) -> (u64, u64, u64) {
    let (cycle, day) = (day / CYCLE, day % CYCLE);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Months from March have 31, 30, 31, 30, 31 days, then again: 153 days for each five.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + carry, month, day)
}

/// The day since the first of March of the year 0 of a date that exists.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let shifted = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let (cycle, year_of) = (shifted.0 / 400, shifted.0 % 400);
    let of_year = (153 * shifted.1 + 2) / 5 + day.checked_sub(1)?;
    let all = cycle * CYCLE + 365 * year_of + year_of / 4 - year_of / 100 + of_year;
    (of_calendar(all) == (year, month, day)).then_some(all)
}

/// [9110-5.6.7-02] Writes a time as IMF-fixdate.
pub fn write(unix: u64) -> [u8; LEN] {
    let unix = unix.min(LAST);
    let (day, second) = (unix / DAY, unix % DAY);
    let (year, month, of_month) = civil(day);
    // 1970 began on a Thursday.
    let name = DAYS[((day + 4) % 7) as usize];
    let mut text = *b"Sun, 06 Nov 1994 08:49:37 GMT";
    text[..3].copy_from_slice(name.as_bytes());
    text[8..11].copy_from_slice(MONTHS[month as usize - 1].as_bytes());
    for (at, number) in [
        (5, of_month),
        (12, year / 100),
        (14, year % 100),
        (17, second / 3600),
        (20, second / 60 % 60),
        (23, second % 60),
    ] {
        text[at] = b'0' + (number / 10) as u8;
        text[at + 1] = b'0' + (number % 10) as u8;
    }
    text
}

/// [9110-5.6.7-01] Reads a date in any of the three forms. `now` tells which century a year of
/// two digits belongs to: never more than fifty years ahead. What lies before 1970 is a date, too,
/// and is read as its first second.
pub fn read(text: &[u8], now: u64) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    if let Some((name, rest)) = text.split_once(", ") {
        let parts: Vec<&str> = rest.split(' ').collect();
        return match parts[..] {
            [day, month, year, time, "GMT"] if DAYS.contains(&name) => {
                moment(number(year, 4)?, month, number(day, 2)?, time)
            }
            [date, time, "GMT"] if LONG_DAYS.contains(&name) => {
                let parts: Vec<&str> = date.split('-').collect();
                let [day, month, year] = parts[..] else { return None };
                let year = full_year(number(year, 2)?, now);
                moment(year, month, number(day, 2)?, time)
            }
            _ => None,
        };
    }
    // asctime: the day of the month is padded with a space.
    let (name, rest) = text.split_at_checked(4)?;
    if !DAYS.contains(&name.trim_end()) || text.len() != 24 {
        return None;
    }
    let (month, rest) = rest.split_once(' ')?;
    let (day, rest) = rest.split_at_checked(2)?;
    let (time, year) = rest.strip_prefix(' ')?.split_once(' ')?;
    let day = match day.strip_prefix(' ') {
        Some(digit) => number(digit, 1)?,
        None => number(day, 2)?,
    };
    moment(number(year, 4)?, month, day, time)
}

fn full_year(two: u64, now: u64) -> u64 {
    let this = civil(now / DAY).0;
    let year = this - this % 100 + two;
    if year > this + 50 { year - 100 } else { year }
}

fn number(digits: &str, len: usize) -> Option<u64> {
    let right = digits.len() == len && digits.bytes().all(|octet| octet.is_ascii_digit());
    if right { digits.parse().ok() } else { None }
}

fn moment(year: u64, month: &str, day: u64, time: &str) -> Option<u64> {
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let parts: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let (hour, minute) = (number(hour, 2)?, number(minute, 2)?);
    // A leap second is read as the one before it.
    let second = number(second, 2)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let all = days(year, month, day)? * DAY + hour * 3600 + minute * 60 + second.min(59);
    Some(all.saturating_sub(DAYS_TO_1970 * DAY))
}

#[cfg(test)]
mod tests {
    use super::{DAY, civil, read, write};

    #[test]
    fn the_example_of_the_rfc_in_its_three_forms() {
        // [9110-5.6.7-01] [9110-5.6.7-02]
        assert_eq!(write(784_111_777), *b"Sun, 06 Nov 1994 08:49:37 GMT");
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(read(text.as_bytes(), 1_700_000_000), Some(784_111_777), "{text}");
        }
        for before in ["Wed, 31 Dec 1969 23:59:59 GMT", "Mon Jan  1 00:00:00 1900"] {
            assert_eq!(read(before.as_bytes(), 1_700_000_000), Some(0), "{before}");
        }
        assert_eq!(read(b"Thu, 01 Jan 1970 00:00:01 GMT", 1_700_000_000), Some(1));
        assert_eq!(read(b"Friday, 01-Jan-60 00:00:00 GMT", 1_700_000_000), Some(2_840_140_800));
        assert_eq!(read(b"Friday, 01-Jan-99 00:00:00 GMT", 1_700_000_000), Some(915_148_800));
    }

    #[test]
    fn every_day_of_four_centuries_is_one_later_than_the_one_before() {
        let mut last = (1969, 12, 31);
        for day in 0..146_097 * 2 {
            let date = civil(day);
            let next = (last.0, last.1, last.2 + 1);
            let month = (last.0, last.1 + 1, 1);
            let year = (last.0 + 1, 1, 1);
            assert!([next, month, year].contains(&date), "{last:?} {date:?}");
            let by = |years: u64| date.0.is_multiple_of(years);
            let leap = by(4) && (!by(100) || by(400));
            if date == (date.0, 3, 1) {
                assert_eq!(last.2, if leap { 29 } else { 28 }, "{date:?}");
            }
            last = date;
        }
        for unix in (0..40_000 * DAY).step_by(86_399 * 3) {
            assert_eq!(read(&write(unix), unix), Some(unix));
        }
        assert_eq!(&write(u64::MAX)[12..25], b"9999 23:59:59");
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 00 Mar 1994 08:49:37 GMT",
            "Wed, 29 Feb 1950 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Xxx, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:+9:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 199x",
            "0",
        ] {
            assert_eq!(read(text.as_bytes(), 0), None, "{text}");
        }
    }
}
