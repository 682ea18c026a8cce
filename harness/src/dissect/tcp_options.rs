//! The options of a TCP header. [9293-3.1-06], [RFC 7323], [RFC 2018]
//!
//! It knows kinds, lengths and values; a length that lies ends the list with a note.
//!
//! ```text
//!  | kind 0: end | kind 1: no operation | otherwise: kind (1) length (1) value (length - 2) |
//! ```

use super::Sheet;
use crate::lang::both;

/// The SACK blocks that fit into a header [RFC 2018 3].
pub const SACK_BLOCKS_MAX: usize = 4;

/// What the options say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// The largest segment that the sender takes, in bytes.
    pub mss: Option<u16>,
    /// The sender's windows are to be shifted left by this [RFC 7323 2.2].
    pub window_scale: Option<u8>,
    /// The sender understands SACK.
    pub sack_permitted: bool,
    /// Blocks that arrived out of order: first sequence number, and the one after the last.
    pub sack: Vec<(u32, u32)>,
    /// TSval and TSecr.
    pub timestamps: Option<(u32, u32)>,
}

/// Reads the options that stand from `off` to `end`.
pub(super) fn dissect(sheet: &mut Sheet<'_>, mut off: usize, end: usize) -> TcpOptions {
    let mut options = TcpOptions::default();
    while off < end {
        let kind = sheet.u8(off);
        match kind {
            // [9293-3.2-01] These two have no length.
            0 => {
                sheet.field("end of options", off, 1, "RFC 9293 3.2", || 0u8);
                break;
            }
            1 => {
                sheet.field("no operation", off, 1, "RFC 9293 3.2", || 1u8);
                off += 1;
                continue;
            }
            _ => {}
        }
        let len = if off + 1 < end { usize::from(sheet.u8(off + 1)) } else { 0 };
        // [9293-3.1-07] A length that cannot be: nothing behind it can be believed.
        if len < 2 || off + len > end {
            let room = end - off;
            sheet.note(
                off,
                both!(
                    "TCP option {kind}: length {len} where {room} bytes are left",
                    "opsi TCP {kind}: panjang {len} padahal tersisa {room} byte"
                ),
            );
            break;
        }
        if !one(sheet, &mut options, kind, off, len) {
            sheet.note(
                off + 1,
                both!(
                    "TCP option {kind} cannot have a length of {len}",
                    "panjang opsi TCP {kind} tidak mungkin {len}"
                ),
            );
        }
        off += len;
    }
    options
}

/// Reads one option; false if its length does not fit its kind.
fn one(sheet: &mut Sheet<'_>, options: &mut TcpOptions, kind: u8, off: usize, len: usize) -> bool {
    match (kind, len) {
        (2, 4) => {
            let mss = sheet.u16(off + 2);
            options.mss = Some(mss);
            sheet.field("maximum segment size", off, len, "RFC 9293 3.7.1", || mss);
        }
        (3, 3) => {
            let shift = sheet.u8(off + 2);
            // [RFC 7323 2.3] a shift above 14 counts as 14.
            options.window_scale = Some(shift.min(14));
            sheet.field("window scale", off, len, "RFC 7323 2.2", || shift);
        }
        (4, 2) => {
            options.sack_permitted = true;
            sheet.field("sack permitted", off, len, "RFC 2018 2", || "yes");
        }
        (5, len) if len >= 10 && (len - 2) % 8 == 0 => {
            let blocks = ((len - 2) / 8).min(SACK_BLOCKS_MAX);
            options.sack = (0..blocks)
                .map(|i| (sheet.u32(off + 2 + i * 8), sheet.u32(off + 6 + i * 8)))
                .collect();
            let text = options.sack.iter().map(|(a, b)| format!("{a}-{b}"));
            let text = text.collect::<Vec<_>>().join(" ");
            sheet.field("sack", off, len, "RFC 2018 3", || text);
        }
        (8, 10) => {
            let (value, echo) = (sheet.u32(off + 2), sheet.u32(off + 6));
            options.timestamps = Some((value, echo));
            sheet.field("timestamps", off, len, "RFC 7323 3.2", || {
                format!("TSval {value} TSecr {echo}")
            });
        }
        (2 | 3 | 4 | 5 | 8, _) => return false,
        // [9293-3.1-06] Of another kind: stepped over by its length.
        (kind, len) => sheet.field("option", off, len, "RFC 9293 3.1", || kind),
    }
    true
}
