//! The connections' part of a turn: what came in, and how it reaches the service.

use std::io;

use super::EventLoop;
use crate::conn::{Conn, Phase};
use crate::limits::{READ_ON_MAX, READS_PER_TURN, SMALL_READ};
use crate::net::{Farewell, Readiness};
use crate::scratch::keep;
use crate::timers::Kind;
use crate::{Closed, ConnId, Net, Origin, Service};

/// Has the service made room for more of what it has left unread?
fn has_reserved(books: &Conn) -> bool {
    let input = &books.input;
    !input.is_empty()
        && input.capacity() - input.len() >= SMALL_READ
        && matches!(books.phase, Phase::Open)
}

/// What one read has shown.
enum Took {
    /// There may be more.
    More,
    /// The socket is empty, or the connection takes no more input.
    Enough,
}

impl<N: Net> EventLoop<N> {
    pub(super) fn conn_ready<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        conn: ConnId,
        readiness: Readiness,
    ) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        match books.phase {
            Phase::Dialling { abandoned: true } | Phase::Condemned(_) => return,
            Phase::Dialling { .. } => {
                if readiness.writable || readiness.failed {
                    self.dialled(service, conn);
                }
                // What else was told is told of a connection that has just begun to stand.
                let Some(books) = self.io.conns.get_mut(conn) else { return };
                if matches!(books.phase, Phase::Dialling { .. }) {
                    return;
                }
            }
            _ => {}
        }
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        books.read_closed |= readiness.read_closed;
        books.unread |= readiness.readable || readiness.read_closed || readiness.failed;
        if readiness.writable && books.blocked {
            books.blocked = false;
            // What waits for the end of the turn may be held.
            if !books.waits_for_flush {
                self.flush(service, conn);
            }
        }
        self.read_unless_waiting(service, conn, readiness.failed);
    }

    fn read_unless_waiting<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        conn: ConnId,
        failed: bool,
    ) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        // Contract 7: a reset is told even while reading is paused.
        if failed && books.paused && matches!(books.phase, Phase::Open) {
            let error = self.net.error(conn).unwrap_or(io::ErrorKind::ConnectionReset.into());
            self.end(service, conn, Farewell::Close, Closed::Failed(error));
        } else if books.unread && !books.waits_for_read {
            self.read(service, conn);
        }
    }

    /// The connect has come to an end: good or bad.
    fn dialled<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        match self.net.is_connected(conn) {
            Ok(false) => {}
            Ok(true) => {
                let Some(books) = self.io.conns.get_mut(conn) else { return };
                books.phase = Phase::Open;
                self.io.timers.cancel_conn(&mut books.timers, Kind::Deadline);
                service.on_open(&mut self.io, conn, Origin::Connected);
                self.flush(service, conn);
            }
            Err(error) => self.end(service, conn, Farewell::Close, Closed::Failed(error)),
        }
    }

    /// A connection that was resumed, or that had more to read than one turn allows.
    pub(super) fn read_again<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        books.waits_for_read = false;
        if books.broken.is_some() {
            return self.read_last(service, conn);
        }
        if !books.paused && !books.input.is_empty() && matches!(books.phase, Phase::Open) {
            let input = std::mem::take(&mut books.input);
            let taken = usize::MAX;
            self.hand_over(service, conn, input, taken);
        }
        if self.io.conns.get(conn).is_some_and(|books| books.unread) {
            self.read(service, conn);
        }
    }

    fn read<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        for _ in 0..READS_PER_TURN {
            let Some(books) = self.io.conns.get(conn) else { return };
            match books.phase {
                Phase::Open if books.paused => return,
                Phase::Condemned(_) => return,
                _ => {}
            }
            if has_reserved(books) {
                match self.read_on(service, conn) {
                    Some(Took::More) => continue,
                    Some(Took::Enough) => return,
                    None => {}
                }
            }
            let room = self.scratch.room(&mut self.io.spare);
            let asked = room.len();
            match self.net.read(conn, room) {
                Ok(0) => return self.read_eof(service, conn),
                Ok(n) => {
                    if let Took::Enough = self.took(service, conn, n, n == asked) {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if let Some(books) = self.io.conns.get_mut(conn) {
                        books.unread = false;
                    }
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.read_failed(service, conn, error),
            }
        }
        // A pause and a resume while it was read have put it in the list already: one share each.
        if let Some(books) = self.io.conns.get_mut(conn).filter(|books| !books.waits_for_read) {
            books.waits_for_read = true;
            self.io.wishes.read.push(conn);
        }
    }

    /// Reads on where the service has reserved room for the rest of a large frame: its bytes are
    /// not copied again. `None`: there was nothing to read, or the read has failed; the next one
    /// says which.
    fn read_on<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) -> Option<Took> {
        let books = self.io.conns.get_mut(conn)?;
        let mut input = std::mem::take(&mut books.input);
        let from = input.len();
        let room = (input.capacity() - from).min(READ_ON_MAX);
        input.resize(from + room, 0);
        let read = self.net.read(conn, &mut input[from..]);
        let n = *read.as_ref().unwrap_or(&0);
        input.truncate(from + n);
        let books = self.io.conns.get_mut(conn)?;
        if n == 0 {
            books.input = input;
            return None;
        }
        let drained = n < room && !books.read_closed;
        books.unread = !drained;
        self.hand_over(service, conn, input, usize::MAX);
        Some(if drained { Took::Enough } else { Took::More })
    }

    /// `n` bytes stand in the scratch block; have they filled the room that there was?
    fn took<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        conn: ConnId,
        n: usize,
        filled: bool,
    ) -> Took {
        let Some(books) = self.io.conns.get_mut(conn) else { return Took::Enough };
        // A read that did not fill its room has drained the socket; a second one would only fail
        // with WouldBlock. But a FIN that was told already is not told again: read on to find it.
        let drained = !filled && !books.read_closed;
        books.unread = !drained;
        if !matches!(books.phase, Phase::Open) {
            // Contract 4: after our close, bytes are read and thrown away.
        } else if books.input.is_empty() {
            let input = self.scratch.take(n);
            self.hand_over(service, conn, input, n);
        } else {
            let mut input = std::mem::take(&mut books.input);
            self.scratch.append_to(&mut input, n);
            self.hand_over(service, conn, input, usize::MAX);
        }
        if drained { Took::Enough } else { Took::More }
    }

    /// Gives the service its input, keeps what it leaves, and sends what it answered.
    ///
    /// `taken` is the length of an input that came from the scratch buffers just now.
    fn hand_over<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        conn: ConnId,
        mut input: bytes::BytesMut,
        taken: usize,
    ) {
        self.io.current = Some(conn);
        service.on_data(&mut self.io, conn, &mut input);
        self.io.current = None;
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        if input.is_empty() {
            // Before the flush: what is sent on may be the whole of its block, if nobody holds it.
            self.scratch.give_back(input, taken);
        } else {
            if input.len() > self.io.settings.input_max {
                let error = io::Error::new(io::ErrorKind::InvalidData, "input limit exceeded");
                return self.end(service, conn, Farewell::Reset, Closed::Failed(error));
            }
            books.input = if taken == usize::MAX { input } else { keep(input, taken) };
        }
        // The answer goes out while its bytes are warm and the peer can work on it; what was
        // written to other connections waits for the end of the turn, to go out in one write.
        if books.outbox.queued() > 0 && !books.waits_for_flush {
            self.flush(service, conn);
        }
    }

    fn read_eof<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        books.unread = false;
        books.eof = true;
        match books.phase {
            Phase::Lingering { end } => self.end(service, conn, Farewell::Close, end.into()),
            Phase::Open => service.on_eof(&mut self.io, conn),
            Phase::Closing { .. } | Phase::Dialling { .. } | Phase::Condemned(_) => {}
        }
    }

    /// Contract 8: nothing can be written any more; hands over what came before that.
    ///
    /// The end of the input is none that the peer has sent: the kernel makes it up after a reset.
    fn read_last<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        for _ in 0..READS_PER_TURN {
            let Some(books) = self.io.conns.get(conn) else { return };
            if books.paused || !matches!(books.phase, Phase::Open) {
                return self.end_broken(service, conn);
            }
            let room = self.scratch.room(&mut self.io.spare);
            match self.net.read(conn, room) {
                Ok(n) if n > 0 => drop(self.took(service, conn, n, true)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return self.end_broken(service, conn),
            }
        }
        if let Some(books) = self.io.conns.get_mut(conn).filter(|books| !books.waits_for_read) {
            books.waits_for_read = true;
            self.io.wishes.read.push(conn);
        }
    }

    pub(super) fn end_broken<S: Service + ?Sized>(&mut self, service: &mut S, conn: ConnId) {
        let Some(books) = self.io.conns.get_mut(conn) else { return };
        let error = books.broken.take().unwrap_or(io::ErrorKind::BrokenPipe.into());
        self.end(service, conn, Farewell::Close, Closed::Failed(error));
    }

    fn read_failed<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        conn: ConnId,
        error: io::Error,
    ) {
        let Some(books) = self.io.conns.get(conn) else { return };
        let why = match books.phase {
            // All was handed over and our FIN is sent: how the peer takes its leave is its own.
            Phase::Lingering { end } => end.into(),
            _ => Closed::Failed(error),
        };
        self.end(service, conn, Farewell::Close, why);
    }
}
