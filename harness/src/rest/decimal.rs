//! Integers of any length, as decimal text in and out: the lab's sums are right or refused, never
//! wrong.
//!
//! It knows arithmetic. It knows neither requests nor JSON.

use std::cmp::Ordering;
use std::fmt;

/// Digits of a number that is read; the longest that Python's `int` reads.
pub const DIGITS_MAX: usize = 4300;

/// Each limb holds nine decimal digits.
const BASE: u64 = 1_000_000_000;
const LIMB_DIGITS: usize = 9;

/// An integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decimal {
    /// One that fits in a word: nearly all.
    Small(i64),
    /// A longer one.
    Large {
        /// Below zero?
        negative: bool,
        /// Its magnitude, the lowest limb first, without zeros at the end.
        limbs: Vec<u32>,
    },
}

impl Decimal {
    /// Reads what Python's `int` reads: space around it, a sign, digits, single underscores between
    /// them. `None`: it is no integer, or longer than [`DIGITS_MAX`].
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes() {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] | digits => (false, digits),
        };
        let whole = |group: &[u8]| !group.is_empty() && group.iter().all(u8::is_ascii_digit);
        if digits.len() > 2 * DIGITS_MAX || !digits.split(|octet| *octet == b'_').all(whole) {
            return None;
        }
        if digits.len() <= 18 {
            let add = |sum: i64, digit: &u8| match digit {
                b'_' => sum,
                digit => sum * 10 + i64::from(digit - b'0'),
            };
            let magnitude = digits.iter().fold(0, add);
            return Some(Self::Small(if negative { -magnitude } else { magnitude }));
        }
        let digits: Vec<u8> = digits.iter().copied().filter(|octet| *octet != b'_').collect();
        if digits.len() > DIGITS_MAX {
            return None;
        }
        let limb =
            |group: &[u8]| group.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        Some(Self::large(negative, digits.rchunks(LIMB_DIGITS).map(limb).collect()))
    }

    /// Without zeros at the end; small where it fits.
    fn large(negative: bool, mut limbs: Vec<u32>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        if limbs.len() <= 2 {
            let magnitude =
                limbs.iter().rev().fold(0, |sum, limb| sum * BASE.cast_signed() + i64::from(*limb));
            return Self::Small(if negative { -magnitude } else { magnitude });
        }
        Self::Large { negative, limbs }
    }

    fn parts(&self) -> (bool, Vec<u32>) {
        match self {
            Self::Small(number) => {
                let mut limbs = Vec::new();
                let mut left = number.unsigned_abs();
                while left > 0 {
                    limbs.push((left % BASE) as u32);
                    left /= BASE;
                }
                (*number < 0, limbs)
            }
            Self::Large { negative, limbs } => (*negative, limbs.clone()),
        }
    }

    /// The sum.
    pub fn add(&self, other: &Self) -> Self {
        if let (Self::Small(a), Self::Small(b)) = (self, other)
            && let Some(sum) = a.checked_add(*b)
        {
            return Self::Small(sum);
        }
        let ((a_negative, a), (b_negative, b)) = (self.parts(), other.parts());
        if a_negative == b_negative {
            return Self::large(a_negative, sum(&a, &b));
        }
        match compare(&a, &b) {
            Ordering::Less => Self::large(b_negative, difference(&b, &a)),
            _ => Self::large(a_negative, difference(&a, &b)),
        }
    }

    /// The product.
    pub fn mul(&self, other: &Self) -> Self {
        if let (Self::Small(a), Self::Small(b)) = (self, other)
            && let Some(product) = a.checked_mul(*b)
        {
            return Self::Small(product);
        }
        let ((a_negative, a), (b_negative, b)) = (self.parts(), other.parts());
        Self::large(a_negative != b_negative, product(&a, &b))
    }
}

fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn sum(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut limbs = Vec::with_capacity(a.len().max(b.len()) + 1);
    let mut carry = 0;
    for n in 0..a.len().max(b.len()) {
        let of = |limbs: &[u32]| u64::from(limbs.get(n).copied().unwrap_or(0));
        let all = of(a) + of(b) + carry;
        limbs.push((all % BASE) as u32);
        carry = all / BASE;
    }
    limbs.push(carry as u32);
    limbs
}

/// `a - b`, where `a` is not the smaller one.
fn difference(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut borrow = 0;
    let limb = |(n, limb): (usize, &u32)| {
        let less = u64::from(b.get(n).copied().unwrap_or(0)) + borrow;
        let (limb, under) = match u64::from(*limb).checked_sub(less) {
            Some(limb) => (limb, 0),
            None => (u64::from(*limb) + BASE - less, 1),
        };
        borrow = under;
        limb as u32
    };
    a.iter().enumerate().map(limb).collect()
}

fn product(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut limbs = vec![0; a.len() + b.len() + 1];
    for (n, x) in a.iter().enumerate() {
        let mut carry = 0;
        for (m, y) in b.iter().enumerate() {
            let all = u64::from(*x) * u64::from(*y) + u64::from(limbs[n + m]) + carry;
            limbs[n + m] = (all % BASE) as u32;
            carry = all / BASE;
        }
        limbs[n + b.len()] = carry as u32;
    }
    limbs
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(number) => number.fmt(f),
            Self::Large { negative, limbs } => {
                f.write_str(if *negative { "-" } else { "" })?;
                let mut limbs = limbs.iter().rev();
                if let Some(first) = limbs.next() {
                    write!(f, "{first}")?;
                }
                limbs.try_for_each(|limb| write!(f, "{limb:09}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;
    use proptest::prelude::*;

    fn read(text: &str) -> Decimal {
        Decimal::read(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn what_python_reads_is_read() {
        for (text, number) in
            [("5", 5), (" -5\n", -5), ("+5", 5), ("1_000", 1000), ("007", 7), ("-0", 0)]
        {
            assert_eq!(read(text), Decimal::Small(number), "{text}");
        }
        for text in ["", "-", "+-1", "1__0", "_1", "1_", "0x1", "1.0", "1e3", "five", "1 2", "--1"]
        {
            assert_eq!(Decimal::read(text), None, "{text}");
        }
        assert!(Decimal::read(&"9".repeat(4300)).is_some());
        assert!(Decimal::read(&"9".repeat(4301)).is_none());
    }

    #[test]
    fn long_sums_and_products() {
        let nines = "9".repeat(40);
        assert_eq!(read(&nines).add(&read("1")).to_string(), format!("1{}", "0".repeat(40)));
        let product = read(&nines).mul(&read(&nines)).to_string();
        assert_eq!(product, format!("{}8{}1", "9".repeat(39), "0".repeat(39)));
        assert_eq!(read(&nines).add(&read(&format!("-{nines}"))), Decimal::Small(0));
        assert_eq!(read(&nines).mul(&read("0")), Decimal::Small(0));
        assert_eq!(read("9223372036854775807").add(&read("1")).to_string(), "9223372036854775808");
    }

    proptest! {
        #[test]
        fn as_the_machine_counts(a: i64, b: i64, c in any::<i128>()) {
            let (x, y) = (read(&a.to_string()), read(&b.to_string()));
            prop_assert_eq!(x.add(&y).to_string(), (i128::from(a) + i128::from(b)).to_string());
            prop_assert_eq!(x.mul(&y).to_string(), (i128::from(a) * i128::from(b)).to_string());
            let half = c / 2;
            let sum = read(&half.to_string()).add(&x).to_string();
            prop_assert_eq!(sum, (half + i128::from(a)).to_string());
            prop_assert_eq!(read(&c.to_string()).to_string(), c.to_string());
        }
    }
}
