//! What one read of a client is served with, and what the loop is to do after it.
//!
//! Values alone: it knows neither the loop nor the connection.

use bytes::Bytes;
use wirelab_reactor::Now;

use super::settings::Observer;

/// What a client's requests are served with.
pub(super) struct Desk<'a, H> {
    pub handler: &'a mut H,
    pub date: &'a [u8],
    pub now: Now,
    /// Every answer is the last of its connection.
    pub last: bool,
    pub observer: &'a mut Option<Observer>,
}

/// What the loop is to do next.
#[derive(Debug)]
pub(super) enum Step {
    /// Wait for octets.
    Wait,
    /// Come back when the answers have been looked at: there may be more to do.
    Again,
    /// Send this, and come back.
    Send(Bytes),
    /// The answer comes in pieces: ask for them.
    Pieces,
    /// Close: all that is to be said has been said.
    Close,
    /// Break the connection off: what was sent must not be taken for complete.
    Abort,
}
