//! The bytes of a capture file in order, with the place where each stands.
//!
//! It knows how far it has read, and that a length from the file is not to be believed. It does
//! not know any format.

use std::fmt;
use std::io::{self, BufReader, Read};

/// What was wrong with a capture file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// What was wrong, and what to do where something can be done.
    pub what: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.what)
    }
}

impl std::error::Error for Error {}

/// A reader that counts.
#[derive(Debug)]
pub struct Source<R> {
    reader: BufReader<R>,
    offset: u64,
}

impl<R: Read> Source<R> {
    /// Starts counting at 0.
    pub fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(1 << 16, reader), offset: 0 }
    }

    /// Where the next byte stands.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Appends up to `len` bytes to `buffer`, fewer only at the end of the file, and says how
    /// many. The buffer grows with what is really there, never with what a length promised.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, len: usize) -> Result<usize, Error> {
        let before = buffer.len();
        let result = (&mut self.reader).take(len as u64).read_to_end(buffer);
        let got = buffer.len() - before;
        self.offset += got as u64;
        result.map_err(|error| self.unreadable(&error))?;
        Ok(got)
    }

    /// Reads past `len` bytes and says how many there were.
    pub fn skip(&mut self, len: u64) -> Result<u64, Error> {
        let result = io::copy(&mut (&mut self.reader).take(len), &mut io::sink());
        let got = result.map_err(|error| self.unreadable(&error))?;
        self.offset += got;
        Ok(got)
    }

    fn unreadable(&self, error: &io::Error) -> Error {
        Error { offset: self.offset, what: format!("cannot read on: {error}") }
    }
}
