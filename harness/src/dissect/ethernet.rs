//! Ethernet II, with VLAN tags of 802.1Q and 802.1ad.
//!
//! It knows what stands before the EtherType. It does not know the protocols that follow.
//!
//! ```text
//!  0                 6            12               14
//!  | destination (6) | source (6) | EtherType (2)  | packet …
//!
//!  with a tag:                    12               14                               16
//!                                 | 8100 or 88a8   | PCP(3 bits) DEI(1) VLAN id(12) | EtherType
//! ```

use super::{Content, Sheet, VLAN_TAGS_MAX};
use crate::lang::{Text, both};

pub(super) const IPV4: u16 = 0x0800;
pub(super) const ARP: u16 = 0x0806;
pub(super) const IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;
const SERVICE_VLAN: u16 = 0x88a8;
const HEADER_LEN: usize = 14;
const TAG_LEN: usize = 4;
/// Below this, the field is a length [IEEE 802.3 3.2.6].
const SMALLEST_TYPE: u16 = 0x0600;

const SPEC: &str = "IEEE 802.3 3.2";
const TAG_SPEC: &str = "IEEE 802.1Q 9.6";

pub(super) fn dissect(sheet: &mut Sheet<'_>) {
    if !sheet.layer("ethernet", 0, HEADER_LEN) {
        return;
    }
    let (destination, source) = (sheet.mac(0), sheet.mac(6));
    sheet.link = Some((source, destination));
    let mut ether_type = sheet.u16(12);
    sheet.field("destination", 0, 6, SPEC, || destination.to_string());
    sheet.field("source", 6, 6, SPEC, || source.to_string());
    sheet.field("type", 12, 2, SPEC, || describe(ether_type));
    let mut off = HEADER_LEN;
    let mut tags = 0;
    while matches!(ether_type, VLAN | SERVICE_VLAN) {
        tags += 1;
        if tags > VLAN_TAGS_MAX {
            sheet.note(
                off,
                both!(
                    "more than {VLAN_TAGS_MAX} VLAN tags, the rest is left",
                    "lebih dari {VLAN_TAGS_MAX} tag VLAN, sisanya dibiarkan"
                ),
            );
            sheet.content = Content::Other(both!("VLAN tags", "tag VLAN"));
            return;
        }
        if !sheet.layer("vlan", off, TAG_LEN) {
            return;
        }
        let tag = sheet.u16(off);
        ether_type = sheet.u16(off + 2);
        sheet.field("priority", off, 1, TAG_SPEC, || tag >> 13);
        sheet.field("drop eligible", off, 1, TAG_SPEC, || (tag >> 12) & 1);
        sheet.field("vlan id", off, 2, TAG_SPEC, || tag & 0x0fff);
        sheet.field("type", off + 2, 2, TAG_SPEC, || describe(ether_type));
        off += TAG_LEN;
    }
    sheet.network(ether_type, off);
}

/// What a frame carries that is not gone on with.
pub(super) fn title(ether_type: u16) -> Text {
    if ether_type < SMALLEST_TYPE {
        return both!(
            "802.3 frame of {ether_type} bytes",
            "frame 802.3 sepanjang {ether_type} byte"
        );
    }
    Text::name(&describe(ether_type))
}

/// An EtherType with its name.
pub(super) fn describe(ether_type: u16) -> String {
    let name = match ether_type {
        IPV4 => "IPv4",
        ARP => "ARP",
        IPV6 => "IPv6",
        VLAN => "802.1Q VLAN tag",
        SERVICE_VLAN => "802.1ad VLAN tag",
        0x88cc => "LLDP",
        0x8847 => "MPLS",
        0x8863 | 0x8864 => "PPPoE",
        0x888e => "802.1X",
        length if length < SMALLEST_TYPE => return format!("802.3 frame of {length} bytes"),
        _ => return format!("EtherType {ether_type:#06x}"),
    };
    format!("{ether_type:#06x} ({name})")
}
