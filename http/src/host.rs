//! `Host` and the authority of a target: a name or an address, and perhaps a port.
//!
//! ```text
//!   uri-host [ ":" port ]      example.com:8080     192.0.2.1     [2001:db8::1]:80
//! ```
//! It knows the grammar of RFC 3986, 3.2. Whether anybody of this name is here it does not.

use std::net::Ipv6Addr;

use crate::grammar;

/// Splits an authority without userinfo in host and port.
///
/// `None`: it is not of this form. The host may be empty; a port that is empty is none.
pub fn split(authority: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let (host, rest) = if authority.first() == Some(&b'[') {
        let end = authority.iter().position(|octet| *octet == b']')?;
        literal(&authority[1..end])?;
        authority.split_at(end + 1)
    } else {
        authority.split_at(name(authority)?)
    };
    match rest {
        [] | [b':'] => Some((host, None)),
        [b':', port @ ..] => Some((host, Some(number(port)?))),
        _ => None,
    }
}

/// Where a name or an IPv4 address ends.
fn name(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += grammar::host(&octets[at..]);
        match &octets[at..] {
            [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => at += 3,
            [b'%', ..] => return None,
            _ => return Some(at),
        }
    }
}

/// What may stand between brackets: an IPv6 address, or an address of a later kind.
fn literal(octets: &[u8]) -> Option<()> {
    let text = std::str::from_utf8(octets).ok()?;
    if let Some(later) = text.strip_prefix(['v', 'V']) {
        let (version, address) = later.split_once('.')?;
        let hex = !version.is_empty() && version.bytes().all(|octet| octet.is_ascii_hexdigit());
        let allowed = |octet: u8| octet == b':' || grammar::host(&[octet]) == 1;
        return (hex && !address.is_empty() && address.bytes().all(allowed)).then_some(());
    }
    text.parse::<Ipv6Addr>().ok().map(|_| ())
}

fn number(digits: &[u8]) -> Option<u16> {
    if digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    u16::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn hosts_and_ports() {
        let good: [(&[u8], &[u8], Option<u16>); 9] = [
            (b"", b"", None),
            (b"a", b"a", None),
            (b"example.com:80", b"example.com", Some(80)),
            (b"example.com:", b"example.com", None),
            (b"192.0.2.1:65535", b"192.0.2.1", Some(65535)),
            (b"[::1]", b"[::1]", None),
            (b"[2001:db8::1]:8080", b"[2001:db8::1]", Some(8080)),
            (b"[v1.a:b]", b"[v1.a:b]", None),
            (b"a%20b", b"a%20b", None),
        ];
        for (authority, host, port) in good {
            assert_eq!(split(authority), Some((host, port)), "{authority:?}");
        }
        let bad: [&[u8]; 14] = [
            b"a b", b"a:b", b"a:1:2", b"a:65536", b"a:+1", b"[::1", b"[zz]", b"[]", b"[::1]x",
            b"user@a", b"a/b", b"a%2", b"a\x80", b"[v.a]",
        ];
        for authority in bad {
            assert_eq!(split(authority), None, "{authority:?}");
        }
    }
}
