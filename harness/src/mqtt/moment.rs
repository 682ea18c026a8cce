//! A moment in the machine's time zone, written as C's strftime writes it in the C locale.
//!
//! ```text
//!   @Y-@m-@d   2026-11-25        @H:@M:@S   13:28:36        @z   +0000        @Z   UTC
//! ```
//!
//! It knows calendars. It does not know what happened at that moment.

use jiff::ZonedDateTime;
use std::fmt::Write as _;

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment.
#[derive(Clone, Debug)]
pub struct Moment(ZonedDateTime);

impl Moment {
    /// This one.
    pub fn now() -> Self {
        Self(ZonedDateTime::now())
    }

    /// Nanoseconds within the second.
    pub fn nanos(&self) -> u32 {
        u32::try_from(self.0.subsec_nanosecond()).unwrap_or_default()
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> i64 {
        self.0.timestamp().as_second()
    }

    /// `2026-11-25T13:28:36+0000`.
    pub fn iso(&self) -> String {
        format!("{}T{}{}", self.conversion('F'), self.conversion('T'), self.conversion('z'))
    }

    /// What strftime writes for `%` and this character. What is no conversion stands as it is,
    /// its `%` included.
    pub fn conversion(&self, c: char) -> String {
        let time = &self.0;
        let (day, month) = (i64::from(time.day()), i64::from(time.month()));
        let hour = i64::from(time.hour());
        let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
        let parts = |format: &str| format.chars().map(|c| self.part(c)).collect::<String>();
        match c {
            'd' => two(day),
            'e' => format!("{day:2}"),
            'm' => two(month),
            'y' => two(i64::from(time.year()).rem_euclid(100)),
            'C' => two(i64::from(time.year()).div_euclid(100)),
            'Y' => time.year().to_string(),
            'H' => two(hour),
            'I' => two(hour12),
            'k' => format!("{hour:2}"),
            'l' => format!("{hour12:2}"),
            'M' => two(time.minute().into()),
            'S' => two(time.second().into()),
            's' => self.unix().to_string(),
            'p' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            'P' => if hour < 12 { "am" } else { "pm" }.to_owned(),
            'a' => self.weekday()[..3].to_owned(),
            'A' => self.weekday().to_owned(),
            'b' | 'h' => self.month()[..3].to_owned(),
            'B' => self.month().to_owned(),
            'z' => self.offset(),
            'Z' => time.strftime("%Z").to_string(),
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            'c' => parts("a b e T Y"),
            'D' | 'x' => parts("m/d/y"),
            'F' => parts("Y-m-d"),
            'R' => parts("H:M"),
            'T' | 'X' => parts("H:M:S"),
            'r' => parts("I:M:S p"),
            _ => self.in_year(c),
        }
    }

    /// A conversion if it is a letter, else itself.
    fn part(&self, c: char) -> String {
        if c.is_ascii_alphabetic() { self.conversion(c) } else { c.to_string() }
    }

    /// Days and weeks of the year.
    fn in_year(&self, c: char) -> String {
        let yday = i64::from(self.0.day_of_year()) - 1;
        let sunday0 = i64::from(self.0.weekday().to_sunday_zero_offset());
        let monday0 = (sunday0 + 6) % 7;
        let iso = self.0.date().iso_week_date();
        match c {
            'j' => format!("{:03}", yday + 1),
            'w' => sunday0.to_string(),
            'u' => (monday0 + 1).to_string(),
            'U' => two((yday + 7 - sunday0) / 7),
            'W' => two((yday + 7 - monday0) / 7),
            'V' => two(iso.week().into()),
            'G' => iso.year().to_string(),
            'g' => two(i64::from(iso.year()).rem_euclid(100)),
            other => format!("%{other}"),
        }
    }

    fn weekday(&self) -> &'static str {
        DAYS[usize::try_from(self.0.weekday().to_sunday_zero_offset()).unwrap_or_default() % 7]
    }

    fn month(&self) -> &'static str {
        MONTHS[usize::try_from(self.0.month() - 1).unwrap_or_default() % 12]
    }

    fn offset(&self) -> String {
        let seconds = self.0.offset().seconds();
        let minutes = seconds.abs() / 60;
        let mut text = String::from(if seconds < 0 { "-" } else { "+" });
        let _ = write!(text, "{:02}{:02}", minutes / 60, minutes % 60);
        text
    }
}

fn two(n: i64) -> String {
    format!("{n:02}")
}

#[cfg(test)]
mod tests {
    use super::Moment;

    /// Written down from glibc's strftime for the same moments.
    #[test]
    fn conversions_are_those_of_c() {
        let table = [
            (
                "2026-11-25T13:28:36+00:00[UTC]",
                "c|D|F|R|T|r|j|U|W|V|G|g|u|w|C|y|e|k|l|p|P|h|z|s|\
                 1|E",
                "Wed Nov 25 13:28:36 2026|11/25/26|2026-11-25|13:28|13:28:36|01:28:36 PM|329|\
                 47|47|48|2026|26|3|3|20|26|25|13| 1|PM|pm|Nov|+0000|1795613316|%1|%E",
            ),
            (
                "2027-01-03T00:05:09-03:30[-03:30]",
                "a|A|b|B|d|e|I|l|j|U|W|V|G|u|w|z",
                "Sun|Sunday|Jan|January|03| 3|12|12|003|01|00|53|2026|7|0|-0330",
            ),
        ];
        for (moment, conversions, expected) in table {
            let moment = Moment(moment.parse().unwrap());
            let written: Vec<String> = conversions
                .split('|')
                .map(|c| moment.conversion(c.chars().next().unwrap()))
                .collect();
            assert_eq!(written.join("|"), expected);
        }
    }
}
