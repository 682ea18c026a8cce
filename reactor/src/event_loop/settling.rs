//! The end of a turn: what the callbacks wished for is carried out.

use std::io::{self, IoSlice};
use std::net::SocketAddr;

use super::{EventLoop, Stopping};
use crate::conn::{Phase, Verdict};
use crate::limits::SLICES_PER_WRITE;
use crate::net::Farewell;
use crate::timers::Kind;
use crate::{Closed, ConnId, ListenerId, Net, Service};

impl<N: Net> EventLoop<N> {
    pub(super) fn settle<S: Service + ?Sized>(&mut self, service: &mut S) {
        if !self.io.wishes.any() {
            return;
        }
        for (listener, addr) in std::mem::take(&mut self.io.wishes.listen) {
            self.listen_now(service, listener, addr);
        }
        for listener in std::mem::take(&mut self.io.wishes.unlisten) {
            self.stop_listening(listener);
        }
        for (conn, addr) in std::mem::take(&mut self.io.wishes.dial) {
            self.dial(service, conn, addr);
        }
        for conn in std::mem::take(&mut self.io.wishes.condemned) {
            self.execute(service, conn);
        }
        self.flush_all(service);
        for conn in std::mem::take(&mut self.io.wishes.close) {
            self.close(service, conn);
        }
    }

