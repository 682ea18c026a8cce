//! ICMP and ICMPv6: named by type, no more. [RFC 792], [RFC 4443], [RFC 4861]
//!
//! It knows the first four bytes. It does not know the packet that an error is about.
//!
//! ```text
//!  | type (1) | code (1) | checksum (2) | …
//! ```

use super::{Content, Sheet};

pub(super) const V4: u8 = 1;
pub(super) const V6: u8 = 58;
const LEN: usize = 4;

pub(super) fn dissect(sheet: &mut Sheet<'_>, off: usize, v6: bool) {
    let (proto, spec) = if v6 { ("icmpv6", "RFC 4443 2.1") } else { ("icmp", "RFC 792") };
    if !sheet.layer(proto, off, LEN) {
        return;
    }
    let (kind, code, checksum) = (sheet.u8(off), sheet.u8(off + 1), sheet.u16(off + 2));
    let name = match (v6, kind) {
        (false, 0) | (true, 129) => "echo reply",
        (false, 3) | (true, 1) => "destination unreachable",
        (false, 5) | (true, 137) => "redirect",
        (false, 8) | (true, 128) => "echo request",
        (false, 11) | (true, 3) => "time exceeded",
        (true, 2) => "packet too big",
        (true, 130..=132 | 143) => "multicast listener",
        (true, 133) => "router solicitation",
        (true, 134) => "router advertisement",
        (true, 135) => "neighbor solicitation",
        (true, 136) => "neighbor advertisement",
        _ => "message",
    };
    sheet.field("type", off, 1, spec, || format!("{kind} ({name})"));
    sheet.field("code", off + 1, 1, spec, || code);
    sheet.field("checksum", off + 2, 2, spec, || format!("{checksum:#06x}"));
    let family = if v6 { "ICMPv6" } else { "ICMP" };
    sheet.content = Content::Icmp(format!("{family} {name} (type {kind}, code {code})"));
    sheet.data(off + LEN);
}
