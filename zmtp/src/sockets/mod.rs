//! The six sockets: what makes a REQ a REQ, over the pipes that all have in common.
//!
//! ```text
//!   REQ    round_robin over ready peers, one at a time; the reply only from who was asked
//!   REP    fair_queue, one at a time; the envelope kept for the reply
//!   PUSH   round_robin over peers with room
//!   PULL   fair_queue
//!   PUB    to each peer with a matching subscription; dropped for who has no room
//!   SUB    fair_queue, of what matches
//! ```
//!
//! They know pipes, messages and prefixes; no connection's bytes, no endpoint, no clock.

mod fair_queue;
mod pub_;
mod pull;
mod push;
mod rep;
mod req;
mod round_robin;
mod sub;
pub mod subscriptions;

use bytes::Bytes;
use wirelab_reactor::Io;

use crate::engine::{PipeId, Pipes};
use crate::{Error, Message, SocketType};
pub use fair_queue::FairQueue;
pub use pub_::Pub;
pub use pull::Pull;
pub use push::Push;
pub use rep::Rep;
pub use req::{Answer, Req};
pub use round_robin::RoundRobin;
pub use sub::Sub;

/// What a kind of socket does with what happens to its pipes: as 28/REQREP, 29/PUBSUB and
/// 30/PIPELINE say [ZMTP-3.0-sock-08] [ZMTP-3.0-sock-09] [ZMTP-3.0-sock-10]. It has as many of them
/// as peers there are [REQ-gen-01] [REP-gen-01] [PUB-gen-01] [SUB-gen-01] [PUSH-gen-01]
/// [PULL-gen-01].
pub trait Pattern {
    /// What our READY says.
    const SOCKET_TYPE: SocketType;

    /// There is a pipe: to an endpoint that we connect to, or of a peer that came and is ready.
    fn on_pipe(&mut self, pipe: PipeId) {
        let _ = pipe;
    }

    /// The peer at this pipe is ready: for the first time, or again.
    fn on_ready(&mut self, pipes: &mut Pipes, io: &mut Io, pipe: PipeId) {
        let _ = (pipes, io, pipe);
    }

    /// A message has come.
    ///
    /// # Errors
    /// It costs the peer its connection.
    fn on_message(
        &mut self,
        pipes: &mut Pipes,
        pipe: PipeId,
        message: Message,
    ) -> Result<(), Error>;

    /// A SUBSCRIBE command has come. To most sockets it means nothing.
    ///
    /// # Errors
    /// It costs the peer its connection.
    fn on_subscribe(&mut self, pipe: PipeId, prefix: Bytes) -> Result<(), Error> {
        let _ = (pipe, prefix);
        Ok(())
    }

    /// A CANCEL command has come.
    fn on_cancel(&mut self, pipe: PipeId, prefix: &[u8]) {
        let _ = (pipe, prefix);
    }

    /// A pipe that was full has room again.
    fn on_room(&mut self, pipe: PipeId) {
        let _ = pipe;
    }

    /// The connection of this pipe is gone.
    fn on_lost(&mut self, pipes: &mut Pipes, pipe: PipeId) {
        let _ = (pipes, pipe);
    }

    /// The pipe takes no more messages. What came through it may still be received.
    fn on_gone(&mut self, pipe: PipeId) {
        let _ = pipe;
    }

    /// Is there something to receive?
    fn is_readable(&self) -> bool {
        false
    }

    /// Is there somebody to send to?
    fn is_writable(&self, pipes: &Pipes) -> bool {
        let _ = pipes;
        false
    }
}