    fn listen_now<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        listener: ListenerId,
        addr: SocketAddr,
    ) {
        let result = if self.stopping == Stopping::No {
            self.net.listen(listener, addr)
        } else {
            Err(io::Error::other("the loop is ending"))
        };
        if result.is_ok() {
            self.listening(listener);
        }
        service.on_listen(&mut self.io, listener, result);
    }

    fn dial<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId, addr: SocketAddr) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        if let Phase::Dialling { abandoned: true } = books.phase {
            return self.end(service, conn, Farewell::Close, Closed::ByUs);
        }
        let at = self.io.now + self.io.settings.connect_timeout;
        self.io.timers.set_conn(&mut books.timers, conn, Kind::Deadline, at);
        if let Err(error) = self.net.connect(conn, addr) {
            self.end(service, conn, Farewell::Close, Closed::Failed(error));
        }
    }

    fn execute<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        let Some(Phase::Condemned(verdict)) = self.io.conns.get(conn).map(|c| &c.phase) else {
            return;
        };
        let why = match verdict {
            Verdict::Reset => Closed::ByUs,
            Verdict::Overflow => Closed::Failed(io::Error::other(
                "outbox limit exceeded: the peer does not read what it is sent",
            )),
        };
        self.end(service, conn, Farewell::Reset, why);
    }

    fn flush_all<S: Service + ?Sized>(&mut self, service: &mut S) {
        // Two lists take turns, so that neither is allocated anew.
        let mut flushing = std::mem::take(&mut self.flushing);
        std::mem::swap(&mut flushing, &mut self.io.wishes.flush);
        for conn in flushing.drain(..) {
            if let Some(books) = self.io.conns.get_mut(conn) {
                books.waits_for_flush = false;
                self.flush(service, conn);
            }
        }
        self.flushing = flushing;
    }

    /// Writes until the outbox is empty or the kernel's buffer is full.
    pub(super) fn flush<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        loop {
            let Some(books) = self.io.conns.get_mut(conn) else { return };
            if books.broken.is_some() {
                return;
            }
            if books.blocked || books.outbox.queued() == 0 {
                break;
            }
            if matches!(books.phase, Phase::Dialling { .. } | Phase::Condemned(_)) {
                return;
            }
            let (offered, written) = if let Some(bytes) = books.outbox.single() {
                (bytes.len(), self.net.write(conn, &[IoSlice::new(bytes)]))
            } else {
                let mut slices = [IoSlice::new(&[]); SLICES_PER_WRITE];
                let (filled, offered) = books.outbox.slices(&mut slices);
                (offered, self.net.write(conn, &slices[..filled]))
            };
            match written {
                Ok(n) => {
                    // What took less than was offered is full; it will say when it is not.
                    books.blocked = n < offered;
                    books.outbox.advance(n, &mut self.io.spare);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => books.blocked = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.write_failed(service, conn, error),
            }
        }
        self.flushed(service, conn);
    }

    /// Contract 8: the peer takes nothing more, and what it has sent before may say why.
    fn write_failed<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        conn: ConnId,
        error: io::Error,
    ) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        if books.paused || !matches!(books.phase, Phase::Open) {
            return self.end(service, conn, Farewell::Close, Closed::Failed(error));
        }
        books.outbox.clear(&mut self.io.spare);
        // Whoever sends as much as is taken has sent enough.
        books.above_high_water = true;
        books.broken = Some(error);
        // But whoever talks on is not listened to for ever.
        let at = self.io.now + self.io.settings.linger;
        self.io.timers.set_conn(&mut books.timers, conn, Kind::Deadline, at);
        if !books.waits_for_read {
            books.waits_for_read = true;
            self.io.wishes.read.push(conn);
        }
    }

    /// The outbox has become shorter: the service may go on, or a close may.
    fn flushed<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        let queued = books.outbox.queued();
        match books.phase {
            Phase::Open if books.above_high_water && queued <= self.io.settings.low_water => {
                books.above_high_water = false;
                service.on_drained(&mut self.io, conn);
            }
            // [9293-3.10.4-01] What was queued is sent; only then the FIN.
            Phase::Closing { end, .. } if queued == 0 => {
                books.phase = Phase::Lingering { end };
                let eof = books.eof;
                match self.net.shutdown(conn) {
                    // [9293-3.6-02] Both directions are closed: there is nothing left to wait for.
                    Ok(()) if eof => self.end(service, conn, Farewell::Close, end.into()),
                    Ok(()) => self.set_deadline(conn),
                    Err(_) => self.end(service, conn, Farewell::Close, end.into()),
                }
            }
            _ => {}
        }
    }

    fn close<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        if let Phase::Dialling { .. } = books.phase {
            return self.end(service, conn, Farewell::Close, Closed::ByUs);
        }
        if let Some(error) = books.broken.take() {
            return self.end(service, conn, Farewell::Close, Closed::Failed(error));
        }
        // Whatever reading was paused for is over: bytes are discarded from here on.
        books.input = bytes::BytesMut::new();
        if books.unread && !books.waits_for_read {
            books.waits_for_read = true;
            self.io.wishes.read.push(conn);
        }
        self.set_deadline(conn);
        self.flush(service, conn);
    }

    fn set_deadline(&mut self, conn: ConnId) {
        if let Some(books) = self.io.conns.get_mut(conn) {
            let patience = self.io.now + self.io.settings.linger;
            let at = match books.phase {
                Phase::Closing { until, .. } => patience.min(until),
                _ => patience,
            };
            self.io.timers.set_conn(&mut books.timers, conn, Kind::Deadline, at);
        }
    }

    /// The connect, or the close, has taken as long as it may.
    pub(super) fn deadline_passed<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        books.timers.forget(Kind::Deadline);
        if books.broken.is_some() {
            return self.end_broken(service, conn);
        }
        let left = books.outbox.queued();
        let late =
            |what: &str| Closed::Failed(io::Error::new(io::ErrorKind::TimedOut, what.to_owned()));
        let why = match &mut books.phase {
            Phase::Open | Phase::Condemned(_) => return,
            Phase::Closing { queued, until, .. } if left < *queued && self.io.now < *until => {
                *queued = left;
                return self.set_deadline(conn);
            }
            Phase::Closing { .. } => late("the peer did not take our last bytes"),
            Phase::Lingering { end } => (*end).into(),
            Phase::Dialling { .. } => late("the connect was not answered"),
        };
        self.end(service, conn, Farewell::Close, why);
    }

    /// The one way out of the books: the descriptor is closed, the timers die, and the service is
    /// told, once.
    pub(super) fn end<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        conn: ConnId,
        farewell: Farewell,
        why: Closed,
    ) {
        let Some(mut books) = self.io.conns.remove(conn) else { return };
        self.io.timers.cancel_all(&mut books.timers);
        books.outbox.clear(&mut self.io.spare);
        self.net.close(conn, farewell);
        self.make_room();
        service.on_close(&mut self.io, conn, why);
    }
}
