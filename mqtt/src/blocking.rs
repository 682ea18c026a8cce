//! What a program calls: connect, publish, subscribe, take messages, disconnect. Each call waits
//! for what it promises.
//!
//! ```text
//!   callers' threads                          the client's thread
//!     publish: open a ticket, post ---mailbox---> Client ---> Session ---> server
//!     wait until it is closed   <--- Shared <--- Notes (an Observer), once a turn
//! ```
//!
//! The only file of this crate that names a thread. It knows the client's commands and events,
//! and not what stands on the wire.

mod shared;

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wirelab_reactor::{EventLoop, MioNet, Sender, Stopper};

use crate::client::service::loop_settings;
use crate::client::{Client as Service, Command, Ended, Lost, Message, Options};
use crate::limits::{CALL_TIMEOUT, HANDED_AT_ONCE, OUTSTANDING_MAX};
use crate::packet::QoS;
use shared::{Notes, Shared, State};

/// Why a call did not get what it waited for.
#[derive(Clone, Debug)]
pub enum Error {
    /// It cannot be said in MQTT 3.1.1.
    Misuse(crate::Error),
    /// It did not happen in time. What was asked for goes on, and may still happen.
    TimedOut,
    /// The client has come to its end.
    Ended(Arc<Ended>),
    /// The machine withheld something: a name, a descriptor, a thread.
    Io(Arc<io::Error>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(error) => error.fmt(f),
            Self::TimedOut => f.write_str("the server did not answer in time"),
            Self::Ended(ended) => match &**ended {
                Ended::Disconnected => f.write_str("the client has disconnected"),
                Ended::Lost(why) => why.fmt(f),
            },
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Misuse(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// A message that was handed over, to be waited for with [`Client::wait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "whether the message has arrived is known when it has been waited for"]
pub struct Token(u64);

/// A client, on a thread of its own. Its calls may come from several threads.
///
/// Dropped, it disconnects without waiting for what is under way.
#[derive(Debug)]
pub struct Client {
    commands: Sender<Command>,
    shared: Arc<Shared>,
    stopper: Stopper,
    thread: Option<JoinHandle<io::Result<()>>>,
    patience: Duration,
}

impl Client {
    /// Connects, and waits until the server has let us in.
    ///
    /// # Errors
    /// When the name has no address, the server cannot be reached, or it refuses us.
    pub fn connect(server: impl ToSocketAddrs, options: Options) -> Result<Self, Error> {
        options.check()?;
        let addrs: Vec<SocketAddr> = server.to_socket_addrs()?.collect();
        if addrs.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address").into());
        }
        let mut event_loop = EventLoop::new(MioNet::new()?, loop_settings());
        let (commands, mailbox) = event_loop.mailbox(OUTSTANDING_MAX);
        let (shared, stopper) = (Arc::<Shared>::default(), event_loop.stopper());
        let notes = Notes::new(shared.clone(), stopper.clone());
        let run = move || {
            let mut client = Service::new(addrs, options, notes).commanded_by(mailbox);
            event_loop.run(&mut client)
        };
        let thread = Some(thread::Builder::new().name("mqtt-client".to_owned()).spawn(run)?);
        let client = Self { commands, shared, stopper, thread, patience: CALL_TIMEOUT };
        client.answer(|state| state.connected)?;
        Ok(client)
    }

    /// How long calls wait from now on; at first [`CALL_TIMEOUT`].
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Had the server kept our session when we first connected?
    pub fn session_present(&self) -> bool {
        self.shared.lock().connected.unwrap_or_default()
    }

    /// How the client came to its end, if it has.
    pub fn ended(&self) -> Option<Arc<Ended>> {
        self.shared.lock().ended.clone()
    }

    /// Publishes, and returns when the message's QoS has been kept: QoS 0 was sent, QoS 1 and 2
    /// are the server's. Over a loss of the connection it goes on waiting.
    ///
    /// Messages that have come and that nobody takes hold the connection back, and with it the
    /// acknowledgements: whoever subscribes must take what comes.
    ///
    /// # Errors
    /// When the message cannot be sent, the client has ended, or it took too long.
    pub fn publish(&self, message: Message) -> Result<(), Error> {
        let token = self.publish_async(message)?;
        self.wait(token)
    }

    /// Hands a message over and returns. Waits only while too many are under way:
    /// [`OUTSTANDING_MAX`] and [`OUTSTANDING_BYTES_MAX`](crate::limits::OUTSTANDING_BYTES_MAX).
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_async(&self, message: Message) -> Result<Token, Error> {
        message.check()?;
        let ticket = self.open_ticket(message.payload.len())?;
        self.post(Command::Publish(ticket, message))?;
        Ok(Token(ticket))
    }

    /// Waits until this message's QoS has been kept.
    ///
    /// # Errors
    /// When the client has ended before, or it takes too long.
    pub fn wait(&self, token: Token) -> Result<(), Error> {
        self.answer(|state| state.is_closed(token.0).then_some(()))
    }

    /// Publishes all of these, many at once and in their order, and returns when the QoS of each
    /// has been kept. How many were there?
    ///
    /// # Errors
    /// As [`publish`](Self::publish); those before one that cannot be sent are sent.
    pub fn publish_all(&self, messages: impl IntoIterator<Item = Message>) -> Result<usize, Error> {
        let (mut batch, mut count, mut last) = (Vec::new(), 0, None);
        for message in messages {
            message.check()?;
            let ticket = self.open_ticket_or(message.payload.len(), &mut batch)?;
            batch.push((ticket, message));
            (count, last) = (count + 1, Some(ticket));
            if batch.len() >= HANDED_AT_ONCE {
                self.post(Command::PublishAll(std::mem::take(&mut batch)))?;
            }
        }
        if !batch.is_empty() {
            self.post(Command::PublishAll(batch))?;
        }
        if let Some(last) = last {
            self.answer(|state| (state.first > last).then_some(()))?;
        }
        Ok(count)
    }

    /// Subscribes; returns for each filter the QoS that was granted, `None` where it was not.
    ///
    /// # Errors
    /// When a filter is none, the client has ended, or it took too long.
    pub fn subscribe(&self, filters: &[(&str, QoS)]) -> Result<Vec<Option<QoS>>, Error> {
        let filters: Vec<_> = filters.iter().map(|(f, qos)| ((*f).to_owned(), *qos)).collect();
        check_filters(filters.iter().map(|(filter, _)| filter))?;
        let ticket = self.open_ticket(0)?;
        self.post(Command::Subscribe(ticket, filters))?;
        self.answer(|state| state.granted.remove(&ticket))
    }

    /// Takes subscriptions back, and waits until the server has confirmed that.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&self, filters: &[&str]) -> Result<(), Error> {
        let filters: Vec<_> = filters.iter().map(|filter| (*filter).to_owned()).collect();
        check_filters(filters.iter())?;
        let ticket = self.open_ticket(0)?;
        self.post(Command::Unsubscribe(ticket, filters))?;
        self.wait(Token(ticket))
    }

    /// The next message, if one comes in time. `None` also when the client has ended and all that
    /// had come was taken.
    pub fn next_message(&self, patience: Duration) -> Option<Message> {
        let next = |state: &mut State| match state.take_message() {
            Some(message) => Some(Some(message)),
            None => state.ended.as_ref().map(|_| None),
        };
        let message = self.shared.wait(&self.shared.arrived, patience, next).flatten()?;
        let state = self.shared.lock();
        let look = state.held && !state.is_full(2);
        drop(state);
        if look {
            // A loop that is gone needs no such hint.
            let _ = self.commands.try_post(Command::Look);
        }
        Some(message)
    }

    /// The messages as they come; ends when the client has ended.
    pub fn messages(&self) -> impl Iterator<Item = Message> + '_ {
        std::iter::from_fn(|| self.next_message(Duration::MAX))
    }

