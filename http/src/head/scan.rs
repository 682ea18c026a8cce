//! Reads field lines as they come, octet for octet once, and says at the first wrong one that it
//! is wrong.
//!
//! ```text
//!   Host: example.com CR LF        Line -> Name -> Space -> Value -> Line
//!   |  |  |          |             empty line at Line: the section is complete
//!   name  value      end
//! ```
//! The place that was reached is kept, so that nothing is read twice however small the pieces.
//! What a field means is not known here.

use super::fields::Line;
use crate::limits::{FIELD_LINE_MAX, FIELD_NAME_MAX, FIELDS_BYTES_MAX, FIELDS_MAX};
use crate::{HttpError, Status, grammar};

/// What is made of a folded field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folding {
    /// In a request and in trailers: an error.
    Refused,
    /// In a response: the line break becomes spaces, in place.
    Replaced,
}

/// Where in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Line,
    Name,
    Space,
    Value,
}

/// A section that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldScan {
    /// The first octet not yet looked at.
    at: u32,
    /// Where the section, the line, its name's end and its value began.
    start: u32,
    line: u32,
    name_len: u32,
    value: u32,
    stage: Stage,
    folding: Folding,
}

impl FieldScan {
    /// A section that begins at this octet of the input.
    pub fn new(start: usize, folding: Folding) -> Self {
        let start = start as u32;
        Self { at: start, start, line: start, name_len: 0, value: 0, stage: Stage::Line, folding }
    }

    /// Reads on. `Some(end)`: the section is complete, and ends before `end`.
    pub fn advance(
        &mut self,
        input: &mut [u8],
        lines: &mut Vec<Line>,
    ) -> Result<Option<usize>, HttpError> {
        loop {
            let rest = &input[self.at as usize..];
            match self.stage {
                Stage::Line => match rest {
                    [] | [b'\r'] => return Ok(None),
                    [b'\r', b'\n', ..] => return Ok(Some(self.at as usize + 2)),
                    [b' ' | b'\t', ..] => self.fold(input, lines)?,
                    _ => self.begin(lines.len())?,
                },
                Stage::Name => {
                    self.at += grammar::token(rest) as u32;
                    let Some(octet) = input.get(self.at as usize) else {
                        return self.within(self.at - self.line, FIELD_NAME_MAX);
                    };
                    self.name_ends(*octet)?;
                }
                Stage::Space => {
                    let space = rest.iter().position(|octet| !matches!(octet, b' ' | b'\t'));
                    self.at += space.unwrap_or(rest.len()) as u32;
                    self.value = self.at;
                    if space.is_none() {
                        return self.within(self.at - self.line, FIELD_LINE_MAX);
                    }
                    self.stage = Stage::Value;
                }
                Stage::Value => {
                    self.at += grammar::plain(rest) as u32;
                    self.within(self.at - self.line, FIELD_LINE_MAX)?;
                    match &input[self.at as usize..] {
                        [] | [b'\r'] => return Ok(None),
                        [b'\t', ..] => self.at += 1,
                        [b'\r', b'\n', ..] => self.value_ends(input, lines),
                        [octet, ..] => return Err(control(*octet)),
                    }
                }
            }
        }
    }

    /// [9110-5.4-01] Is it within its limit, and the section within its own?
    fn within(&self, len: u32, max: usize) -> Result<Option<usize>, HttpError> {
        if len as usize > max || (self.at - self.start) as usize > FIELDS_BYTES_MAX {
            return Err(too_large("the header fields are longer than is taken here"));
        }
        Ok(None)
    }

    fn begin(&mut self, lines: usize) -> Result<(), HttpError> {
        if lines >= FIELDS_MAX {
            return Err(too_large("there are more header fields than are taken here"));
        }
        self.line = self.at;
        self.stage = Stage::Name;
        Ok(())
    }

    fn name_ends(&mut self, octet: u8) -> Result<(), HttpError> {
        self.name_len = self.at - self.line;
        self.within(self.name_len, FIELD_NAME_MAX)?;
        if octet == b':' && self.name_len > 0 {
            self.at += 1;
            self.stage = Stage::Space;
            return Ok(());
        }
        Err(match octet {
            // [9112-5.1-01] Somebody else on the way might take the space for part of the name.
            b' ' | b'\t' => {
                HttpError::malformed("[9112-5.1-01]", "whitespace between field name and colon")
            }
            b':' => HttpError::malformed("[9112-5-01]", "a field line without a name"),
            b'\r' | b'\n' => HttpError::malformed("[9112-5-01]", "a field line without a colon"),
            _ => HttpError::malformed("[9112-5-01]", "a field name that is no token"),
        })
    }

    /// [9110-5.5-01] The whitespace around a value is not part of it.
    fn value_ends(&mut self, input: &[u8], lines: &mut Vec<Line>) {
        let value = &input[self.value as usize..self.at as usize];
        let last = value.iter().rposition(|octet| !matches!(octet, b' ' | b'\t'));
        lines.push(Line {
            name: self.line,
            name_len: self.name_len,
            value: self.value,
            value_len: last.map_or(0, |last| last as u32 + 1),
        });
        self.at += 2;
        self.stage = Stage::Line;
    }

    /// A line that begins with whitespace goes on with the one before, or should not be there.
    fn fold(&mut self, input: &mut [u8], lines: &mut Vec<Line>) -> Result<(), HttpError> {
        // [9112-2.2-09] Before the first field: whoever skips it and whoever does not would see
        // two different messages.
        let Some(line) = lines.pop() else {
            return Err(HttpError::malformed("[9112-2.2-09]", "whitespace before the first field"));
        };
        if self.folding == Folding::Refused {
            // [9112-5.2-02]
            return Err(HttpError::malformed("[9112-5.2-02]", "a folded field line"));
        }
        // [9112-5.2-03] The line break becomes two spaces.
        let at = self.at as usize;
        input[at - 2..at].fill(b' ');
        (self.line, self.name_len) = (line.name, line.name_len);
        // Of a value that was empty so far, the space in front is still to be skipped.
        self.value = line.value;
        self.stage = if line.value_len == 0 { Stage::Space } else { Stage::Value };
        Ok(())
    }
}

/// [9112-2.2-03] [9110-5.5-02] CR, LF and NUL have no place in a value; [9110-5.5-03] nor has any
/// other control character. All are refused rather than replaced.
fn control(octet: u8) -> HttpError {
    match octet {
        b'\r' => HttpError::malformed("[9112-2.2-03]", "a bare CR"),
        b'\n' => HttpError::malformed("[9112-2.2-04]", "a line that ends with LF alone"),
        0 => HttpError::malformed("[9110-5.5-02]", "a NUL in a field value"),
        _ => HttpError::malformed("[9110-5.5-03]", "a control character in a field value"),
    }
}

fn too_large(what: &'static str) -> HttpError {
    HttpError::refused(Status::REQUEST_HEADER_FIELDS_TOO_LARGE, "[9110-5.4-01]", what)
}
