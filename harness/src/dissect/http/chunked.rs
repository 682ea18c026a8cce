//! The chunked coding: a body in pieces, each with its length before it. (RFC 9112 7.1)
//!
//! ```text
//!   5;name=value CR LF  hello CR LF      chunk line, chunk data
//!   6 CR LF  world! CR LF
//!   0 CR LF                              the last chunk
//!   Name: value CR LF                    trailers, if any
//!   CR LF
//! ```
//!
//! It reads the lines between the data. It does not know how much data there was in all.

use super::Flaw;
use super::fields::{FieldLine, TRAILER, section};
use super::sheet::{Sheet, is_token, line, trim};
use crate::dissect::Field;
use crate::lang::both;

/// Extensions of one chunk that are fields of their own.
pub const EXTENSIONS_MAX: usize = 16;

/// Fields that decide how a message is read, which therefore come before it or not at all.
const NOT_IN_TRAILERS: [&str; 9] = [
    "Authorization",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "Host",
    "Set-Cookie",
    "Trailer",
    "Transfer-Encoding",
];

/// A chunk line, the end of a chunk, or a trailer section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Of a chunk line: how many bytes of data follow; nothing if it does not say.
    pub size: Option<u64>,
    /// Of a trailer section: its lines.
    pub lines: Vec<FieldLine>,
    /// Its length in bytes; of a cut one, all that there are.
    pub len: usize,
    /// Its end is not there.
    pub cut: bool,
    /// Its fields in order; empty if they were not asked for.
    pub fields: Vec<Field>,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
}

fn part(
    bytes: &[u8],
    with_fields: bool,
    read: impl FnOnce(&mut Sheet, &mut Part) -> Option<usize>,
) -> Part {
    let mut sheet = Sheet::new(with_fields);
    let mut part = Part::default();
    let end = read(&mut sheet, &mut part);
    part.cut = end.is_none();
    part.len = end.unwrap_or(bytes.len());
    (part.fields, part.flaws) = sheet.finish();
    part
}

/// Reads a chunk line.
pub fn chunk_line(bytes: &[u8], with_fields: bool) -> Part {
    part(bytes, with_fields, |sheet, part| {
        let line = line(sheet, bytes, 0);
        let Some(next) = line.next else {
            sheet.cut("chunk size", 0, line.text, "RFC 9112 7.1");
            return None;
        };
        let semicolon = line.text.iter().position(|byte| *byte == b';');
        let digits = &line.text[..semicolon.unwrap_or(line.text.len())];
        // [9110-5.6.3-02] Before an extension a blank is bad, and taken away.
        let size = if semicolon.is_some() { digits.trim_ascii_end() } else { digits };
        part.size = chunk_size(sheet, size);
        let name = if part.size == Some(0) { "last chunk" } else { "chunk size" };
        match part.size {
            Some(number) => sheet.value(name, (0, size.len()), number, "RFC 9112 7.1"),
            None => sheet.field(name, 0, size, "RFC 9112 7.1"),
        }
        if let Some(semicolon) = semicolon {
            extensions(sheet, line.text, semicolon);
        }
        Some(next)
    })
}

/// [9112-7.1-04] Hexadecimal digits and nothing else.
fn chunk_size(sheet: &mut Sheet, digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        sheet.flaw(
            0,
            both!(
                "a chunk size that is not hexadecimal digits alone",
                "ukuran chunk yang tidak hanya berisi digit heksadesimal"
            ),
            "[9112-7.1-04]",
        );
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    let size = u64::from_str_radix(text, 16).ok();
    if size.is_none() {
        // [9112-7.1-02] Never wrapped around.
        sheet.flaw(
            0,
            both!("a chunk size beyond 64 bits", "ukuran chunk melampaui 64 bit"),
            "[9112-7.1-02]",
        );
    }
    size
}

/// RFC 9112 7.1.1. Nobody has to understand them [9112-7.1.1-01].
fn extensions(sheet: &mut Sheet, text: &[u8], mut at: usize) {
    for n in 0.. {
        let rest = &text[at + 1..];
        let len = if n < EXTENSIONS_MAX { end_of_extension(rest) } else { rest.len() };
        let extension = &rest[..len];
        let name = extension.split(|byte| *byte == b'=').next().unwrap_or_default();
        let shown = trim(extension);
        let blanks = extension.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        sheet.field("chunk extension", at + 1 + blanks, shown, "RFC 9112 7.1.1");
        if n < EXTENSIONS_MAX && !is_token(trim(name)) {
            let what = both!(
                "a chunk extension whose name is no token",
                "ekstensi chunk yang namanya bukan token"
            );
            sheet.flaw(at + 1, what, "[9112-7.1.1-01]");
        }
        at += 1 + len;
        if at >= text.len() {
            return;
        }
    }
}

/// Up to the next semicolon that is not quoted.
fn end_of_extension(bytes: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return place,
            _ => {}
        }
    }
    bytes.len()
}

/// Reads what stands behind a chunk's data.
pub fn chunk_end(bytes: &[u8], with_fields: bool) -> Part {
    part(bytes, with_fields, |sheet, part| {
        let (len, good) = match bytes {
            [] | [b'\r'] => return None,
            [b'\r', b'\n', ..] => (2, true),
            [b'\n', ..] => {
                sheet.flaw(
                    0,
                    both!("a line that ends with LF alone", "baris yang diakhiri LF saja"),
                    "[9112-2.2-04]",
                );
                (1, true)
            }
            _ => (0, false),
        };
        if good {
            // It says no size, but that one can follow.
            part.size = Some(0);
            sheet.field("end of chunk data", 0, &bytes[..len], "RFC 9112 7.1");
        } else {
            // [9112-7.1-04]
            sheet.flaw(
                0,
                both!(
                    "chunk data that goes on behind its size",
                    "data chunk yang melebihi ukurannya"
                ),
                "[9112-7.1-04]",
            );
        }
        Some(len)
    })
}

/// Reads a trailer section with the empty line at its end. (RFC 9112 7.1.2)
pub fn trailers(bytes: &[u8], with_fields: bool) -> Part {
    part(bytes, with_fields, |sheet, part| {
        let end = section(sheet, bytes, 0, TRAILER, &mut part.lines);
        for line in &part.lines {
            // What frames or routes a message comes too late in its trailers.
            if NOT_IN_TRAILERS.iter().any(|name| line.is(name)) {
                let name = crate::output::escape(&line.name);
                sheet.flaw(
                    line.at,
                    both!("{name} as a trailer", "{name} sebagai trailer"),
                    "[9110-6.5.1-01]",
                );
            }
        }
        end
    })
}
