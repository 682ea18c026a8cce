//! What SIGHUP does: the passwords and the rules are read again, and the log's file is opened anew.
//!
//! It knows signals and the broker's mailbox. It does not know what the rules say.

use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;
use std::thread;
use wirelab_mqtt::broker::Command;
use wirelab_reactor::Sender;

use super::broker::Arguments;
use super::log::{Kind, Log};

/// Reads again at each SIGHUP, in a thread of its own, so that the loop does not wait for files.
///
/// # Errors
/// When the signal cannot be caught.
pub fn on_hangup(arguments: Arguments, commands: Sender<Command>, log: Log) -> Result<(), String> {
    let cannot = |error| format!("cannot catch SIGHUP: {error}");
    let mut signals = Signals::new([SIGHUP]).map_err(cannot)?;
    let thread = thread::Builder::new().name("reload".to_owned());
    let started = thread.spawn(move || {
        for _ in signals.forever() {
            reload(&arguments, &commands, &log);
        }
    });
    started.map(drop).map_err(cannot)
}

/// One mistake anywhere, and all stays as it was.
fn reload(arguments: &Arguments, commands: &Sender<Command>, log: &Log) {
    log.tell(Kind::Information, "Reloading config.");
    if let Err(error) = log.reopen() {
        log.tell(Kind::Error, &error);
    }
    let rules = arguments.read().and_then(|config| Arguments::rules(&config));
    match rules {
        Ok(rules) => {
            for warning in rules.warnings() {
                log.tell(Kind::Warning, warning);
            }
            // A loop that is gone needs no rules.
            let _ = commands.post(Command::Access(Box::new(rules)));
        }
        Err(error) => {
            let kept = "the passwords and access rules stay as they were";
            log.tell(Kind::Error, &format!("Error: {error}; {kept}"));
        }
    }
}
