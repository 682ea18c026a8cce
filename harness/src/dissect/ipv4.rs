//! The IPv4 header. [RFC 791 3.1]
//!
//! It knows the header, its options and its fragments. A fragment other than the first has no
//! header of the layer above, so nothing is read from it.
//!
//! ```text
//!   0                   1                   2                   3
//!   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!  |Version|  IHL  |      DSCP |ECN|          Total Length         |
//!  |         Identification        |Flags|     Fragment Offset     |
//!  |      TTL      |    Protocol   |        Header Checksum        |
//!  |                         Source Address                        |
//!  |                       Destination Address                     |
//!  |                     Options, if IHL > 5 …
//! ```

use super::{Content, Sheet, checksum};
use crate::lang::both;
use std::net::{IpAddr, Ipv4Addr};

const FIXED_LEN: usize = 20;
const SPEC: &str = "RFC 791 3.1";

pub(super) fn dissect(sheet: &mut Sheet<'_>, off: usize) {
    if !sheet.layer("ipv4", off, FIXED_LEN) {
        return;
    }
    let (first, total) = (sheet.u8(off), sheet.u16(off + 2));
    let (fragment, protocol) = (sheet.u16(off + 6), sheet.u8(off + 9));
    let source = Ipv4Addr::from(sheet.u32(off + 12));
    let destination = Ipv4Addr::from(sheet.u32(off + 16));
    sheet.addresses = Some((IpAddr::V4(source), IpAddr::V4(destination)));
    let header_len = usize::from(first & 0x0f) * 4;
    fields(sheet, off);
    if first >> 4 != 4 {
        let version = first >> 4;
        let text =
            both!("version {version} in an IPv4 header", "versi {version} dalam header IPv4");
        sheet.note(off, text);
        sheet.content = Content::Other(both!("IP version that is not 4", "versi IP yang bukan 4"));
        return;
    }
    if header_len < FIXED_LEN {
        sheet.note(
            off,
            both!(
                "header length of {header_len} bytes, less than 20",
                "panjang header {header_len} byte, kurang dari 20"
            ),
        );
        sheet.content =
            Content::Other(both!("IPv4, header length wrong", "IPv4, panjang header salah"));
        return;
    }
    let claimed_end = claimed_end(sheet, off, usize::from(total), header_len);
    if off + header_len > sheet.end {
        sheet.note(sheet.end, both!("the options are cut", "opsinya terpotong"));
        sheet.content = Content::Other(both!("IPv4, cut short", "IPv4, terpotong"));
        return;
    }
    sheet.layer_len(header_len);
    if header_len > FIXED_LEN {
        options(sheet, off + FIXED_LEN, off + header_len);
    }
    sheet.ip_checksum = checksum::verify(&sheet.bytes[off..off + header_len], 0);
    let fragment_offset = usize::from(fragment & 0x1fff) * 8;
    if fragment_offset > 0 {
        // [RFC 791 3.2] only the fragment at offset 0 carries the next header.
        sheet.content = Content::Fragment(fragment_offset);
        sheet.data(off + header_len);
        return;
    }
    if fragment & 0x2000 != 0 {
        sheet.note(
            off + 6,
            both!(
                "first fragment: the rest of the packet follows in other frames",
                "fragmen pertama: sisa paket menyusul dalam frame lain"
            ),
        );
    }
    sheet.transport(protocol, off + header_len, off..claimed_end);
}

/// Where the packet ends by its total length; sets the sheet's end and notes a lie.
fn claimed_end(sheet: &mut Sheet<'_>, off: usize, total: usize, header_len: usize) -> usize {
    if total == 0 {
        // A segment that the card would have cut up can be longer than the field can say.
        sheet.note(
            off + 2,
            both!(
                "total length 0 (segmentation offload): taken as the whole frame",
                "total length 0 (segmentation offload): dianggap seluruh frame"
            ),
        );
        return sheet.end;
    }
    if total < header_len {
        let text = both!(
            "total length {total} is less than the header's {header_len} bytes",
            "total length {total} kurang dari {header_len} byte header-nya"
        );
        sheet.note(off + 2, text);
        return sheet.end;
    }
    let end = off + total;
    if end > sheet.end && !sheet.cut {
        let there = sheet.end - off;
        let text = both!(
            "total length {total}, but only {there} bytes are in the frame",
            "total length {total}, tetapi hanya {there} byte yang ada dalam frame"
        );
        sheet.note(off + 2, text);
    }
    sheet.end = sheet.end.min(end);
    end
}

