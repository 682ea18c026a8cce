//! Stop 1, the loop: a service that answers every line in capitals.
//!
//! ```text
//!   client: halo LF       server: HALO LF
//! ```
//! A line may come in pieces, several may come at once, and the last one has no LF when the client
//! ends: then it is no line, and the connection is closed.

use bytes::BytesMut;
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service};

/// See above.
#[derive(Debug, Default)]
pub struct Capitals;

impl Service for Capitals {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, origin: Origin) {}

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        todo!("take whole lines off the input, leave the rest, and write the answers")
    }

    fn on_close(&mut self, io: &mut Io, conn: ConnId, why: Closed) {}
}
