//! `--fail-if 'p99>5ms'`: a condition on one figure, under which the command ends with 99.
//!
//! ```text
//!   condition   name ('<' | '<=' | '>' | '>=') number [unit]
//!   unit        ns us µs ms s (a time), k M (a count), % B KiB MiB
//! ```

use std::fmt;
use std::str::FromStr;

use super::figures::{Figures, Unit};

/// Which side of the number is the wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Below,
    BelowOrAt,
    Above,
    AboveOrAt,
}

/// Longest first: `<` is the beginning of `<=`.
const SIDES: [(&str, Side); 4] =
    [("<=", Side::BelowOrAt), (">=", Side::AboveOrAt), ("<", Side::Below), (">", Side::Above)];

/// Suffixes, what they multiply with, and the units that a figure may have with them.
const SUFFIXES: [(&str, f64, &[Unit]); 12] = [
    ("ns", 1e-3, &[Unit::Micros]),
    ("us", 1.0, &[Unit::Micros]),
    ("µs", 1.0, &[Unit::Micros]),
    ("ms", 1e3, &[Unit::Micros]),
    ("s", 1e6, &[Unit::Micros]),
    ("k", 1e3, &[Unit::Count, Unit::PerSecond]),
    ("M", 1e6, &[Unit::Count, Unit::PerSecond]),
    ("%", 1.0, &[Unit::Percent]),
    ("B", 1.0, &[Unit::Bytes]),
    ("KiB", 1024.0, &[Unit::Bytes]),
    ("MiB", 1024.0 * 1024.0, &[Unit::Bytes]),
    ("MiB/s", 1.0, &[Unit::MibPerSecond]),
];

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    text: String,
    name: String,
    side: Side,
    number: f64,
    suffix: Option<(f64, &'static [Unit])>,
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is not a condition like `p99>5ms` or `rate<200k`");
        let at = text.find(['<', '>']).ok_or_else(form)?;
        let (name, rest) = (text[..at].trim(), &text[at..]);
        let (sign, side) =
            SIDES.into_iter().find(|(sign, _)| rest.starts_with(sign)).ok_or_else(form)?;
        let rest = rest[sign.len()..].trim();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest[..end].parse().map_err(|_| form())?;
        let suffix = match rest[end..].trim() {
            "" => None,
            unit => {
                let known = SUFFIXES.into_iter().find(|(suffix, ..)| *suffix == unit);
                let (_, factor, units) = known.ok_or_else(|| {
                    format!("`{text}`: `{unit}` is no unit; there are ns us ms s k M % B KiB MiB")
                })?;
                Some((factor, units))
            }
        };
        if name.is_empty() {
            return Err(form());
        }
        Ok(Self { text: text.to_owned(), name: name.to_owned(), side, number, suffix })
    }
}

impl Threshold {
    /// Is it broken? A figure that this run has not is an error, not a pass.
    ///
    /// # Errors
    /// What is wrong with the condition, in words.
    pub fn is_broken(&self, figures: &Figures) -> Result<bool, String> {
        let Some(figure) = figures.get(&self.name) else {
            let names: Vec<&str> = figures.iter().map(|figure| figure.name).collect();
            let (name, names) = (&self.name, names.join(" "));
            return Err(format!("--fail-if: this run has no figure `{name}`; it has {names}"));
        };
        let limit = match self.suffix {
            None => self.number,
            Some((factor, units)) if units.contains(&figure.unit) => self.number * factor,
            Some(_) => {
                let (name, unit) = (&self.name, figure.unit.name());
                return Err(format!("--fail-if: `{}`: {name} is counted in `{unit}`", self.text));
            }
        };
        Ok(match self.side {
            Side::Below => figure.value < limit,
            Side::BelowOrAt => figure.value <= limit,
            Side::Above => figure.value > limit,
            Side::AboveOrAt => figure.value >= limit,
        })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Threshold, Unit};

    fn figures() -> Figures {
        let mut figures = Figures::default();
        figures.add("p99", "", 5_000.0, Unit::Micros);
        figures.add("rate", "", 200_000.0, Unit::PerSecond);
        figures.add("loss", "", 0.0, Unit::Count);
        figures
    }

    #[test]
    fn units_and_sides() {
        let table = [
            ("p99>5ms", false),
            ("p99>=5ms", true),
            ("p99 > 4999 us", true),
            ("p99>4.9ms", true),
            ("p99<5000", false),
            ("p99<0.1s", true),
            ("rate<200k", false),
            ("rate<=0.2M", true),
            ("loss>0", false),
        ];
        for (text, broken) in table {
            let threshold: Threshold = text.parse().unwrap();
            assert_eq!(threshold.is_broken(&figures()), Ok(broken), "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_said() {
        for text in ["", "p99", "p99>", "p99>fast", ">5ms", "p99>5parsecs", "p99=5ms"] {
            assert!(text.parse::<Threshold>().is_err(), "{text}");
        }
        for text in ["p98>5ms", "p99>5k", "rate<5ms"] {
            let threshold: Threshold = text.parse().unwrap();
            assert!(threshold.is_broken(&figures()).is_err(), "{text}");
        }
    }
}