fn fields(sheet: &mut Sheet<'_>, off: usize) {
    let (first, service, fragment) = (sheet.u8(off), sheet.u8(off + 1), sheet.u16(off + 6));
    let (total, identification) = (sheet.u16(off + 2), sheet.u16(off + 4));
    let (ttl, protocol, sum) = (sheet.u8(off + 8), sheet.u8(off + 9), sheet.u16(off + 10));
    let (source, destination) = (sheet.u32(off + 12), sheet.u32(off + 16));
    sheet.field("version", off, 1, SPEC, || first >> 4);
    sheet.field("header length", off, 1, SPEC, || u16::from(first & 0x0f) * 4);
    sheet.field("dscp", off + 1, 1, "RFC 2474 3", || service >> 2);
    sheet.field("ecn", off + 1, 1, "RFC 3168 5", || service & 3);
    sheet.field("total length", off + 2, 2, SPEC, || total);
    sheet.field("identification", off + 4, 2, SPEC, || identification);
    sheet.field("flags", off + 6, 1, SPEC, || match fragment >> 13 {
        0 => "none".to_owned(),
        1 => "MF".to_owned(),
        2 => "DF".to_owned(),
        other => format!("{other:#x}"),
    });
    sheet.field("fragment offset", off + 6, 2, SPEC, || u32::from(fragment & 0x1fff) * 8);
    sheet.field("time to live", off + 8, 1, SPEC, || ttl);
    sheet.field("protocol", off + 9, 1, SPEC, || describe_protocol(protocol));
    sheet.field("header checksum", off + 10, 2, SPEC, || format!("{sum:#06x}"));
    sheet.field("source address", off + 12, 4, SPEC, || Ipv4Addr::from(source).to_string());
    sheet.field("destination address", off + 16, 4, SPEC, || {
        Ipv4Addr::from(destination).to_string()
    });
}

/// [RFC 791 3.1]
/// ```text
///  | type 0: end | type 1: no operation | otherwise: type (1) length (1) data (length - 2) |
/// ```
fn options(sheet: &mut Sheet<'_>, mut off: usize, end: usize) {
    while off < end {
        let kind = sheet.u8(off);
        let len = match kind {
            0 | 1 => 1,
            _ if off + 1 < end => usize::from(sheet.u8(off + 1)),
            _ => 0,
        };
        if len == 0 || off + len > end || (kind > 1 && len < 2) {
            sheet.note(
                off,
                both!(
                    "IPv4 option {kind} has a length of {len} bytes",
                    "panjang opsi IPv4 {kind} adalah {len} byte"
                ),
            );
            return;
        }
        sheet.field("option", off, len, SPEC, || match kind {
            0 => "0 (end of options)".to_owned(),
            1 => "1 (no operation)".to_owned(),
            7 => "7 (record route)".to_owned(),
            68 => "68 (timestamp)".to_owned(),
            131 => "131 (loose source route)".to_owned(),
            137 => "137 (strict source route)".to_owned(),
            148 => "148 (router alert)".to_owned(),
            other => other.to_string(),
        });
        if kind == 0 {
            return;
        }
        off += len;
    }
}

/// A protocol number of the IP header with its name.
pub(super) fn describe_protocol(protocol: u8) -> String {
    let name = match protocol {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        41 => "IPv6",
        47 => "GRE",
        50 => "ESP",
        58 => "ICMPv6",
        89 => "OSPF",
        132 => "SCTP",
        _ => return format!("protocol {protocol}"),
    };
    format!("{protocol} ({name})")
}
