//! Small values as Python's `pickle.dumps` writes them, which programs often send as a frame.
//!
//! ```text
//!   80 04          protocol 4          80 04 95 …8… 8c 04 halo 94 2e
//!      4b 03       the int 3                 a frame of the pickle, a string, kept as memo 0
//!            2e    stop
//! ```
//!
//! It knows None, bool, int, float, str and bytes of the protocols 2 to 5, alone. It runs
//! nothing: whatever else is in a pickle makes it none for us.

/// The value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pickle<'a> {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An int of at most 16 bytes.
    Int(i128),
    /// A float.
    Float(f64),
    /// A string.
    Str(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Reads a pickle, which must end with the bytes.
pub fn read(bytes: &[u8]) -> Option<Pickle<'_>> {
    let [0x80, protocol @ 2..=5, rest @ ..] = bytes else { return None };
    let rest = match rest {
        // FRAME, only since protocol 4: the length of all that follows.
        [0x95, framed @ ..] if *protocol >= 4 => {
            let (len, framed) = framed.split_first_chunk::<8>()?;
            (u64::from_le_bytes(*len) == framed.len() as u64).then_some(framed)?
        }
        rest => rest,
    };
    let (value, rest) = value(rest)?;
    // What is kept for a second use: MEMOIZE, or BINPUT with its number.
    let memo = matches!(value, Pickle::Str(_) | Pickle::Bytes(_));
    let rest = match rest {
        [0x94, rest @ ..] | [b'q', _, rest @ ..] if memo => rest,
        rest => rest,
    };
    (rest == b".").then_some(value)
}

fn value(bytes: &[u8]) -> Option<(Pickle<'_>, &[u8])> {
    let (code, rest) = bytes.split_first()?;
    Some(match code {
        b'N' => (Pickle::None, rest),
        0x88 => (Pickle::Bool(true), rest),
        0x89 => (Pickle::Bool(false), rest),
        b'K' => {
            let (number, rest) = rest.split_first()?;
            (Pickle::Int((*number).into()), rest)
        }
        b'M' => {
            let (number, rest) = rest.split_first_chunk()?;
            (Pickle::Int(u16::from_le_bytes(*number).into()), rest)
        }
        b'J' => {
            let (number, rest) = rest.split_first_chunk()?;
            (Pickle::Int(i32::from_le_bytes(*number).into()), rest)
        }
        0x8a => {
            let (number, rest) = counted(rest, 1)?;
            (Pickle::Int(long(number)?), rest)
        }
        b'G' => {
            let (number, rest) = rest.split_first_chunk()?;
            (Pickle::Float(f64::from_be_bytes(*number)), rest)
        }
        0x8c => text(counted(rest, 1)?)?,
        b'X' => text(counted(rest, 4)?)?,
        b'C' => bytes_of(counted(rest, 1)?),
        b'B' => bytes_of(counted(rest, 4)?),
        _ => return None,
    })
}

/// A little-endian length in so many bytes, and what it counts.
fn counted(bytes: &[u8], width: usize) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_at_checked(width)?;
    let len = len.iter().rev().fold(0, |len, byte| len << 8 | usize::from(*byte));
    rest.split_at_checked(len)
}

/// Two's complement, the least byte first.
fn long(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xff } else { 0 };
    let mut number = [sign; 16];
    number.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i128::from_le_bytes(number))
}

fn text<'a>((bytes, rest): (&'a [u8], &'a [u8])) -> Option<(Pickle<'a>, &'a [u8])> {
    Some((Pickle::Str(std::str::from_utf8(bytes).ok()?), rest))
}

fn bytes_of<'a>((bytes, rest): (&'a [u8], &'a [u8])) -> (Pickle<'a>, &'a [u8]) {
    (Pickle::Bytes(bytes), rest)
}
