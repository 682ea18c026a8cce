//! Which frames a capture keeps: `port N` and `host A`, joined by `and`, as tcpdump has them.
//!
//! It may name Ethernet, ARP, IP and the ports of TCP and UDP, as far as these two questions
//! need. What the frames mean is `dissect`'s; this is a sieve, and looks at each byte once.

use std::net::IpAddr;

use crate::frame::{CapturedFrame, LinkType};

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ETHERTYPE_VLAN: u16 = 0x8100;
const ETHERTYPE_SERVICE_VLAN: u16 = 0x88a8;
/// More tags than this no network puts before a frame.
const TAGS_MAX: u32 = 4;
const PROTOCOL_TCP: u8 = 6;
const PROTOCOL_UDP: u8 = 17;

/// The sieve. What is `None` is not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// TCP or UDP from or to this port.
    pub port: Option<u16>,
    /// IP or ARP from or to this address.
    pub host: Option<IpAddr>,
}

/// What a frame says about who speaks to whom.
#[derive(Debug, Default)]
struct Ends {
    addresses: Option<(IpAddr, IpAddr)>,
    ports: Option<(u16, u16)>,
}

impl Filter {
    /// Reads `port 2222 and host 172.18.0.2`; each of both at most once.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let mut filter = Self::default();
        let mut words = words.iter().flat_map(|word| word.split_whitespace());
        let mut next = words.next();
        while let Some(kind) = next {
            let value = words.next().ok_or_else(|| format!("filter: {kind:?} of what?"))?;
            match kind {
                "port" if filter.port.is_none() => {
                    let port = value.parse().map_err(|_| format!("filter: no port {value:?}"))?;
                    filter.port = Some(port);
                }
                "host" if filter.host.is_none() => {
                    let host = value
                        .parse()
                        .map_err(|_| format!("filter: {value:?} is no address (names are not)"))?;
                    filter.host = Some(host);
                }
                _ => {
                    return Err(format!(
                        "filter: unexpected {kind:?}; understood are `port N`, `host ADDRESS`, \
                         each once, joined by `and`"
                    ));
                }
            }
            next = words.next();
            if next == Some("and") {
                next = Some(words.next().ok_or("filter: ends with `and`")?);
            } else if let Some(word) = next {
                return Err(format!("filter: expected `and` before {word:?}"));
            }
        }
        Ok(filter)
    }

    /// Is this frame wanted?
    pub fn keeps(&self, frame: &CapturedFrame) -> bool {
        if *self == Self::default() {
            return true;
        }
        let ends = ends_of(frame).unwrap_or_default();
        let host = self
            .host
            .is_none_or(|host| ends.addresses.is_some_and(|(from, to)| from == host || to == host));
        let port = self
            .port
            .is_none_or(|port| ends.ports.is_some_and(|(from, to)| from == port || to == port));
        host && port
    }
}

/// [IEEE 802.1Q] A tag stands before the EtherType, and what it tags counts as if it were not.
/// ```text
///  0             6        12              16          18
///  | destination | source | 8100 tag, ... | EtherType | ...      Ethernet
/// ```
fn ends_of(frame: &CapturedFrame) -> Option<Ends> {
    let bytes = &frame.bytes[..];
    if frame.link_type != LinkType::ETHERNET {
        return match bytes.first()? >> 4 {
            4 => ipv4(bytes),
            6 => ipv6(bytes),
            _ => None,
        };
    }
    let mut at = 12;
    let mut tags = 0;
    while matches!(number(bytes, at)?, ETHERTYPE_VLAN | ETHERTYPE_SERVICE_VLAN) && tags < TAGS_MAX {
        at += 4;
        tags += 1;
    }
    let rest = bytes.get(at + 2..)?;
    match number(bytes, at)? {
        ETHERTYPE_IPV4 => ipv4(rest),
        ETHERTYPE_IPV6 => ipv6(rest),
        // [RFC 826] sender's protocol address at 14, target's at 24, for Ethernet and IPv4.
        ETHERTYPE_ARP => {
            let addresses = Some((v4(rest, 14)?, v4(rest, 24)?));
            Some(Ends { addresses, ports: None })
        }
        _ => None,
    }
}

