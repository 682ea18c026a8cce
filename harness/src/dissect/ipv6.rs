//! The IPv6 header and its extension headers. [RFC 8200 3], [RFC 8200 4]
//!
//! It knows the fixed header and how to step over the extensions to the layer above.
//!
//! ```text
//!  |Version| Traffic Class |           Flow Label                  |
//!  |         Payload Length        |  Next Header  |   Hop Limit   |
//!  |                     Source Address (16)                       |
//!  |                  Destination Address (16)                     |
//!
//!  an extension:  | Next Header (1) | length (1) | options …          in words of 8, but the first
//!  authentication:| Next Header (1) | length (1) | …                  in words of 4, but two
//!  a fragment:    | Next Header (1) | 0 (1)      | offset(13 bits) 0(2) more(1) | id (4) |
//! ```

use super::{Content, EXTENSION_HEADERS_MAX, Sheet};
use crate::lang::both;
use std::net::{IpAddr, Ipv6Addr};

const LEN: usize = 40;
const SPEC: &str = "RFC 8200 3";
const EXTENSION_SPEC: &str = "RFC 8200 4";
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const NO_NEXT: u8 = 59;
const DESTINATION_OPTIONS: u8 = 60;

pub(super) fn dissect(sheet: &mut Sheet<'_>, off: usize) {
    if !sheet.layer("ipv6", off, LEN) {
        return;
    }
    let (word, payload) = (sheet.u32(off), usize::from(sheet.u16(off + 4)));
    let (next, hops) = (sheet.u8(off + 6), sheet.u8(off + 7));
    let source = Ipv6Addr::from(sheet.array::<16>(off + 8));
    let destination = Ipv6Addr::from(sheet.array::<16>(off + 24));
    sheet.field("version", off, 1, SPEC, || word >> 28);
    sheet.field("traffic class", off, 2, SPEC, || (word >> 20) & 0xff);
    sheet.field("flow label", off + 1, 3, SPEC, || format!("{:#07x}", word & 0xf_ffff));
    sheet.field("payload length", off + 4, 2, SPEC, || payload as u64);
    sheet.field("next header", off + 6, 1, SPEC, || super::ipv4::describe_protocol(next));
    sheet.field("hop limit", off + 7, 1, SPEC, || hops);
    sheet.field("source address", off + 8, 16, SPEC, || source.to_string());
    sheet.field("destination address", off + 24, 16, SPEC, || destination.to_string());
    sheet.addresses = Some((IpAddr::V6(source), IpAddr::V6(destination)));
    if word >> 28 != 6 {
        let version = word >> 28;
        let text =
            both!("version {version} in an IPv6 header", "versi {version} dalam header IPv6");
        sheet.note(off, text);
        sheet.content = Content::Other(both!("IP version that is not 6", "versi IP yang bukan 6"));
        return;
    }
    let mut claimed_end = off + LEN + payload;
    if payload == 0 {
        // A jumbogram, or a segment that the card would have cut up.
        claimed_end = sheet.end;
    } else if claimed_end > sheet.end && !sheet.cut {
        let there = sheet.end - off - LEN;
        let text = both!(
            "payload length {payload}, but only {there} bytes are in the frame",
            "payload length {payload}, tetapi hanya {there} byte yang ada dalam frame"
        );
        sheet.note(off + 4, text);
    }
    sheet.end = sheet.end.min(claimed_end);
    if let Some((protocol, at)) = extensions(sheet, next, off + LEN) {
        sheet.transport(protocol, at, off..claimed_end);
    }
}

/// Steps over the extension headers: the protocol above and where it begins, or nothing if what
/// follows is not to be read as such.
fn extensions(sheet: &mut Sheet<'_>, first: u8, start: usize) -> Option<(u8, usize)> {
    let (mut next, mut off) = (first, start);
    for _ in 0..EXTENSION_HEADERS_MAX {
        let proto = match next {
            HOP_BY_HOP => "ipv6_hop_by_hop",
            ROUTING => "ipv6_routing",
            FRAGMENT => "ipv6_fragment",
            AUTHENTICATION => "ipv6_authentication",
            DESTINATION_OPTIONS => "ipv6_destination_options",
            NO_NEXT => {
                sheet.content =
                    Content::Other(both!("IPv6 without a next header", "IPv6 tanpa next header"));
                return None;
            }
            _ => return Some((next, off)),
        };
        if !sheet.layer(proto, off, 8) {
            return None;
        }
        let (kind, after, length) = (next, sheet.u8(off), usize::from(sheet.u8(off + 1)));
        sheet
            .field("next header", off, 1, EXTENSION_SPEC, || super::ipv4::describe_protocol(after));
        let len = match kind {
            FRAGMENT => 8,
            // [RFC 4302 2.2] in words of four bytes, minus two.
            AUTHENTICATION => (length + 2) * 4,
            _ => (length + 1) * 8,
        };
        if kind == FRAGMENT {
            let fragment = sheet.u16(off + 2);
            sheet.field("fragment offset", off + 2, 2, "RFC 8200 4.5", || fragment & 0xfff8);
            sheet.field("more fragments", off + 3, 1, "RFC 8200 4.5", || fragment & 1);
            if fragment & 0xfff8 != 0 {
                sheet.content = Content::Fragment(usize::from(fragment & 0xfff8));
                sheet.data(off + 8);
                return None;
            }
        } else {
            sheet.field("length", off + 1, 1, EXTENSION_SPEC, || len as u64);
        }
        if off + len > sheet.end {
            let text = both!(
                "{proto} of {len} bytes reaches past the packet's end",
                "{proto} sepanjang {len} byte melewati akhir paket"
            );
            sheet.note(off + 1, text);
            sheet.content = Content::Other(both!("IPv6, cut short", "IPv6, terpotong"));
            return None;
        }
        sheet.layer_len(len);
        (next, off) = (after, off + len);
    }
    let text = both!(
        "more than {EXTENSION_HEADERS_MAX} extension headers",
        "lebih dari {EXTENSION_HEADERS_MAX} extension header"
    );
    sheet.note(off, text);
    sheet.content = Content::Other(both!("IPv6 extension headers", "extension header IPv6"));
    None
}
