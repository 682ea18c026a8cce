//! The TCP header. [RFC 9293 3.1]
//!
//! It knows one segment. Sequence numbers, and what they mean, are `conversation`'s.
//!
//! ```text
//!   0                   1                   2                   3
//!   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!  |          Source Port          |       Destination Port        |
//!  |                        Sequence Number                        |
//!  |                    Acknowledgment Number                      |
//!  |  Data |       |C|E|U|A|P|R|S|F|                               |
//!  | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
//!  |       |       |R|E|G|K|H|T|N|N|                               |
//!  |           Checksum            |         Urgent Pointer        |
//!  |                     Options, if Data Offset > 5 …
//! ```

use super::{Checksum, Content, Sheet, TcpOptions, checksum, tcp_options};
use crate::lang::both;
use std::fmt;
use std::ops::Range;

pub(super) const PROTOCOL: u8 = 6;
const FIXED_LEN: usize = 20;
const SPEC: &str = "RFC 9293 3.1";

/// The control bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronize sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// Push: hand it to the program.
    pub const PSH: u8 = 0x08;
    /// The acknowledgment number counts.
    pub const ACK: u8 = 0x10;

    /// Is this bit set?
    pub fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(u8, &str); 8] = [
            (Flags::SYN, "SYN"),
            (Flags::FIN, "FIN"),
            (Flags::RST, "RST"),
            (Flags::PSH, "PSH"),
            (Flags::ACK, "ACK"),
            (0x20, "URG"),
            (0x40, "ECE"),
            (0x80, "CWR"),
        ];
        let mut first = true;
        for (bit, name) in NAMES {
            if self.has(bit) {
                f.write_str(if first { "" } else { "," })?;
                f.write_str(name)?;
                first = false;
            }
        }
        if first { f.write_str("none") } else { Ok(()) }
    }
}

/// A segment's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// Of the first byte of data, or of the SYN.
    pub seq: u32,
    /// The next byte that the sender expects, if ACK is set.
    pub ack: u32,
    /// The control bits.
    pub flags: Flags,
    /// As it stands in the header, not scaled.
    pub window: u16,
    /// The options.
    pub options: TcpOptions,
    /// How many bytes of options there are.
    pub options_len: usize,
    /// Where the captured data stands in the frame.
    pub payload: Range<usize>,
    /// How many bytes of data the segment had on the wire, in bytes; more than `payload` if the
    /// frame was cut.
    pub payload_len: usize,
    /// What computing the checksum gave.
    pub checksum: Checksum,
}

pub(super) fn dissect(sheet: &mut Sheet<'_>, off: usize, claimed_end: usize) {
    if !sheet.layer("tcp", off, FIXED_LEN) {
        return;
    }
    // [9293-3.1-01] Words of four bytes. [9293-3.1-05] The reserved bits below are passed over.
    let header_len = usize::from(sheet.u8(off + 12) >> 4) * 4;
    fields(sheet, off);
    if header_len < FIXED_LEN {
        let text = both!(
            "TCP data offset of {header_len} bytes, less than 20",
            "data offset TCP {header_len} byte, kurang dari 20"
        );
        sheet.note(off + 12, text);
        sheet.content = Content::Other(both!("TCP, data offset wrong", "TCP, data offset salah"));
        return;
    }
    let header_end = off + header_len;
    let options_end = header_end.min(sheet.end);
    if header_end > sheet.end {
        let text = both!(
            "TCP data offset of {header_len} bytes reaches past the packet's end",
            "data offset TCP {header_len} byte melewati akhir paket"
        );
        sheet.note(off + 12, text);
    }
    sheet.layer_len(options_end - off);
    let options = tcp_options::dissect(sheet, off + FIXED_LEN, options_end);
    let payload = options_end..sheet.end;
    let payload_len = claimed_end.saturating_sub(header_end).max(payload.len());
    sheet.content = Content::Tcp(Box::new(Segment {
        source_port: sheet.u16(off),
        destination_port: sheet.u16(off + 2),
        seq: sheet.u32(off + 4),
        ack: sheet.u32(off + 8),
        flags: Flags(sheet.u8(off + 13)),
        window: sheet.u16(off + 14),
        options,
        options_len: header_len - FIXED_LEN,
        checksum: verify(sheet, off, claimed_end),
        payload,
        payload_len,
    }));
    sheet.data(options_end);
}

fn verify(sheet: &Sheet<'_>, off: usize, claimed_end: usize) -> Checksum {
    match sheet.addresses {
        Some(addresses) if claimed_end == sheet.end => {
            let bytes = &sheet.bytes[off..sheet.end];
            checksum::verify(bytes, checksum::pseudo_header(addresses, PROTOCOL, bytes.len()))
        }
        _ => Checksum::Unknown,
    }
}

fn fields(sheet: &mut Sheet<'_>, off: usize) {
    let (source, destination) = (sheet.u16(off), sheet.u16(off + 2));
    let (seq, ack) = (sheet.u32(off + 4), sheet.u32(off + 8));
    let (offset, flags) = (sheet.u8(off + 12), Flags(sheet.u8(off + 13)));
    let (window, sum, urgent) = (sheet.u16(off + 14), sheet.u16(off + 16), sheet.u16(off + 18));
    sheet.field("source port", off, 2, SPEC, || source);
    sheet.field("destination port", off + 2, 2, SPEC, || destination);
    sheet.field("sequence number", off + 4, 4, SPEC, || seq);
    sheet.field("acknowledgment number", off + 8, 4, SPEC, || ack);
    sheet.field("data offset", off + 12, 1, SPEC, || u16::from(offset >> 4) * 4);
    sheet.field("flags", off + 13, 1, SPEC, || flags.to_string());
    sheet.field("window", off + 14, 2, SPEC, || window);
    sheet.field("checksum", off + 16, 2, SPEC, || format!("{sum:#06x}"));
    sheet.field("urgent pointer", off + 18, 2, SPEC, || urgent);
}
