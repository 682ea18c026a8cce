//! What the lab's own programs say, and the numbers that they send.
//!
//! It knows texts, and Python's way to write bytes and small integers. It does not know sockets.

use jiff::ZonedDateTime;
use std::fmt::Write as _;
use wirelab_reactor::random::Random;

/// What the lab's client asks, and what its server replies.
pub const REQUEST: &str = "Hello";
/// See [`REQUEST`].
pub const REPLY: &str = "World";
/// What the lab's publisher publishes, and its subscriber wants.
pub const TOPIC: &str = "WAKTU";
/// The largest workload of the lab's producer; the smallest is 1.
const WORKLOAD_MAX: u64 = 100;

/// Bytes as Python prints them: `b'Hello'`.
pub fn python_bytes(bytes: &[u8]) -> String {
    // It takes double quotes where only that saves it from an escape.
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    let mut text = format!("b{}", char::from(quote));
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            byte if byte == quote => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            byte => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push(char::from(quote));
    text
}

/// A number as Python pickles it, protocol 4:
/// ```text
///   80 04     4b nn           2e
///   protocol  BININT1, value  STOP
/// ```
pub fn pickle(number: u8) -> Vec<u8> {
    vec![0x80, 0x04, 0x4b, number, 0x2e]
}

/// The number in such a pickle.
pub fn unpickle(bytes: &[u8]) -> Option<u8> {
    match bytes {
        &[0x80, _, 0x4b, number, 0x2e] => Some(number),
        _ => None,
    }
}

/// The next workload of the lab's producer.
pub fn workload(random: &mut Random) -> u8 {
    (1 + random.below(WORKLOAD_MAX)) as u8
}

/// Chance, but no secrets.
pub fn chance() -> Random {
    let nanos = ZonedDateTime::now().timestamp().subsec_nanosecond().unsigned_abs();
    Random::new(u64::from(nanos) << 32 | u64::from(std::process::id()))
}

/// The time as C's asctime writes it, 24 characters: `Wed Nov 25 16:55:38 2026`.
pub fn asctime() -> String {
    ZonedDateTime::now().strftime("%a %b %e %H:%M:%S %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::{asctime, pickle, python_bytes, unpickle};

    #[test]
    fn bytes_look_as_python_prints_them() {
        for (bytes, text) in [
            (&b"Hello"[..], "b'Hello'"),
            (b"it's", "b\"it's\""),
            (b"it's \"so\"", "b'it\\'s \"so\"'"),
            (b"\\\n\x00\xff", "b'\\\\\\n\\x00\\xff'"),
            (b"", "b''"),
        ] {
            assert_eq!(python_bytes(bytes), text);
        }
    }

    #[test]
    fn a_pickled_number_is_that_of_the_labs_capture() {
        assert_eq!(pickle(3), b"\x80\x04\x4b\x03\x2e");
        assert_eq!(unpickle(&pickle(100)), Some(100));
        assert_eq!(unpickle(b"\x80\x04K\x03"), None);
    }

    #[test]
    fn the_time_has_the_labs_length() {
        assert_eq!(asctime().len(), 24, "{}", asctime());
    }
}
