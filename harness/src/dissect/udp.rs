//! UDP: two ports, a length, a checksum. [RFC 768]
//!
//! It knows the header. It does not know what is in the datagram, and does not look.
//!
//! ```text
//!  | source port (2) | destination port (2) |
//!  | length (2)      | checksum (2)         |
//! ```

use super::{Content, Sheet};
use crate::lang::both;

pub(super) const PROTOCOL: u8 = 17;
const LEN: usize = 8;
const SPEC: &str = "RFC 768";

pub(super) fn dissect(sheet: &mut Sheet<'_>, off: usize) {
    if !sheet.layer("udp", off, LEN) {
        return;
    }
    let (source, destination) = (sheet.u16(off), sheet.u16(off + 2));
    let (length, checksum) = (sheet.u16(off + 4), sheet.u16(off + 6));
    sheet.field("source port", off, 2, SPEC, || source);
    sheet.field("destination port", off + 2, 2, SPEC, || destination);
    sheet.field("length", off + 4, 2, SPEC, || length);
    sheet.field("checksum", off + 6, 2, SPEC, || format!("{checksum:#06x}"));
    let data = usize::from(length).saturating_sub(LEN);
    if usize::from(length) < LEN {
        sheet.note(
            off + 4,
            both!(
                "UDP length {length} is less than its header's 8 bytes",
                "panjang UDP {length} kurang dari 8 byte header-nya"
            ),
        );
    } else if off + LEN + data > sheet.end && !sheet.cut {
        sheet.note(
            off + 4,
            both!(
                "UDP length {length} reaches past the end of the packet",
                "panjang UDP {length} melewati akhir paket"
            ),
        );
    }
    sheet.end = sheet.end.min(off + LEN + data);
    sheet.content = Content::Udp(source, destination, data);
    sheet.data(off + LEN);
}
