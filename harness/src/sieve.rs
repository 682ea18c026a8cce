//! The kernel's part of a filter: a program for its packet machine (BPF), which drops before they
//! are queued the IPv4 frames that [`Filter`] would turn down. On a busy interface they would fill
//! the socket's room, and the wanted ones would be dropped. Linux only.
//!
//! ```text
//!   instruction   code 2 | if true, skip 1 | if not, skip 1 | k 4         (linux/filter.h)
//!   registers     A: what was loaded    X: the length of the IPv4 header
//! ```
//! It decides nothing alone: whatever else there is (ARP, IPv6, tags) passes, and meets the filter
//! behind the socket. It knows Ethernet and IPv4, as far as addresses and ports are concerned.

use nix::libc::sock_filter;
use std::net::IpAddr;

use crate::filter::Filter;
use crate::packet::FRAME_MAX;

/// Where things stand in a frame of Ethernet and IPv4 (RFC 791 3.1).
mod place {
    pub const ETHERTYPE: u32 = 12;
    pub const IP: u32 = 14;
    pub const FRAGMENT: u32 = IP + 6;
    pub const PROTOCOL: u32 = IP + 9;
    pub const SOURCE: u32 = IP + 12;
    pub const DESTINATION: u32 = IP + 16;
}

const IPV4: u32 = 0x0800;
const TCP: u32 = 6;
const UDP: u32 = 17;
/// The part of the field that tells where a fragment begins.
const FRAGMENT_OFFSET: u32 = 0x1fff;

/// Where it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Next,
    /// So many instructions are passed over.
    Over(u8),
    Keep,
    Drop,
}

/// An instruction, before it is known how far away the ends are.
#[derive(Clone, Copy, Debug)]
enum Step {
    Load8(u32),
    Load16(u32),
    Load32(u32),
    /// X = the length of the IPv4 header that begins there.
    HeaderLen(u32),
    /// A = two octets at X + k.
    Load16Behind(u32),
    /// Is A equal to k?
    IfEqual(u32, To, To),
    /// Has A a bit of k?
    IfAny(u32, To, To),
}

/// The program, as `(code, if true, if not, k)`; `None`: this filter keeps everything.
fn program(filter: &Filter) -> Option<Vec<(u16, u8, u8, u32)>> {
    if *filter == Filter::default() {
        return None;
    }
    let mut steps = vec![Step::Load16(place::ETHERTYPE), Step::IfEqual(IPV4, To::Next, To::Keep)];
    let last = if filter.port.is_some() { To::Next } else { To::Keep };
    match filter.host {
        // `Over(2)` passes over the destination.
        Some(IpAddr::V4(host)) => steps.extend([
            Step::Load32(place::SOURCE),
            Step::IfEqual(host.to_bits(), To::Over(2), To::Next),
            Step::Load32(place::DESTINATION),
            Step::IfEqual(host.to_bits(), last, To::Drop),
        ]),
        Some(IpAddr::V6(_)) => steps.push(Step::IfEqual(IPV4, To::Drop, To::Drop)),
        None => {}
    }
    if let Some(port) = filter.port.map(u32::from) {
        steps.extend([
            // Later fragments have no ports.
            Step::Load16(place::FRAGMENT),
            Step::IfAny(FRAGMENT_OFFSET, To::Drop, To::Next),
            Step::Load8(place::PROTOCOL),
            Step::IfEqual(TCP, To::Over(1), To::Next),
            Step::IfEqual(UDP, To::Next, To::Drop),
            Step::HeaderLen(place::IP),
            Step::Load16Behind(place::IP),
            Step::IfEqual(port, To::Keep, To::Next),
            Step::Load16Behind(place::IP + 2),
            Step::IfEqual(port, To::Keep, To::Drop),
        ]);
    }
    Some(assembled(&steps))
}

/// Behind the steps stand two more: keep, and drop.
fn assembled(steps: &[Step]) -> Vec<(u16, u8, u8, u32)> {
    let mut out = Vec::with_capacity(steps.len() + 2);
    for (at, step) in steps.iter().enumerate() {
        // The program has a dozen instructions or two.
        let keep = (steps.len() - at - 1) as u8;
        let way = |to| match to {
            To::Next => 0,
            To::Over(n) => n,
            To::Keep => keep,
            To::Drop => keep + 1,
        };
        out.push(match *step {
            Step::Load8(k) => (0x30, 0, 0, k),
            Step::Load16(k) => (0x28, 0, 0, k),
            Step::Load32(k) => (0x20, 0, 0, k),
            Step::HeaderLen(k) => (0xb1, 0, 0, k),
            Step::Load16Behind(k) => (0x48, 0, 0, k),
            Step::IfEqual(k, yes, no) => (0x15, way(yes), way(no), k),
            Step::IfAny(k, yes, no) => (0x45, way(yes), way(no), k),
        });
    }
    // What is returned is how much of the frame is kept.
    out.extend([(0x06, 0, 0, FRAME_MAX as u32), (0x06, 0, 0, 0)]);
    out
}

