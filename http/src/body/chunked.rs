//! The chunked transfer coding, read and written.
//!
//! ```text
//!   4;name=value CR LF      Size -> Extension -> SizeEnd
//!   Wiki CR LF              Data -> DataEnd -> Size
//!   0 CR LF                 a size of zero -> Trailers
//!   Expires: ... CR LF
//!   CR LF                   the end
//! ```
//! [9112-7.1-01] The strict grammar alone is read: whoever takes less or more for a size than
//! others on the way sees other requests than they do.

use bytes::BytesMut;

use super::{Piece, take};
use crate::head::{FieldScan, Folding};
use crate::limits::{CHUNK_DIGITS_MAX, CHUNK_EXT_MAX};
use crate::{Fields, HttpError, grammar};

/// Where in the coding.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// In the digits of a size.
    Size {
        size: u64,
        digits: usize,
    },
    /// Behind the size, in what stands between it and the CR.
    Extension {
        size: u64,
        part: Part,
    },
    /// The LF behind a size is missing.
    SizeEnd {
        size: u64,
    },
    Data {
        left: u64,
    },
    /// The CR LF behind the data, of which so many octets have come.
    DataEnd {
        seen: usize,
    },
    Trailers(FieldScan),
}

/// Where in `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Space after the size or a value; a `;` or the end must follow.
    Between,
    /// Space after `;`; a name must follow.
    BeforeName,
    Name,
    /// Space after a name; `=`, `;` or the end must follow.
    AfterName,
    /// Space after `=`; a value must follow.
    BeforeValue,
    Value,
    Quoted,
    /// Behind a backslash in a quoted string.
    Escaped,
    /// Behind the quote that ends one.
    AfterQuoted,
}

/// A chunked body that is being read.
#[derive(Debug)]
pub struct ChunkedReader {
    stage: Stage,
    /// Octets of extensions so far.
    extensions: usize,
    trailers: Fields,
}

impl Default for ChunkedReader {
    fn default() -> Self {
        let stage = Stage::Size { size: 0, digits: 0 };
        Self { stage, extensions: 0, trailers: Fields::default() }
    }
}

impl ChunkedReader {
    /// Takes what there is of the body off the input. `None`: more octets are needed.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Piece>, HttpError> {
        loop {
            match &mut self.stage {
                Stage::Size { .. } | Stage::Extension { .. } | Stage::SizeEnd { .. } => {
                    if !self.read_size_line(input)? {
                        return Ok(None);
                    }
                }
                Stage::Data { left } => {
                    let Some(data) = take(input, left) else { return Ok(None) };
                    if *left == 0 {
                        self.stage = Stage::DataEnd { seen: 0 };
                    }
                    return Ok(Some(Piece::Data(data)));
                }
                Stage::DataEnd { seen } => {
                    // [9112-7.1-04] Data that is longer or shorter than its size shows here.
                    let Some(octet) = input.first() else { return Ok(None) };
                    if *octet != b"\r\n"[*seen] {
                        let what = "chunk data that does not end where its size says";
                        return Err(HttpError::malformed("[9112-7.1-04]", what));
                    }
                    *seen += 1;
                    if *seen == 2 {
                        self.stage = Stage::Size { size: 0, digits: 0 };
                    }
                    let _ = input.split_to(1);
                }
                Stage::Trailers(scan) => {
                    let Some(end) = scan.advance(input, self.trailers.lines_mut())? else {
                        return Ok(None);
                    };
                    return Ok(Some(Piece::End(self.end(input, end))));
                }
            }
        }
    }

    /// [9112-7.1.2-01] Trailers are kept apart from the header fields.
    fn end(&mut self, input: &mut BytesMut, end: usize) -> Option<Box<Fields>> {
        let octets = input.split_to(end).freeze();
        if self.trailers.is_empty() {
            return None;
        }
        self.trailers.set_octets(octets);
        Some(Box::new(std::mem::take(&mut self.trailers)))
    }

    /// Reads on in the line of a size; `true`: it is complete.
    fn read_size_line(&mut self, input: &mut BytesMut) -> Result<bool, HttpError> {
        let mut read = 0;
        let mut complete = false;
        while let Some(octet) = input.get(read) {
            read += 1;
            self.stage = match self.stage {
                Stage::Size { size, digits } => digit(size, digits, *octet)?,
                Stage::Extension { size, part } => {
                    self.extensions += 1;
                    extension(size, part, *octet)?
                }
                Stage::SizeEnd { size } if *octet == b'\n' => {
                    complete = true;
                    match size {
                        0 => Stage::Trailers(FieldScan::new(0, Folding::Refused)),
                        left => Stage::Data { left },
                    }
                }
                _ => return Err(HttpError::malformed("[9112-2.2-03]", "a bare CR")),
            };
            // [9112-7.1.1-02]
            if self.extensions > CHUNK_EXT_MAX {
                return Err(HttpError::malformed("[9112-7.1.1-02]", "too long chunk extensions"));
            }
            if complete {
                break;
            }
        }
        let _ = input.split_to(read);
        Ok(complete)
    }
}

