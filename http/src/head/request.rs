//! The head of a request: request line and header section.
//!
//! ```text
//!   GET /add?a=5&b=9 HTTP/1.1 CR LF      Start -> Method -> Target -> Version -> Fields
//!   Host: localhost:5151 CR LF
//!   CR LF
//! ```
//! It knows the grammar of a head. Which body follows, and what the target names, it does not.

use bytes::{Bytes, BytesMut};

use super::fields::Fields;
use super::scan::{FieldScan, Folding};
use super::version::{VERSION_LEN, version};
use super::{Method, Version};
use crate::limits::{EMPTY_LINES_MAX, METHOD_MAX, TARGET_MAX};
use crate::{HttpError, Status, grammar};

/// A request's head. Its octets are those that came.
#[derive(Clone, Debug)]
pub struct RequestHead {
    pub(crate) method: Method,
    pub(crate) version: Version,
    method_end: u32,
    target_end: u32,
    pub(crate) fields: Fields,
}

impl Default for RequestHead {
    fn default() -> Self {
        Self {
            method: Method::Other,
            version: Version::Http11,
            method_end: 0,
            target_end: 0,
            fields: Fields::default(),
        }
    }
}

impl RequestHead {
    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method as it came, also one that is not known.
    pub fn method_name(&self) -> &[u8] {
        self.octets().get(..self.method_end as usize).unwrap_or_default()
    }

    /// The request-target as it came.
    pub fn target(&self) -> &[u8] {
        let range = self.method_end as usize + 1..self.target_end as usize;
        self.octets().get(range).unwrap_or_default()
    }

    /// The version that the request is of.
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

    pub(crate) fn clear(&mut self) {
        self.fields.clear();
        self.method = Method::Other;
        (self.method_end, self.target_end) = (0, 0);
    }
}

/// The request line, fit for a terminal.
impl std::fmt::Display for RequestHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (method, target) = (self.method_name(), self.target());
        write!(f, "{} {}", method.escape_ascii(), target.escape_ascii())?;
        write!(f, " {}", self.version().name())
    }
}

/// Where in the head.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Start { empty_lines: usize },
    Method,
    Target,
    Version,
    Fields(FieldScan),
}

/// A head that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestScan {
    at: usize,
    stage: Stage,
}

impl RequestScan {
    pub fn new() -> Self {
        Self { at: 0, stage: Stage::Start { empty_lines: 0 } }
    }

    /// Has anything of a request come?
    pub fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Start { .. })
    }

    /// Reads on; `true`: the head is complete, taken from the input, and stands in `head`.
    ///
    /// [9110-5.3-02] Nobody sees a head before all of it is there.
    pub fn advance(
        &mut self,
        input: &mut BytesMut,
        head: &mut RequestHead,
    ) -> Result<bool, HttpError> {
        loop {
            let rest = &input[self.at..];
            match &mut self.stage {
                Stage::Start { empty_lines } => match rest {
                    [] | [b'\r'] => return Ok(false),
                    // [9112-2.2-07] Some clients send an empty line behind a body.
                    [b'\r', b'\n', ..] if *empty_lines < EMPTY_LINES_MAX => {
                        *empty_lines += 1;
                        let _ = input.split_to(2);
                    }
                    _ => {
                        head.clear();
                        self.stage = Stage::Method;
                    }
                },
                Stage::Method => {
                    self.at += grammar::token(rest);
                    if !self.method_ends(input, head)? {
                        return Ok(false);
                    }
                }
                Stage::Target => {
                    self.at += grammar::target(rest);
                    if !self.target_ends(input, head)? {
                        return Ok(false);
                    }
                }
                Stage::Version => {
                    if !self.version_ends(input, head)? {
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

    fn method_ends(&mut self, input: &[u8], head: &mut RequestHead) -> Result<bool, HttpError> {
        if self.at > METHOD_MAX {
            // [9112-3-01] Longer than any that there is.
            let what = "a method longer than any that is known here";
            return Err(HttpError::refused(Status::NOT_IMPLEMENTED, "[9112-3-01]", what));
        }
        match input.get(self.at) {
            None => Ok(false),
            Some(b' ') if self.at > 0 => {
                head.method = Method::from_token(&input[..self.at]);
                head.method_end = self.at as u32;
                self.at += 1;
                self.stage = Stage::Target;
                Ok(true)
            }
            Some(_) => {
                Err(HttpError::malformed("[9112-3.2-01]", "a request line without a method"))
            }
        }
    }

    fn target_ends(&mut self, input: &[u8], head: &mut RequestHead) -> Result<bool, HttpError> {
        let len = self.at - head.method_end as usize - 1;
        if len > TARGET_MAX {
            // [9112-3-02]
            let what = "the request-target is longer than is taken here";
            return Err(HttpError::refused(Status::URI_TOO_LONG, "[9112-3-02]", what));
        }
        match input.get(self.at) {
            None => Ok(false),
            Some(b' ') if len > 0 => {
                head.target_end = self.at as u32;
                self.at += 1;
                self.stage = Stage::Version;
                Ok(true)
            }
            Some(b'\r' | b'\n') => {
                Err(HttpError::malformed("[9112-2.3-01]", "a request line without HTTP-version"))
            }
            // [9112-3.2-02] Nothing is mended here: [9112-3-04] one SP, and no other space.
            Some(_) => {
                let what = "a character in the request-target that must be percent-encoded";
                Err(HttpError::malformed("[9112-3.2-01]", what))
            }
        }
    }

    fn version_ends(&mut self, input: &[u8], head: &mut RequestHead) -> Result<bool, HttpError> {
        let Some(version) = version(&input[self.at..])? else { return Ok(false) };
        match &input[self.at + VERSION_LEN..] {
            [] | [b'\r'] => Ok(false),
            [b'\r', b'\n', ..] => {
                head.version = version;
                self.at += VERSION_LEN + 2;
                self.stage = Stage::Fields(FieldScan::new(self.at, Folding::Refused));
                Ok(true)
            }
            [b'\r', ..] => Err(HttpError::malformed("[9112-2.2-03]", "a bare CR")),
            [b'\n', ..] => {
                Err(HttpError::malformed("[9112-2.2-04]", "a line that ends with LF alone"))
            }
            _ => Err(HttpError::malformed(
                "[9112-3.2-01]",
                "more in the request line than its three parts",
            )),
        }
    }
}
