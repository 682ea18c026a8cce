//! Frames as they might have passed, around data that really did: for machines that allow no
//! capture. Every frame made here carries the comment [`LABEL`].
//!
//! It may name the headers of Ethernet, IPv4 and TCP. It does not know sockets or files. Times
//! and data are the relay's; all else is made up, though by the rules.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::relay::{Deed, Happening, Side};
use crate::dissect::{Flags, checksum};
use crate::frame::{CapturedFrame, LinkType};

/// The comment on every frame made here.
pub const LABEL: &str = "synthesised header";

const FIN: u8 = Flags::FIN;
const SYN: u8 = Flags::SYN;
const RST: u8 = Flags::RST;
const PSH: u8 = Flags::PSH;
const ACK: u8 = Flags::ACK;

/// The lab's server.
const SERVER: Ipv4Addr = Ipv4Addr::new(172, 18, 0, 2);
/// Both sides' window: they never run out of room.
const WINDOW: u16 = 64_240;
/// [RFC 9293 3.2] The option on a SYN: kind 2, length 4, 1460 bytes to a segment.
const MSS_OPTION: [u8; 4] = [2, 4, 0x05, 0xb4];
/// A made-up frame comes this much after the one that it belongs to.
const STEP_NS: u64 = 1_000;

/// One connection, as far as it has come.
#[derive(Debug)]
struct Connection {
    /// The client, and the server.
    ends: [SocketAddr; 2],
    /// The next sequence number of each.
    next: [u32; 2],
    closed: [bool; 2],
}

impl Connection {
    /// Its sequence numbers tell it from the others, and are the same in every run.
    fn new(number: usize, client: SocketAddr, server: SocketAddr) -> Self {
        let number = number as u32 + 1;
        let next = [number.wrapping_mul(1_000_000), number.wrapping_mul(2_000_000)];
        // Of two families there is no packet: IPv4 is written as IPv6 then.
        let ends = if client.is_ipv4() == server.is_ipv4() {
            [client, server]
        } else {
            [client, server].map(|end| match end.ip() {
                IpAddr::V4(ip) => (ip.to_ipv6_mapped(), end.port()).into(),
                IpAddr::V6(_) => end,
            })
        };
        Self { ends, next, closed: [false; 2] }
    }
}

/// The frames that would have carried what the lab's relays saw, one for each client, to the
/// server's port `port`. The clients' addresses follow the server's, in the relays' order.
pub fn lab_frames(relays: &[Vec<Happening>], port: u16) -> Vec<CapturedFrame> {
    let mut all: Vec<(usize, &Happening)> = Vec::new();
    for (n, happenings) in relays.iter().enumerate() {
        all.extend(happenings.iter().map(|happening| (n, happening)));
    }
    // Each relay's are in order, and stay so.
    all.sort_by_key(|(_, happening)| happening.time_ns);
    let mut numbers = BTreeMap::new();
    let (mut wire, mut frames) = (Wire::default(), Vec::new());
    for (n, happening) in all {
        let next = numbers.len();
        let connection = *numbers.entry((n, happening.connection)).or_insert(next);
        let deed = match &happening.deed {
            Deed::Open(client, _) => {
                let host = Ipv4Addr::new(172, 18, 0, 3 + n as u8);
                Deed::Open((host, client.port()).into(), (SERVER, port).into())
            }
            other => other.clone(),
        };
        frames.extend(wire.carry(&Happening { connection, deed, ..*happening }));
    }
    frames
}

/// Puts frames around happenings, one after the other.
#[derive(Debug, Default)]
pub struct Wire {
    connections: BTreeMap<usize, Connection>,
    /// Connections that are over.
    over: u64,
    /// Frames that were made.
    count: u64,
    /// The time of the last of them.
    last_ns: u64,
    frames: Vec<CapturedFrame>,
}

impl Wire {
    /// The frames of one happening.
    pub fn carry(&mut self, happening: &Happening) -> Vec<CapturedFrame> {
        let (time, number) = (happening.time_ns, happening.connection);
        if let Deed::Open(client, server) = happening.deed {
            self.connections.insert(number, Connection::new(number, client, server));
        }
        // What comes behind a connection's end is not its own any more.
        let Some(mut connection) = self.connections.remove(&number) else { return Vec::new() };
        if self.segments(&mut connection, time, happening) {
            self.over += 1;
        } else {
            self.connections.insert(number, connection);
        }
        std::mem::take(&mut self.frames)
    }

    /// How many connections are over.
    pub fn over(&self) -> u64 {
        self.over
    }

