//! One client on a loop of its own, from its start to the exit code.
//!
//! It knows loops, signals and how a client can end. It does not know what the client does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wirelab_mqtt::client::service::loop_settings;
use wirelab_mqtt::client::{Client, Command, Ended, Lost, Observer};
use wirelab_reactor::{EventLoop, MioNet, Sender, Stopper};

use super::options::Target;
use crate::exit::Failure;
use crate::signals;

/// Commands that wait for the client's loop; each may be a batch of messages.
const COMMANDS_MAX: usize = 16;

/// A client that is about to run.
pub struct Run {
    event_loop: EventLoop<MioNet>,
    mailbox: wirelab_reactor::Mailbox<Command>,
    /// The way to command it.
    pub commands: Sender<Command>,
    /// Ends it with a DISCONNECT.
    pub stopper: Stopper,
    /// ^C was pressed.
    pub interrupted: Arc<AtomicBool>,
}

impl Run {
    /// Makes the loop, and lets ^C end it.
    ///
    /// # Errors
    /// When the machine gives no descriptors, or no signals.
    pub fn new(target: &Target) -> Result<Self, Failure> {
        let net = MioNet::new().map_err(Failure::failed)?;
        let net = match target.bind {
            Some(from) => net.connecting_from(from),
            None => net,
        };
        let event_loop = EventLoop::new(net, loop_settings());
        let (commands, mailbox) = event_loop.mailbox(COMMANDS_MAX);
        let (stopper, interrupted) = (event_loop.stopper(), Arc::new(AtomicBool::new(false)));
        let (stop, flag) = (stopper.clone(), interrupted.clone());
        signals::on_end(move |_| {
            flag.store(true, Ordering::Release);
            // A loop that cannot be woken has ended.
            let _ = stop.stop();
        })
        .map_err(|error| Failure::failed(format!("cannot catch signals: {error}")))?;
        Ok(Self { event_loop, mailbox, commands, stopper, interrupted })
    }

    /// Runs it until its observer stops the loop; `first` is what it is to do before all else.
    ///
    /// # Errors
    /// When the wait for events itself fails.
    pub fn run(
        mut self,
        target: &Target,
        first: Vec<Command>,
        observer: impl Observer,
    ) -> Result<(), Failure> {
        let client = Client::new(target.addrs()?, target.options.clone(), observer);
        let mut client = client.commanded_by(self.mailbox);
        for command in first {
            client.command(self.event_loop.io(), command);
        }
        self.event_loop.run(&mut client).map_err(Failure::failed)
    }
}

/// What a client's end means for the shell.
pub fn judge(ended: Option<Ended>, target: &Target, stood: bool) -> Result<(), Failure> {
    let place = target.place();
    match ended {
        Some(Ended::Disconnected) | None => Ok(()),
        Some(Ended::Lost(Lost::Refused(code))) => {
            // mosquitto's clients end with CONNACK's code.
            let message = format!("{place} refused the connection: {code}");
            Err(Failure { code: code as u8, message })
        }
        Some(Ended::Lost(Lost::Failed(error))) if !stood => {
            let advice = match error.kind() {
                std::io::ErrorKind::ConnectionRefused => {
                    "; is a broker running there? (wirelab mqtt broker)"
                }
                std::io::ErrorKind::TimedOut => "; nothing answers there",
                _ => "",
            };
            Err(Failure::failed(format!("cannot connect to {place}: {error}{advice}")))
        }
        Some(Ended::Lost(why)) => Err(Failure::failed(format!("{place}: {why}"))),
    }
}

/// A complaint, unless `--quiet` says that there be none.
pub fn hushed(failure: Failure, quiet: bool) -> Failure {
    if quiet { Failure { message: String::new(), ..failure } } else { failure }
}
