//! BSD loopback captures: an address family in front of the packet; and packets without any.
//!
//! It knows that the family of NULL stands in the byte order of the host that captured, and that
//! IPv6 has a different number on each system.
//!
//! ```text
//! | address family (4) | IPv4 or IPv6 packet … |
//! ```

use super::{Content, Sheet, ipv4, ipv6};
use crate::lang::both;

const HEADER_LEN: usize = 4;

/// Whose byte order the family is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// LINKTYPE_NULL.
    Host,
    /// LINKTYPE_LOOP.
    Network,
}

pub(super) fn dissect(sheet: &mut Sheet<'_>, order: Order) {
    let (proto, spec) = match order {
        Order::Host => ("null", "LINKTYPE_NULL"),
        Order::Network => ("loop", "LINKTYPE_LOOP"),
    };
    if !sheet.layer(proto, 0, HEADER_LEN) {
        return;
    }
    let mut family = sheet.u32(0);
    // Families are small numbers: one that is not was written in the other order.
    if order == Order::Host && family > 0xffff {
        family = family.swap_bytes();
    }
    sheet.field("family", 0, 4, spec, || match family {
        2 => "2 (IPv4)".to_owned(),
        10 | 24 | 28 | 30 => format!("{family} (IPv6)"),
        _ => family.to_string(),
    });
    match family {
        2 => ipv4::dissect(sheet, HEADER_LEN),
        // Linux, NetBSD and OpenBSD, FreeBSD, macOS.
        10 | 24 | 28 | 30 => ipv6::dissect(sheet, HEADER_LEN),
        other => {
            sheet.content =
                Content::Other(both!("address family {other}", "address family {other}"));
            sheet.data(HEADER_LEN);
        }
    }
}

/// A packet without a link header: the first four bits are the version.
pub(super) fn raw(sheet: &mut Sheet<'_>, off: usize) {
    match sheet.u8(off) >> 4 {
        4 => ipv4::dissect(sheet, off),
        6 => ipv6::dissect(sheet, off),
        version => {
            sheet.note(
                off,
                both!(
                    "IP version {version}, only 4 and 6 are known",
                    "versi IP {version}, hanya 4 dan 6 yang dikenal"
                ),
            );
            sheet.content = Content::Other(both!("unknown IP version", "versi IP tidak dikenal"));
            sheet.data(off);
        }
    }
}