    /// The same; ends also when none has come for so long.
    pub fn messages_for(&self, patience: Duration) -> impl Iterator<Item = Message> + '_ {
        std::iter::from_fn(move || self.next_message(patience))
    }

    /// Disconnects when all that was handed over has been sent and answered, and waits for that.
    ///
    /// # Errors
    /// When it could not be ended so: what was under way may be lost.
    pub fn disconnect(mut self) -> Result<(), Error> {
        // A loop that is gone has ended.
        let _ = self.commands.post(Command::Finish);
        let ended = self.shared.wait(&self.shared.answered, self.patience, |s| s.ended.clone());
        self.stop();
        match ended {
            Some(why) if matches!(*why, Ended::Disconnected) => Ok(()),
            Some(why) => Err(Error::Ended(why)),
            None => Err(Error::TimedOut),
        }
    }

    /// Breaks the connection without a DISCONNECT, as a program that dies would: the server
    /// publishes the will.
    pub fn abandon(self) {
        let _ = self.stopper.stop_now();
    }

    fn stop(&mut self) {
        let _ = self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            // Its result is that of the wait for events: there is nobody to tell.
            let _ = thread.join();
        }
    }

    fn post(&self, command: Command) -> Result<(), Error> {
        self.commands.post(command).map_err(|_| gone(&self.shared.lock()))
    }

    fn open_ticket(&self, bytes: usize) -> Result<u64, Error> {
        self.open_ticket_or(bytes, &mut Vec::new())
    }

    /// A ticket when there is room for it; before it waits for room it hands over `batch`.
    fn open_ticket_or(&self, bytes: usize, batch: &mut Vec<(u64, Message)>) -> Result<u64, Error> {
        let mut state = self.shared.lock();
        if state.has_room(1) && state.ended.is_none() {
            return Ok(state.open_ticket(bytes));
        }
        drop(state);
        if !batch.is_empty() {
            self.post(Command::PublishAll(std::mem::take(batch)))?;
        }
        let opened = self.shared.wait(&self.shared.room, self.patience, |state| {
            let over = state.ended.is_some().then(|| Err(gone(state)));
            over.or_else(|| state.has_room(1).then(|| Ok(state.open_ticket(bytes))))
        });
        opened.unwrap_or(Err(Error::TimedOut))
    }

    /// Waits for an answer, or for the end.
    fn answer<T>(&self, mut ready: impl FnMut(&mut State) -> Option<T>) -> Result<T, Error> {
        let answer = self.shared.wait(&self.shared.answered, self.patience, |state| {
            let over = |state: &State| state.ended.is_some().then(|| Err(gone(state)));
            ready(state).map(Ok).or_else(|| over(state))
        });
        answer.unwrap_or(Err(Error::TimedOut))
    }
}

/// The client has come to its end, for whatever reason it gave.
fn gone(state: &State) -> Error {
    let unknown = || Arc::new(Ended::Lost(Lost::Failed(io::ErrorKind::NotConnected.into())));
    Error::Ended(state.ended.clone().unwrap_or_else(unknown))
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop();
    }
}

fn check_filters<'a>(mut filters: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    filters.try_for_each(|filter| {
        crate::wire::check_string(filter)?;
        Ok(crate::topic::check_filter(filter)?)
    })
}
