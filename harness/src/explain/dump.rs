//! A frame's layers field by field, and its bytes in hexadecimal.
//!
//! It knows how they are laid out on a line.

use crate::dissect::Dissection;
use crate::frame::CapturedFrame;
use std::fmt::Write as _;
use std::io::{self, Write};

const BYTES_PER_LINE: usize = 16;

/// Writes the fields, then the bytes.
pub(super) fn frame<W: Write>(
    out: &mut W,
    frame: &CapturedFrame,
    dissection: &Dissection,
) -> io::Result<()> {
    for layer in &dissection.layers {
        let end = layer.off + layer.len;
        writeln!(out, "      {} (bytes {}..{end})", layer.proto, layer.off)?;
        for field in &layer.fields {
            let place = format!("{}+{}", field.off, field.len);
            let mut line = format!("        {place:<7} {:<24} {}", field.name, field.value);
            if !field.spec.is_empty() {
                let _ = write!(line, "  [{}]", field.spec);
            }
            writeln!(out, "{line}")?;
        }
    }
    for (i, bytes) in frame.bytes.chunks(BYTES_PER_LINE).enumerate() {
        let mut hex = String::new();
        let mut text = String::new();
        for (j, byte) in bytes.iter().enumerate() {
            let gap = if j == BYTES_PER_LINE / 2 { " " } else { "" };
            let _ = write!(hex, "{gap}{byte:02x} ");
            text.push(if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '.' });
        }
        writeln!(out, "      {:04x}  {hex:<49} |{text}|", i * BYTES_PER_LINE)?;
    }
    if frame.is_cut() {
        let missing = u64::from(frame.original_len) - frame.bytes.len() as u64;
        writeln!(out, "      {missing} more bytes were on the wire")?;
    }
    writeln!(out)
}