/// The program as the kernel takes it; `None`: this filter keeps everything.
pub fn sieve(filter: &Filter) -> Option<Vec<sock_filter>> {
    let program = program(filter)?;
    Some(program.into_iter().map(|(code, jt, jf, k)| sock_filter { code, jt, jf, k }).collect())
}

#[cfg(test)]
mod tests {
    use super::{Filter, program};
    use crate::frame::{CapturedFrame, LinkType};
    use bytes::Bytes;
    use proptest::prelude::*;

    /// What the kernel's machine makes of a frame: a load beyond its end drops it.
    fn passes(program: &[(u16, u8, u8, u32)], frame: &[u8]) -> bool {
        let (mut a, mut x, mut at) = (0_u32, 0_u32, 0);
        let load = |from: u32, len: usize| -> Option<u32> {
            let octets = frame.get(from as usize..from as usize + len)?;
            Some(octets.iter().fold(0, |all, octet| all << 8 | u32::from(*octet)))
        };
        loop {
            let (code, yes, no, k) = program[at];
            let loaded = match code {
                0x30 => load(k, 1),
                0x28 => load(k, 2),
                0x20 => load(k, 4),
                0x48 => load(x + k, 2),
                0xb1 => load(k, 1).map(|octet| {
                    x = (octet & 0x0f) * 4;
                    a
                }),
                0x15 => {
                    at += usize::from(if a == k { yes } else { no });
                    Some(a)
                }
                0x45 => {
                    at += usize::from(if a & k != 0 { yes } else { no });
                    Some(a)
                }
                0x06 => return k > 0,
                other => panic!("code {other:#x}"),
            };
            let Some(loaded) = loaded else { return false };
            a = loaded;
            at += 1;
        }
    }

    fn captured(bytes: &[u8]) -> CapturedFrame {
        CapturedFrame {
            number: 1,
            time_ns: 0,
            link_type: LinkType::ETHERNET,
            bytes: Bytes::copy_from_slice(bytes),
            original_len: bytes.len() as u32,
            comment: None,
        }
    }

    fn frame(from: u16, to: u16, is_udp: bool) -> Vec<u8> {
        let builder = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(
            [172, 18, 0, 3],
            [172, 18, 0, 2],
            64,
        );
        let mut bytes = Vec::new();
        let written = if is_udp {
            builder.udp(from, to).write(&mut bytes, b"halo")
        } else {
            builder.tcp(from, to, 1, 1000).write(&mut bytes, b"halo")
        };
        written.unwrap();
        bytes
    }

    fn filters() -> impl Iterator<Item = Filter> {
        ["port 2222", "host 172.18.0.2", "host ::1", "port 2222 and host 172.18.0.3"]
            .into_iter()
            .map(|text| Filter::parse(&[text.to_owned()]).unwrap())
    }

    #[test]
    fn ipv4_is_sifted_as_the_filter_does() {
        for filter in filters() {
            let program = program(&filter).unwrap();
            for (from, to) in [(2222, 9), (9, 2222), (9, 2223), (2222, 2222)] {
                for is_udp in [false, true] {
                    let mut bytes = frame(from, to, is_udp);
                    let kept = filter.keeps(&captured(&bytes));
                    assert_eq!(passes(&program, &bytes), kept, "{filter:?} {from} {to}");
                    // A later fragment; then another protocol.
                    bytes[14 + 7] = 1;
                    let kept = filter.keeps(&captured(&bytes));
                    assert_eq!(passes(&program, &bytes), kept, "{filter:?} {from} {to}");
                    (bytes[14 + 7], bytes[14 + 9]) = (0, 1);
                    let kept = filter.keeps(&captured(&bytes));
                    assert_eq!(passes(&program, &bytes), kept, "{filter:?} {from} {to}");
                }
            }
        }
        assert!(program(&Filter::default()).is_none(), "nothing to be sifted");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..<_>::default() })]

        /// Nothing that is wanted is lost, whatever the frame.
        #[test]
        fn what_the_filter_keeps_passes(
            ports in any::<(bool, bool)>(),
            is_udp in any::<bool>(),
            changes in prop::collection::vec((0..60_usize, any::<u8>()), 0..4),
            len in 0..60_usize,
        ) {
            let port = |ours| if ours { 2222 } else { 9 };
            let mut bytes = frame(port(ports.0), port(ports.1), is_udp);
            for (at, octet) in changes {
                let at = at % bytes.len();
                bytes[at] = octet;
            }
            bytes.truncate(len.max(1));
            for filter in filters() {
                if filter.keeps(&captured(&bytes)) {
                    prop_assert!(passes(&program(&filter).unwrap(), &bytes), "{:?}", filter);
                }
            }
        }
    }
}
