//! The head of a response: status line and header section.
//!
//! It knows the grammar of a head. Which body follows it does not.

use bytes::{Bytes, BytesMut};

use super::Version;
use super::fields::Fields;
use super::scan::{FieldScan, Folding};
use super::version::{VERSION_LEN, version};
use crate::limits::REASON_MAX;
use crate::{HttpError, Status, grammar};

/// A response's head. Its octets are those that came.
#[derive(Clone, Debug)]
pub struct ResponseHead {
    pub(crate) status: Status,
    pub(crate) code: u16,
    pub(crate) version: Version,
    reason: (u32, u32),
    pub(crate) fields: Fields,
}

impl Default for ResponseHead {
    fn default() -> Self {
        Self {
            status: Status::OK,
            code: 200,
            version: Version::Http11,
            reason: (0, 0),
            fields: Fields::default(),
        }
    }
}

impl ResponseHead {
    /// The status; a server's failure where the code is none.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The three digits as they came.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// [9112-4-01] The reason phrase: to be shown, never to be understood.
    pub fn reason(&self) -> &[u8] {
        let range = self.reason.0 as usize..self.reason.1 as usize;
        self.octets().get(range).unwrap_or_default()
    }

    /// The version that the response is of.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The header fields.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// All of the head, with the empty line at its end.
    pub fn octets(&self) -> &Bytes {
        self.fields.octets()
    }
}

/// Where in the head.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Version,
    Code,
    Reason { start: usize },
    Fields(FieldScan),
}

/// A head that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseScan {
    at: usize,
    stage: Stage,
}

impl ResponseScan {
    pub fn new() -> Self {
        Self { at: 0, stage: Stage::Version }
    }

    /// Reads on; `true`: the head is complete, taken from the input, and stands in `head`.
    pub fn advance(
        &mut self,
        input: &mut BytesMut,
        head: &mut ResponseHead,
    ) -> Result<bool, HttpError> {
        loop {
            match &mut self.stage {
                Stage::Version => {
                    let Some(version) = version(input)? else { return Ok(false) };
                    match input.get(VERSION_LEN) {
                        None => return Ok(false),
                        Some(b' ') => {}
                        Some(_) => return Err(no_status()),
                    }
                    head.fields.clear();
                    head.version = version;
                    self.at = VERSION_LEN + 1;
                    self.stage = Stage::Code;
                }
                Stage::Code => {
                    if !self.code_ends(input, head)? {
                        return Ok(false);
                    }
                }
                Stage::Reason { start } => {
                    let start = *start;
                    if !self.reason_ends(start, input, head)? {
                        return Ok(false);
                    }
                }
                Stage::Fields(scan) => {
                    let Some(end) = scan.advance(input, head.fields.lines_mut())? else {
                        return Ok(false);
                    };
                    head.fields.set_octets(input.split_to(end).freeze());
                    *self = Self::new();
                    return Ok(true);
                }
            }
        }
    }

    fn code_ends(&mut self, input: &[u8], head: &mut ResponseHead) -> Result<bool, HttpError> {
        let rest = &input[self.at..];
        if rest.iter().take(3).any(|octet| !octet.is_ascii_digit()) {
            return Err(no_status());
        }
        let [a, b, c, next, ..] = rest else { return Ok(false) };
        let digit = |octet: &u8| u16::from(octet - b'0');
        head.code = digit(a) * 100 + digit(b) * 10 + digit(c);
        head.status = Status::received(head.code);
        // The SP before an empty phrase is sometimes forgotten; nothing depends on it.
        let start = match next {
            b' ' => self.at + 4,
            b'\r' => self.at + 3,
            _ => return Err(no_status()),
        };
        self.at = start;
        self.stage = Stage::Reason { start };
        Ok(true)
    }

    fn reason_ends(
        &mut self,
        start: usize,
        input: &[u8],
        head: &mut ResponseHead,
    ) -> Result<bool, HttpError> {
        loop {
            self.at += grammar::plain(&input[self.at..]);
            if self.at - start > REASON_MAX {
                return Err(HttpError::malformed(
                    "[9110-17.5-01]",
                    "the reason phrase is too long",
                ));
            }
            match &input[self.at..] {
                [] | [b'\r'] => return Ok(false),
                [b'\t', ..] => self.at += 1,
                [b'\r', b'\n', ..] => {
                    head.reason = (start as u32, self.at as u32);
                    self.at += 2;
                    self.stage = Stage::Fields(FieldScan::new(self.at, Folding::Replaced));
                    return Ok(true);
                }
                _ => {
                    let what = "a control character in the status line";
                    return Err(HttpError::malformed("[9112-2.2-03]", what));
                }
            }
        }
    }
}

fn no_status() -> HttpError {
    HttpError::malformed("[9112-4-01]", "a status line without a status of three digits")
}
