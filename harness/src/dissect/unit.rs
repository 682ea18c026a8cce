//! What the units of protocols above TCP (packets, frames, messages) have in common: that
//! they end somewhere, and that something may be wrong with them.
//!
//! It knows no protocol.

use crate::lang::{Lang, Text};

/// Something in a protocol's unit that its receiver does not accept, or that no sender writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Bytes from the start of the unit.
    pub off: usize,
    /// What is wrong.
    pub what: Text,
    /// The clause that is broken, in brackets; the section where no statement has a number.
    pub clause: &'static str,
}

impl Flaw {
    /// As a sentence.
    pub fn text(&self, lang: Lang) -> String {
        format!("{} {}", self.what.say(lang), self.clause)
    }
}

/// How long the unit of a protocol is that begins with certain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// More bytes are needed to say it.
    Open,
    /// So many bytes, its header included.
    Known(usize),
    /// Its length is not written as the protocol has it: nobody can say where it ends.
    Boundless,
}