/// [RFC 791 3.1]
/// ```text
///  0             6                9          12       16            20 or more
///  | version ihl | flags fragment | protocol | source | destination | options | ports
/// ```
fn ipv4(bytes: &[u8]) -> Option<Ends> {
    let addresses = Some((v4(bytes, 12)?, v4(bytes, 16)?));
    let header = usize::from(bytes[0] & 0x0f) * 4;
    // Only the first fragment has the ports.
    let fragment_offset = number(bytes, 6)? & 0x1fff;
    let ports = (fragment_offset == 0).then(|| ports(bytes[9], bytes.get(header..)?)).flatten();
    Some(Ends { addresses, ports })
}

/// [RFC 8200 3]
/// ```text
///  0         6             8        24            40
///  | version | next header | source | destination | ports, when no extension header stands before
/// ```
fn ipv6(bytes: &[u8]) -> Option<Ends> {
    let address = |at: usize| -> Option<IpAddr> {
        let octets: [u8; 16] = bytes.get(at..at + 16)?.try_into().ok()?;
        Some(IpAddr::from(octets))
    };
    let addresses = Some((address(8)?, address(24)?));
    let ports = ports(*bytes.get(6)?, bytes.get(40..)?);
    Some(Ends { addresses, ports })
}

/// TCP and UDP both begin with the source port and the destination port.
fn ports(protocol: u8, bytes: &[u8]) -> Option<(u16, u16)> {
    matches!(protocol, PROTOCOL_TCP | PROTOCOL_UDP)
        .then(|| Some((number(bytes, 0)?, number(bytes, 2)?)))
        .flatten()
}

fn v4(bytes: &[u8], at: usize) -> Option<IpAddr> {
    let octets: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(IpAddr::from(octets))
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn frame(bytes: &[u8]) -> CapturedFrame {
        CapturedFrame {
            number: 1,
            time_ns: 0,
            link_type: LinkType::ETHERNET,
            bytes: Bytes::copy_from_slice(bytes),
            original_len: bytes.len() as u32,
            comment: None,
        }
    }

    fn parse(text: &str) -> Result<Filter, String> {
        Filter::parse(&[text.to_owned()])
    }

    fn tcp(from: u16, to: u16) -> Vec<u8> {
        let builder = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4([172, 18, 0, 3], [172, 18, 0, 2], 64)
            .tcp(from, to, 1, 1000);
        let mut bytes = Vec::new();
        builder.write(&mut bytes, b"halo").unwrap();
        bytes
    }

    #[test]
    fn words_are_understood_or_refused() {
        let both = Filter { port: Some(2222), host: Some("172.18.0.2".parse().unwrap()) };
        assert_eq!(parse("port 2222 and host 172.18.0.2"), Ok(both));
        assert_eq!(parse(""), Ok(Filter::default()));
        for wrong in ["port", "port x", "port 70000", "host nobody", "udp", "port 1 port 2"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["port 1 and", "port 1 and port 2", "port 1 or host ::1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn frames_are_sifted_by_port_and_host() {
        let wanted = parse("port 2222 and host 172.18.0.2").unwrap();
        assert!(wanted.keeps(&frame(&tcp(40_000, 2222))));
        assert!(wanted.keeps(&frame(&tcp(2222, 40_000))));
        assert!(!wanted.keeps(&frame(&tcp(40_000, 2223))));
        assert!(!parse("host 172.18.0.9").unwrap().keeps(&frame(&tcp(1, 2222))));
        // The ports of a later fragment are data.
        let mut fragment = tcp(40_000, 2222);
        fragment[14 + 7] = 1;
        assert!(!wanted.keeps(&frame(&fragment)));
        assert!(parse("host 172.18.0.3").unwrap().keeps(&frame(&fragment)));
    }

    #[test]
    fn a_tag_hides_nothing() {
        let mut tagged = tcp(40_000, 2222);
        for tag in [[0x81, 0, 0, 5], [0x88, 0xa8, 0, 7]] {
            tagged.splice(12..12, tag);
            assert!(parse("port 2222").unwrap().keeps(&frame(&tagged)));
        }
    }

    #[test]
    fn a_frame_cut_anywhere_is_no_panic() {
        let whole = tcp(1, 2);
        let filter = parse("port 2").unwrap();
        for length in 0..whole.len() {
            assert_eq!(filter.keeps(&frame(&whole[..length])), length >= 14 + 20 + 4, "{length}");
        }
    }
}
