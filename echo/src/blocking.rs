//! What a program calls: connect, ask, close. Each call waits for what it promises.
//!
//! The only file of this crate that names a thread. It knows the client's commands and events,
//! and not what stands on the wire.

use bytes::Bytes;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wirelab_reactor::{Closed, EventLoop, MioNet, Sender, Settings};

use crate::client::{Command, EchoClient, Event, why_ended};
use crate::limits::{ANSWER_TIMEOUT, QUIET};
use crate::{Exchange, Style};

/// A connection to an echo server.
///
/// ```
/// use wirelab_echo::{EchoServer, Style, blocking::Client};
/// use wirelab_reactor::{Settings, many};
///
/// # fn main() -> std::io::Result<()> {
/// let server = many::start("127.0.0.1:0".parse().unwrap(), 1, &Settings::default(), |_| {
///     EchoServer::new(Style::Lab).once(true)
/// })?;
/// let mut client = Client::connect(server.addr(), Style::Lab)?;
/// assert_eq!(&client.ask("halo")?[..], b"Echo: halo");
/// client.close()?;
/// server.join()
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    commands: Sender<Command>,
    events: Receiver<Event>,
    thread: JoinHandle<io::Result<()>>,
}

impl Client {
    /// Connects, and waits until the connection stands.
    ///
    /// # Errors
    /// What the connect failed with: refused, unreachable, not answered in time.
    pub fn connect(addr: SocketAddr, style: Style) -> io::Result<Self> {
        let settings = Settings::default();
        let patience = settings.connect_timeout + Duration::from_secs(1);
        let mut event_loop = EventLoop::new(MioNet::new()?, settings);
        let (commands, mailbox) = event_loop.mailbox(crate::limits::REQUESTS_MAX);
        let (tell, events) = mpsc::channel();
        let stopper = event_loop.stopper();
        let thread = thread::Builder::new().name("echo-client".to_owned()).spawn(move || {
            let tell = move |event| {
                let over = matches!(event, Event::Ended(_));
                // A caller that no longer listens needs no answers: there is nothing else to do.
                if tell.send(event).is_err() || over {
                    let _ = stopper.stop_now();
                }
            };
            let client = EchoClient::new(addr, Exchange::new(style), tell);
            event_loop.run(&mut client.patient_for(QUIET).commanded_by(mailbox))
        })?;
        let client = Self { commands, events, thread };
        match client.next_event(patience)? {
            Event::Connected => Ok(client),
            Event::Ended(why) => Err(why_ended(why)),
            _ => Err(io::Error::other("an answer came before the connection")),
        }
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the server closes or resets the connection first, or does not answer in time. An
    /// empty request is an error of the caller's: nothing would come back.
    pub fn ask(&mut self, request: impl Into<Bytes>) -> io::Result<Bytes> {
        let request = request.into();
        if request.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an empty request"));
        }
        self.commands.post(Command::Ask(request)).map_err(|_| gone())?;
        loop {
            match self.next_event(ANSWER_TIMEOUT)? {
                Event::Answer { answer, .. } => return Ok(answer),
                Event::Ended(why) => return Err(why_ended(why)),
                Event::Refused(_) => return Err(io::ErrorKind::WouldBlock.into()),
                Event::Connected | Event::Lost(_) => {}
            }
        }
    }

    /// Closes the connection and waits until it has ended.
    ///
    /// # Errors
    /// When it could not be ended in an orderly way.
    pub fn close(self) -> io::Result<()> {
        // A loop that is gone has closed already.
        let _ = self.commands.post(Command::Close);
        let failed = self.events.iter().find_map(|event| match event {
            Event::Ended(Closed::Failed(error)) => Some(error),
            _ => None,
        });
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the client panicked")))?;
        failed.map_or(Ok(()), Err)
    }

    fn next_event(&self, patience: Duration) -> io::Result<Event> {
        self.events.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => io::ErrorKind::TimedOut.into(),
            RecvTimeoutError::Disconnected => gone(),
        })
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection has ended")
}