    /// Writes the segments; is the connection over with them?
    fn segments(&mut self, connection: &mut Connection, time: u64, happening: &Happening) -> bool {
        let side = happening.side;
        let other = if side == Side::Client { Side::Server } else { Side::Client };
        match &happening.deed {
            Deed::Open(..) => {
                self.segment(connection, time, Side::Client, SYN, b"");
                self.segment(connection, time, Side::Server, SYN | ACK, b"");
                self.segment(connection, time, Side::Client, ACK, b"");
            }
            Deed::Data(data) => {
                self.segment(connection, time, side, PSH | ACK, data);
                self.segment(connection, time, other, ACK, b"");
            }
            Deed::Close => {
                self.segment(connection, time, side, FIN | ACK, b"");
                self.segment(connection, time, other, ACK, b"");
                connection.closed[side as usize] = true;
            }
            Deed::Reset => {
                self.segment(connection, time, side, RST | ACK, b"");
                return true;
            }
        }
        connection.closed == [true, true]
    }

    /// [RFC 9293 3.1]
    /// ```text
    ///  0        2             4          8                 12            13
    ///  | source | destination | sequence | acknowledgement | offset << 4 | flags
    ///
    ///  14       16         18       20
    ///  | window | checksum | urgent | options | data
    /// ```
    fn segment(&mut self, c: &mut Connection, time: u64, from: Side, flags: u8, data: &[u8]) {
        let (ours, theirs) = (from as usize, 1 - from as usize);
        let (source, destination) = (c.ends[ours], c.ends[theirs]);
        let options: &[u8] = if flags & SYN == 0 { b"" } else { &MSS_OPTION };
        let acknowledged = if flags & ACK == 0 { 0 } else { c.next[theirs] };
        let mut tcp = Vec::with_capacity(24 + data.len());
        tcp.extend_from_slice(&source.port().to_be_bytes());
        tcp.extend_from_slice(&destination.port().to_be_bytes());
        tcp.extend_from_slice(&c.next[ours].to_be_bytes());
        tcp.extend_from_slice(&acknowledged.to_be_bytes());
        tcp.push((((20 + options.len()) / 4) as u8) << 4);
        tcp.push(flags);
        tcp.extend_from_slice(&WINDOW.to_be_bytes());
        tcp.extend_from_slice(&[0; 4]);
        tcp.extend_from_slice(options);
        tcp.extend_from_slice(data);
        // [9293-3.1-04] The checksum covers a pseudo-header: addresses, protocol, length.
        let hosts = (source.ip(), destination.ip());
        let pseudo = checksum::pseudo_header(hosts, 6, tcp.len());
        let sum = !(checksum::sum(&tcp, pseudo) as u16);
        tcp[16..18].copy_from_slice(&sum.to_be_bytes());
        // [9293-3.4-02] SYN and FIN take a sequence number each.
        let taken = data.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        c.next[ours] = c.next[ours].wrapping_add(taken);
        self.frame(time, hosts, &tcp);
    }

    /// ```text
    ///  0             6        12             14
    ///  | destination | source | 0800 or 86dd |                                      Ethernet
    /// ```
    fn frame(&mut self, time: u64, (from, to): (IpAddr, IpAddr), tcp: &[u8]) {
        self.count += 1;
        let mut bytes = Vec::with_capacity(14 + 40 + tcp.len());
        for end in [to, from] {
            bytes.extend_from_slice(&[0x02, 0x42]);
            match end {
                IpAddr::V4(ip) => bytes.extend_from_slice(&ip.octets()),
                IpAddr::V6(ip) => bytes.extend_from_slice(&ip.octets()[12..]),
            }
        }
        match (from, to) {
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                bytes.extend_from_slice(&[0x86, 0xdd]);
                bytes.extend_from_slice(&ipv6(tcp.len(), [from, to].map(|ip| ip.octets())));
            }
            (from, to) => {
                let octets = [from, to].map(|ip| match ip {
                    IpAddr::V4(ip) => ip.octets(),
                    // The ends of a connection are of one family.
                    IpAddr::V6(_) => [0; 4],
                });
                bytes.extend_from_slice(&[0x08, 0x00]);
                bytes.extend_from_slice(&ipv4(tcp.len(), self.count as u16, octets));
            }
        }
        bytes.extend_from_slice(tcp);
        // Made-up frames stand one step after the frame before them, never before it.
        self.last_ns = time.max(self.last_ns + STEP_NS);
        self.frames.push(CapturedFrame {
            number: self.count,
            time_ns: self.last_ns,
            link_type: LinkType::ETHERNET,
            original_len: bytes.len() as u32,
            bytes: Bytes::from(bytes),
            comment: Some(LABEL.to_owned()),
        });
    }
}

