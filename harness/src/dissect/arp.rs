//! ARP: which hardware address has an IPv4 address? [RFC 826], [RFC 5227]
//!
//! It knows one packet. Which question an answer belongs to is `analysis`'s.
//!
//! ```text
//!  | hardware type (2)  | protocol type (2)   |
//!  | hlen (1) | plen (1)| operation (2)       |
//!  | sender hardware (6) | sender protocol (4) |
//!  | target hardware (6) | target protocol (4) |
//! ```

use super::{Content, Mac, Sheet};
use crate::lang::both;
use std::net::Ipv4Addr;

const LEN: usize = 28;
const SPEC: &str = "RFC 826";

/// What an ARP packet wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArpOperation {
    /// Who has the target's address?
    Request,
    /// The sender has it.
    Reply,
    /// Reverse ARP and others.
    Other(u16),
}

/// An ARP packet for IPv4 over Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// Request or reply.
    pub operation: ArpOperation,
    /// Who sends: hardware address.
    pub sender_mac: Mac,
    /// Who sends: IPv4 address; 0.0.0.0 in a probe [RFC 5227 2.1.1].
    pub sender: Ipv4Addr,
    /// The hardware address asked for, or of the one who asked.
    pub target_mac: Mac,
    /// The IPv4 address asked for, or of the one who asked.
    pub target: Ipv4Addr,
}

pub(super) fn dissect(sheet: &mut Sheet<'_>, off: usize) {
    if !sheet.layer("arp", off, LEN) {
        return;
    }
    let (hardware, protocol) = (sheet.u16(off), sheet.u16(off + 2));
    let (hlen, plen) = (sheet.u8(off + 4), sheet.u8(off + 5));
    let operation = sheet.u16(off + 6);
    sheet.field("hardware type", off, 2, SPEC, || hardware);
    sheet.field("protocol type", off + 2, 2, SPEC, || super::ethernet::describe(protocol));
    sheet.field("hardware length", off + 4, 1, SPEC, || hlen);
    sheet.field("protocol length", off + 5, 1, SPEC, || plen);
    sheet.field("operation", off + 6, 2, SPEC, || match operation {
        1 => "1 (request)".to_owned(),
        2 => "2 (reply)".to_owned(),
        other => other.to_string(),
    });
    if protocol != super::ethernet::IPV4 || hlen != 6 || plen != 4 {
        let text = both!(
            "ARP with address lengths {hlen} and {plen}, not IPv4 over Ethernet",
            "ARP dengan panjang alamat {hlen} dan {plen}, bukan IPv4 di atas Ethernet"
        );
        sheet.note(off + 4, text);
        sheet.content = Content::Other(both!("ARP of another kind", "ARP jenis lain"));
        return;
    }
    let arp = Arp {
        operation: match operation {
            1 => ArpOperation::Request,
            2 => ArpOperation::Reply,
            other => ArpOperation::Other(other),
        },
        sender_mac: sheet.mac(off + 8),
        sender: Ipv4Addr::from(sheet.u32(off + 14)),
        target_mac: sheet.mac(off + 18),
        target: Ipv4Addr::from(sheet.u32(off + 24)),
    };
    sheet.field("sender hardware address", off + 8, 6, SPEC, || arp.sender_mac.to_string());
    sheet.field("sender protocol address", off + 14, 4, SPEC, || arp.sender.to_string());
    sheet.field("target hardware address", off + 18, 6, SPEC, || arp.target_mac.to_string());
    sheet.field("target protocol address", off + 24, 4, SPEC, || arp.target.to_string());
    sheet.content = Content::Arp(arp);
}
