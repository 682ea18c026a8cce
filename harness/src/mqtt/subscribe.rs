//! `wirelab mqtt sub`: mosquitto_sub, and with `--lab` the lab's `sub.py`.
//!
//! It knows the command line, and which messages are printed. How they are printed is `format`'s
//! business, and how they come the client's.

use clap::Args;
use std::io::{self, IsTerminal};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;
use wirelab_mqtt::client::{Command, Ended};
use wirelab_mqtt::{QoS, topic};

use super::debug::Debug;
use super::format::{Form, Style};
use super::options::{Connection, qos};
use super::patience::Patience;
use super::printer::{Look, Printer, Rules};
use super::run::{Run, hushed, judge};
use crate::exit::Failure;
use crate::output::Output;

/// `-W` ran out: mosquitto's number for a time-out.
const TIMED_OUT: u8 = 27;

/// The lab's topic.
const LAB_TOPIC: &str = "sister/temp";

/// Arguments of `mqtt sub`.
#[derive(Debug, Args)]
// As with mosquitto's: what is said twice counts as it was said last.
#[command(disable_help_flag = true, disable_version_flag = true, args_override_self = true)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// A topic filter to subscribe to; may be given several times.
    #[arg(short, long, value_name = "FILTER")]
    topic: Vec<String>,
    /// Do not print messages of topics that match this filter; may be given several times.
    #[arg(short = 'T', long, value_name = "FILTER")]
    filter_out: Vec<String>,
    /// Take back this subscription of a kept session; may be given several times.
    #[arg(short = 'U', long, value_name = "FILTER")]
    unsubscribe: Vec<String>,
    /// The QoS at which messages are wanted at most.
    #[arg(short, long, value_parser = qos, default_value = "0")]
    qos: QoS,
    /// Print the topic before each message.
    // Its id is that of the global flag, whose letter means another thing here.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print each message in this format: %t topic, %p payload, %j JSON, @H:@M:@S the time.
    #[arg(short = 'F', value_name = "FORMAT", allow_hyphen_values = true)]
    format: Option<String>,
    /// JSON of %j and %J over several lines.
    #[arg(long)]
    pretty: bool,
    /// No end of line after each message.
    #[arg(short = 'N')]
    no_newline: bool,
    /// End after so many messages.
    #[arg(short = 'C', value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after so many seconds, with exit code 27.
    #[arg(short = 'W', value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    /// End as soon as the subscriptions are made.
    #[arg(short = 'E')]
    exit_after_subscribe: bool,
    /// Do not print retained messages.
    #[arg(short = 'R', conflicts_with = "retained_only")]
    no_retained: bool,
    /// Print only retained messages, and end with the first that is none.
    #[arg(long)]
    retained_only: bool,
    /// Clear every retained message that comes.
    #[arg(long)]
    remove_retained: bool,
    /// Print this percentage of the messages, by chance.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    random_filter: Option<f64>,
    /// Be the lab's subscriber: `sister/temp`, with its texts.
    #[arg(long)]
    lab: bool,
}

/// Subscribes, and prints until it is told to end.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let mut target = arguments.connection.target()?;
    let filters = arguments.filters(target.topic.take())?;
    let form = arguments.form()?;
    let run = Run::new(&target)?;
    let patience = Patience::default();
    let (report, ended) = mpsc::channel();
    let rules = Rules {
        filter_out: arguments.filter_out.clone(),
        no_retained: arguments.no_retained,
        retained_only: arguments.retained_only,
        remove_retained: arguments.remove_retained,
        percent: arguments.random_filter,
        count: arguments.count,
        // One answer to the SUBSCRIBE, and one to each UNSUBSCRIBE.
        answers: arguments
            .exit_after_subscribe
            .then(|| usize::from(!filters.is_empty()) + arguments.unsubscribe.len()),
        patience: patience.clone(),
    };
    let mut first = Vec::new();
    if !filters.is_empty() {
        first.push(Command::Subscribe(0, filters.clone()));
    }
    let unsubscribe = arguments.unsubscribe.iter().map(|filter| vec![filter.clone()]);
    first.extend(unsubscribe.map(|filter| Command::Unsubscribe(1, filter)));
    let terminal = io::stdout().is_terminal();
    let look = Look {
        form,
        style: Style { pretty: arguments.pretty, terminal },
        newline: !arguments.no_newline,
        debug: arguments.connection.debug.then(|| Debug::new(&target.options.connect.client_id)),
        lab: arguments.lab.then(|| (target.host.clone(), filters)),
        output: output.clone(),
    };
    let printer = Printer::new(rules, look, &run, report);
    let interrupted = run.interrupted.clone();
    // From here on: a broker that does not answer is waited for no longer than one that does.
    if let Some(seconds) = arguments.timeout {
        patience.begin(Duration::from_secs(seconds), run.stopper.clone());
    }
    let ran = run.run(&target, first, printer);
    if arguments.lab {
        output.line("Subscriber dihentikan.");
    }
    let verdict = match ended.try_iter().last() {
        _ if interrupted.load(Ordering::Acquire) && arguments.lab => Ok(()),
        _ if interrupted.load(Ordering::Acquire) => Err(Failure::interrupted()),
        _ if patience.ran_out() => Err(ran_out(arguments.timeout)),
        Some((Ended::Disconnected, _, true)) => {
            Err(Failure::failed("the broker granted none of the subscriptions"))
        }
        Some((ended, stood, _)) => judge(Some(ended), &target, stood),
        None => Ok(()),
    };
    ran.and(verdict).map_err(|failure| hushed(failure, arguments.connection.quiet))
}

fn ran_out(seconds: Option<u64>) -> Failure {
    let message = format!("timed out: -W {} ran out", seconds.unwrap_or_default());
    Failure { code: TIMED_OUT, message }
}

impl Arguments {
    fn filters(&self, url_topic: Option<String>) -> Result<Vec<(String, QoS)>, Failure> {
        let mut filters = self.topic.clone();
        filters.extend(url_topic);
        if filters.is_empty() && self.lab {
            filters.push(LAB_TOPIC.to_owned());
        }
        if filters.is_empty() && self.unsubscribe.is_empty() {
            return Err(Failure::usage("a topic filter is needed: -t"));
        }
        let given = [("-t", &filters), ("-T", &self.filter_out), ("-U", &self.unsubscribe)];
        for (letter, given) in given {
            for filter in given {
                topic::check_filter(filter)
                    .map_err(|error| Failure::usage(format!("{letter} {filter}: {error}")))?;
            }
        }
        Ok(filters.into_iter().map(|filter| (filter, self.qos)).collect())
    }

    fn form(&self) -> Result<Form, Failure> {
        match &self.format {
            Some(format) => {
                Form::parse(format).map_err(|what| Failure::usage(format!("-F {format}: {what}")))
            }
            None if self.verbose > 0 => Ok(Form::Verbose),
            None => Ok(Form::Payload),
        }
    }
}

/// A percentage, more than none and at most all.
fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.1..=100.0).contains(&percent) { Ok(percent) } else { Err("0.1 to 100".to_owned()) }
}