/// [9112-7.1-04] One or more hexadecimal digits: no sign, no `0x`, no space in front.
fn digit(size: u64, digits: usize, octet: u8) -> Result<Stage, HttpError> {
    match (char::from(octet).to_digit(16), octet) {
        // [9112-7.1-02] Sixteen digits are all that fit in 64 bits.
        (Some(_), _) if digits >= CHUNK_DIGITS_MAX => {
            Err(HttpError::malformed("[9112-7.1-02]", "a chunk size beyond all sizes"))
        }
        (Some(digit), _) => {
            Ok(Stage::Size { size: size << 4 | u64::from(digit), digits: digits + 1 })
        }
        (None, b'\r') if digits > 0 => Ok(Stage::SizeEnd { size }),
        (None, b';') if digits > 0 => Ok(Stage::Extension { size, part: Part::BeforeName }),
        // [9110-5.6.3-02] Space in front of an extension.
        (None, b' ' | b'\t') if digits > 0 => Ok(Stage::Extension { size, part: Part::Between }),
        _ => Err(HttpError::malformed("[9112-7.1-04]", "a chunk size that is no number")),
    }
}

/// [9112-7.1.1-01] Extensions are read, to see that they are some, and passed over.
fn extension(size: u64, part: Part, octet: u8) -> Result<Stage, HttpError> {
    let is_token = grammar::is_token(&[octet]);
    let is_space = matches!(octet, b' ' | b'\t');
    let next = match (part, octet) {
        // No space may stand at the end of the line.
        (Part::Name | Part::Value | Part::AfterQuoted, b'\r') => {
            return Ok(Stage::SizeEnd { size });
        }
        (Part::Quoted, b'"') => Part::AfterQuoted,
        (Part::Quoted, b'\\') => Part::Escaped,
        // [9110-5.6.4-01] Whatever stands behind the backslash belongs to the string.
        (Part::Quoted | Part::Escaped, b'\t' | b' '..=b'~' | 0x80..)
        | (Part::BeforeValue, b'"') => Part::Quoted,
        (Part::Between | Part::Name | Part::AfterName | Part::Value | Part::AfterQuoted, b';') => {
            Part::BeforeName
        }
        (Part::Name | Part::AfterName, b'=') => Part::BeforeValue,
        (Part::BeforeName | Part::Name, _) if is_token => Part::Name,
        (Part::BeforeValue | Part::Value, _) if is_token => Part::Value,
        (Part::BeforeName | Part::BeforeValue | Part::Between | Part::AfterName, _) if is_space => {
            part
        }
        (Part::Name, _) if is_space => Part::AfterName,
        (Part::Value | Part::AfterQuoted, _) if is_space => Part::Between,
        _ => return Err(HttpError::malformed("[9112-7.1.1-01]", "a malformed chunk extension")),
    };
    Ok(Stage::Extension { size, part: next })
}

/// The chunk that ends a body without trailers.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Octets of the longest line in front of a chunk that is written.
const CHUNK_HEAD_MAX: usize = 18;

/// Appends the line in front of a chunk of `len` octets, which must not be zero.
pub(crate) fn chunk_head(len: usize, out: &mut BytesMut) {
    let mut line = [0; CHUNK_HEAD_MAX];
    let mut at = CHUNK_HEAD_MAX - 2;
    line[at..].copy_from_slice(b"\r\n");
    let mut left = len;
    while left > 0 {
        at -= 1;
        line[at] = b"0123456789abcdef"[left & 15];
        left >>= 4;
    }
    out.extend_from_slice(&line[at..]);
}
