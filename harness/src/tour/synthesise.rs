//! Frames as they might have passed, around data that really did: for machines that allow no
//! capture. Every frame made here carries the comment [`LABEL`].
//!
//! It may name the headers of Ethernet, IPv4 and TCP. It does not know sockets or files. Times
//! and data are the relay's; all else is made up, though by the rules.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::relay::{Deed, Happening, Records, Side};
use crate::dissect::{Flags, checksum};
use crate::frame::{CapturedFrame, LinkType};

/// The comment on every frame made here.
pub const LABEL: &str = "synthesised header";

const FIN: u8 = Flags::FIN;
const SYN: u8 = Flags::SYN;
const RST: u8 = Flags::RST;
const PSH: u8 = Flags::PSH;
const ACK: u8 = Flags::ACK;

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
    client: Ipv4Addr,
    port: u16,
    /// The next sequence number of the client, and of the server.
    next: [u32; 2],
    closed: [bool; 2],
    over: bool,
}

/// The frames that would have carried what each client's relay saw, to the server's port `port`.
/// The clients' addresses follow the server's, in the relays' order.
pub fn frames(relays: &[Records], port: u16) -> Vec<CapturedFrame> {
    let mut wire = Wire { frames: Vec::new(), port };
    let mut connections: BTreeMap<(usize, usize), Connection> = BTreeMap::new();
    let seen = relays.iter().enumerate();
    let mut all: Vec<(usize, &Happening)> =
        seen.flat_map(|(n, relay)| relay.happenings.iter().map(move |one| (n, one))).collect();
    // Each relay's are in order, and stay so.
    all.sort_by_key(|(_, happening)| happening.time_ns);
    for (n, happening) in all {
        let number = connections.len();
        let connection = connections
            .entry((n, happening.connection))
            .or_insert_with(|| Connection::new(number, Ipv4Addr::new(172, 18, 0, 3 + n as u8)));
        wire.carry(connection, happening);
    }
    wire.frames
}

impl Connection {
    /// Its sequence numbers tell it from the others, and are the same in every run.
    fn new(number: usize, client: Ipv4Addr) -> Self {
        let next = [1_000_000 * (number as u32 + 1), 2_000_000 * (number as u32 + 1)];
        Self { client, port: 0, next, closed: [false; 2], over: false }
    }
}

struct Wire {
    frames: Vec<CapturedFrame>,
    port: u16,
}

impl Wire {
    fn carry(&mut self, connection: &mut Connection, happening: &Happening) {
        let (time, side) = (happening.time_ns, happening.side);
        let other = if side == Side::Client { Side::Server } else { Side::Client };
        if connection.over {
            return;
        }
        match &happening.deed {
            Deed::Open(port) => {
                connection.port = *port;
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
                connection.over = connection.closed == [true, true];
            }
            Deed::Reset => {
                self.segment(connection, time, side, RST | ACK, b"");
                connection.over = true;
            }
        }
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
        let (ports, ends) = match from {
            Side::Client => ([c.port, self.port], [c.client, SERVER]),
            Side::Server => ([self.port, c.port], [SERVER, c.client]),
        };
        let options: &[u8] = if flags & SYN == 0 { b"" } else { &MSS_OPTION };
        let acknowledged = if flags & ACK == 0 { 0 } else { c.next[theirs] };
        let mut tcp = Vec::with_capacity(24 + data.len());
        tcp.extend_from_slice(&ports[0].to_be_bytes());
        tcp.extend_from_slice(&ports[1].to_be_bytes());
        tcp.extend_from_slice(&c.next[ours].to_be_bytes());
        tcp.extend_from_slice(&acknowledged.to_be_bytes());
        tcp.push((((20 + options.len()) / 4) as u8) << 4);
        tcp.push(flags);
        tcp.extend_from_slice(&WINDOW.to_be_bytes());
        tcp.extend_from_slice(&[0; 4]);
        tcp.extend_from_slice(options);
        tcp.extend_from_slice(data);
        // [9293-3.1-04] The checksum covers a pseudo-header: addresses, protocol, length.
        let pseudo = checksum::pseudo_header((ends[0].into(), ends[1].into()), 6, tcp.len());
        let sum = !(checksum::sum(&tcp, pseudo) as u16);
        tcp[16..18].copy_from_slice(&sum.to_be_bytes());
        // [9293-3.4-02] SYN and FIN take a sequence number each.
        let taken = data.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        c.next[ours] = c.next[ours].wrapping_add(taken);
        self.frame(time, ends, &tcp);
    }

    /// [RFC 791 3.1]
    /// ```text
    ///  0             6        12    14
    ///  | destination | source | 0800 |                                        Ethernet
    ///
    ///  0    1   2        4    6    8     9   10         12       16            20
    ///  | 45 | 0 | length | id | DF | TTL | 6 | checksum | source | destination |  IPv4
    /// ```
    fn frame(&mut self, time: u64, [from, to]: [Ipv4Addr; 2], tcp: &[u8]) {
        let number = self.frames.len() as u64 + 1;
        let mut ip = vec![0x45, 0];
        ip.extend_from_slice(&((20 + tcp.len()) as u16).to_be_bytes());
        ip.extend_from_slice(&(number as u16).to_be_bytes());
        ip.extend_from_slice(&[0x40, 0, 64, 6, 0, 0]);
        ip.extend_from_slice(&from.octets());
        ip.extend_from_slice(&to.octets());
        let sum = !(checksum::sum(&ip, 0) as u16);
        ip[10..12].copy_from_slice(&sum.to_be_bytes());
        let mut bytes = Vec::with_capacity(14 + ip.len() + tcp.len());
        for end in [to, from] {
            bytes.extend_from_slice(&[0x02, 0x42]);
            bytes.extend_from_slice(&end.octets());
        }
        bytes.extend_from_slice(&[0x08, 0x00]);
        bytes.extend_from_slice(&ip);
        bytes.extend_from_slice(tcp);
        // Made-up frames stand one step after the frame before them, never before it.
        let after = self.frames.last().map_or(0, |frame| frame.time_ns + STEP_NS);
        self.frames.push(CapturedFrame {
            number,
            time_ns: time.max(after),
            link_type: LinkType::ETHERNET,
            original_len: bytes.len() as u32,
            bytes: Bytes::from(bytes),
            comment: Some(LABEL.to_owned()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    fn happening(time_ns: u64, side: Side, deed: Deed) -> Happening {
        Happening { time_ns, connection: 0, side, deed }
    }

    #[test]
    fn an_exchange_becomes_frames_that_another_program_finds_right() {
        let happenings = vec![
            happening(10_000, Side::Client, Deed::Open(40_000)),
            happening(20_000, Side::Client, Deed::Data(b"halo!".to_vec())),
            happening(30_000, Side::Server, Deed::Data(b"Echo: halo!".to_vec())),
            happening(40_000, Side::Client, Deed::Close),
            happening(50_000, Side::Server, Deed::Close),
        ];
        let frames = frames(&[Records { start_ns: 0, happenings }], 2222);
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
}
