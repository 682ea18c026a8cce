//! The Internet checksum [RFC 1071]: the ones' complement of the ones' complement sum.
//!
//! It knows sums. It does not know whether a wrong one matters: on the sending host the card
//! often fills it in after the capture.

use std::net::IpAddr;

/// What computing a checksum by hand gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// As the header says.
    Right,
    /// Not as the header says.
    Wrong,
    /// Not all of the bytes that it covers were captured.
    Unknown,
}

/// The sum of 16-bit words in ones' complement; an odd last byte is padded with zero.
pub(crate) fn sum(bytes: &[u8], start: u32) -> u32 {
    let mut sum = u64::from(start);
    let mut words = bytes.chunks_exact(2);
    for word in words.by_ref() {
        sum += u64::from(u16::from_be_bytes([word[0], word[1]]));
    }
    if let [last] = words.remainder() {
        sum += u64::from(*last) << 8;
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u32
}

/// Over bytes that contain their own checksum, the sum is all ones.
pub(super) fn verify(bytes: &[u8], start: u32) -> Checksum {
    if sum(bytes, start) == 0xffff { Checksum::Right } else { Checksum::Wrong }
}

/// The sum over the pseudo header of TCP and UDP [9293-3.1-04], [RFC 8200 8.1].
///
/// ```text
///  IPv4: | source (4)  | destination (4)  | 0 (1) | protocol (1) | length (2)           |
///  IPv6: | source (16) | destination (16) | length (4)           | 0 (3) | protocol (1) |
/// ```
/// The order of words does not change a sum, nor does a word of zeros.
pub(crate) fn pseudo_header(addresses: (IpAddr, IpAddr), protocol: u8, len: usize) -> u32 {
    let start = match addresses {
        (IpAddr::V4(src), IpAddr::V4(dst)) => sum(&dst.octets(), sum(&src.octets(), 0)),
        (IpAddr::V6(src), IpAddr::V6(dst)) => sum(&dst.octets(), sum(&src.octets(), 0)),
        _ => 0,
    };
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let len = sum(&len.to_be_bytes(), start);
    sum(&[0, protocol], len)
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn the_example_of_rfc_1071() {
        // [RFC 1071 3] its numerical example.
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0), 0xddf2);
        assert_eq!(sum(&[0xff], 0), 0xff00);
    }
}
