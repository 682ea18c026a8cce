//! What is asked, and how an answer is known: one file for each protocol.
//!
//! It knows requests by their numbers. It does not know connections, nor the time.

use bytes::BytesMut;

/// What has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The other side is ready to be asked.
    Ready,
    /// An answer.
    Answer {
        /// The request that it says it answers; `None`: it is no answer to any.
        to: Option<u64>,
        /// Octets of it that are content.
        content: usize,
    },
}

/// One connection's side of the talk.
pub trait Talk {
    /// What is said first. `true`: requests may follow at once.
    fn greet(&mut self, out: &mut BytesMut) -> bool;

    /// Asks the request of this number.
    fn ask(&mut self, number: u64, out: &mut BytesMut);

    /// Takes the next answer off the input; `None`: there is no whole one.
    ///
    /// # Errors
    /// What came is none of this protocol.
    fn hear(&mut self, input: &mut BytesMut) -> Result<Option<Heard>, String>;
}

/// Makes talks: one for each connection.
pub type Maker = Box<dyn Fn() -> Box<dyn Talk>>;