/// [RFC 791 3.1]
/// ```text
///  0    1   2        4    6    8     9   10         12       16            20
///  | 45 | 0 | length | id | DF | TTL | 6 | checksum | source | destination |
/// ```
fn ipv4(tcp_len: usize, id: u16, ends: [[u8; 4]; 2]) -> Vec<u8> {
    let mut ip = vec![0x45, 0];
    ip.extend_from_slice(&((20 + tcp_len) as u16).to_be_bytes());
    ip.extend_from_slice(&id.to_be_bytes());
    ip.extend_from_slice(&[0x40, 0, 64, 6, 0, 0]);
    ip.extend_from_slice(&ends.concat());
    let sum = !(checksum::sum(&ip, 0) as u16);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    ip
}

/// [RFC 8200 3]
/// ```text
///  0                 4        6   7           8        24            40
///  | 6, class, label | length | 6 | hop limit | source | destination |
/// ```
fn ipv6(tcp_len: usize, ends: [[u8; 16]; 2]) -> Vec<u8> {
    let mut ip = vec![0x60, 0, 0, 0];
    ip.extend_from_slice(&(tcp_len as u16).to_be_bytes());
    ip.extend_from_slice(&[6, 64]);
    ip.extend_from_slice(&ends.concat());
    ip
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    fn at(addr: &str) -> SocketAddr {
        addr.parse().unwrap()
    }

    fn happening(time_ns: u64, side: Side, deed: Deed) -> Happening {
        Happening { time_ns, connection: 0, side, deed }
    }

    #[test]
    fn an_exchange_becomes_frames_that_another_program_finds_right() {
        let happenings = vec![
            happening(10_000, Side::Client, Deed::Open(at("127.0.0.1:40000"), at("127.0.0.1:9"))),
            happening(20_000, Side::Client, Deed::Data(b"halo!".to_vec())),
            happening(30_000, Side::Server, Deed::Data(b"Echo: halo!".to_vec())),
            happening(40_000, Side::Client, Deed::Close),
            happening(50_000, Side::Server, Deed::Close),
        ];
        let frames = lab_frames(&[happenings], 2222);
        let mut next = [0u32; 2];
        for (n, frame) in frames.iter().enumerate() {
            assert_eq!(frame.comment.as_deref(), Some("synthesised header"));
            let packet = SlicedPacket::from_ethernet(&frame.bytes).unwrap();
            let Some(NetSlice::Ipv4(ip)) = packet.net else { panic!("frame {n} is not IPv4") };
            let Some(TransportSlice::Tcp(tcp)) = packet.transport else { panic!("not TCP") };
            let header = ip.header();
            assert_eq!(header.to_header().calc_header_checksum(), header.header_checksum());
            let right = tcp.calc_checksum_ipv4(header.source(), header.destination());
            assert_eq!(right.unwrap(), tcp.checksum(), "frame {n}");
            let (ours, theirs) = if tcp.destination_port() == 2222 { (0, 1) } else { (1, 0) };
            if !tcp.syn() {
                assert_eq!(tcp.sequence_number(), next[ours], "frame {n}");
            }
            if tcp.ack() {
                assert_eq!(tcp.acknowledgment_number(), next[theirs], "frame {n}");
            }
            let taken = tcp.payload().len() as u32 + u32::from(tcp.syn() || tcp.fin());
            next[ours] = tcp.sequence_number() + taken;
        }
        // Handshake 3, two pieces of data with their ACKs 4, close 4.
        assert_eq!(frames.len(), 11);
        assert!(frames.is_sorted_by(|a, b| a.time_ns < b.time_ns));
    }

    #[test]
    fn two_families_meet_in_ipv6() {
        for (client, server) in [("[::1]:4", "[::1]:5"), ("127.0.0.1:4", "[::1]:5")] {
            let mut wire = Wire::default();
            let mut frames = Vec::new();
            for deed in [
                Deed::Open(at(client), at(server)),
                Deed::Data(b"x".to_vec()),
                Deed::Reset,
                Deed::Data(b"behind the end".to_vec()),
            ] {
                frames.extend(wire.carry(&happening(1, Side::Client, deed)));
            }
            assert_eq!(frames.len(), 6, "handshake 3, data and its ACK, reset");
            for frame in frames {
                let packet = SlicedPacket::from_ethernet(&frame.bytes).unwrap();
                let Some(NetSlice::Ipv6(ip)) = packet.net else { panic!("not IPv6") };
                let Some(TransportSlice::Tcp(tcp)) = packet.transport else { panic!("not TCP") };
                let (source, destination) = (ip.header().source(), ip.header().destination());
                let right = tcp.calc_checksum_ipv6(source, destination);
                assert_eq!(right.unwrap(), tcp.checksum());
            }
        }
    }
}
