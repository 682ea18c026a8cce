//! Stop 2, time: a service that closes who has been silent for a minute.
//!
//! A timer for each connection, which is set once when it opens and then only when it fires: a busy
//! connection must never touch the timer (contract 5 of `Service`).

use bytes::BytesMut;
use std::time::Duration;
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service, Timer};

/// How long a client may be silent.
pub const SILENCE: Duration = Duration::from_secs(60);

/// See above. It needs books.
#[derive(Debug, Default)]
pub struct Patience;

impl Service for Patience {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, origin: Origin) {
        todo!("note when, and set a timer")
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        todo!("note when, and throw the input away")
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        todo!("close, or set the timer for the rest of the minute")
    }

    fn on_close(&mut self, io: &mut Io, conn: ConnId, why: Closed) {}
}
