//! Linux cooked captures, which `-i any` gives: what the kernel knows in place of a link header.
//!
//! It knows both versions of the pseudo header. The reference is the link-layer header pages of
//! the tcpdump group.
//!
//! ```text
//! version 1, 16 bytes: packet type(2) ARPHRD(2) address length(2) address(8) protocol(2)
//! version 2, 20 bytes: protocol(2) reserved(2) interface(4) ARPHRD(2) packet type(1)
//!                      address length(1) address(8)
//! ```

use super::{Content, Sheet};
use crate::lang::both;

const V1_LEN: usize = 16;
const V2_LEN: usize = 20;
const SPEC1: &str = "LINKTYPE_LINUX_SLL";
const SPEC2: &str = "LINKTYPE_LINUX_SLL2";
/// ARPHRD_NETLINK and its like do not carry EtherTypes.
const ARPHRD_NETLINK: u16 = 824;

pub(super) fn version1(sheet: &mut Sheet<'_>) {
    if !sheet.layer("linux_sll", 0, V1_LEN) {
        return;
    }
    let (kind, hardware, protocol) = (sheet.u16(0), sheet.u16(2), sheet.u16(14));
    sheet.field("packet type", 0, 2, SPEC1, || describe(kind));
    sheet.field("arphrd type", 2, 2, SPEC1, || hardware);
    address(sheet, 4, 2, 6, SPEC1);
    sheet.field("protocol", 14, 2, SPEC1, || super::ethernet::describe(protocol));
    go_on(sheet, hardware, protocol, V1_LEN);
}

pub(super) fn version2(sheet: &mut Sheet<'_>) {
    if !sheet.layer("linux_sll2", 0, V2_LEN) {
        return;
    }
    let (protocol, interface, hardware) = (sheet.u16(0), sheet.u32(4), sheet.u16(8));
    let kind = u16::from(sheet.u8(10));
    sheet.field("protocol", 0, 2, SPEC2, || super::ethernet::describe(protocol));
    sheet.field("interface index", 4, 4, SPEC2, || interface);
    sheet.field("arphrd type", 8, 2, SPEC2, || hardware);
    sheet.field("packet type", 10, 1, SPEC2, || describe(kind));
    address(sheet, 11, 1, 12, SPEC2);
    go_on(sheet, hardware, protocol, V2_LEN);
}

/// The address: at most 8 bytes are there, whatever its length says.
fn address(sheet: &mut Sheet<'_>, len_off: usize, width: usize, off: usize, spec: &'static str) {
    let len = if width == 2 { sheet.u16(len_off) } else { u16::from(sheet.u8(len_off)) };
    sheet.field("address length", len_off, width, spec, || len);
    if len == 6 {
        let mac = sheet.mac(off);
        sheet.field("address", off, 6, spec, || mac.to_string());
    }
}

fn go_on(sheet: &mut Sheet<'_>, hardware: u16, protocol: u16, off: usize) {
    if hardware == ARPHRD_NETLINK {
        sheet.content = Content::Other(both!("netlink", "netlink"));
        sheet.data(off);
    } else {
        sheet.network(protocol, off);
    }
}

fn describe(kind: u16) -> String {
    let name = match kind {
        0 => "to us",
        1 => "broadcast",
        2 => "multicast",
        3 => "between others",
        4 => "sent by us",
        _ => return kind.to_string(),
    };
    format!("{kind} ({name})")
}
