//! `mqtt sub` beside mosquitto_sub: the same command line gives the same bytes.

use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use super::mqtt_client::Broker;

pub fn add(trials: &mut Trials) {
    let needs = &[Need::Mosquitto, Need::MosquittoClients];
    trials.add("mqtt_formats::messages_look_alike", needs, look_alike);
    trials.add("mqtt_formats::packets_are_told_alike", needs, told_alike);
    trials.add("mqtt_formats::wrong_formats_are_wrong_to_both", needs, wrong_to_both);
}

/// Topics and payloads that are retained, for both to print.
const RETAINED: &[(&str, &str)] = &[
    ("plain", "hello"),
    ("json/1", "{\"a\": [1, 2.50, \"x\"],  \"b\":null, \"c\":{}, \"d\":[{\"e\":true}]}"),
    ("json/2", "\"caf\\u00e9\\/\""),
    ("json/3", "-1.5e-7"),
    ("text", "Suhu: 28°C \"x\" \\ \t tab \u{7f}\u{1}"),
    ("a/b/c", "a longer payload, of more than twenty bytes"),
];

/// What is the same at any time of day.
const ARGUMENTS: &[&[&str]] = &[
    &[],
    &["-v"],
    &["-N"],
    &["-v", "-N"],
    &["-F", ""],
    &["-F", "%t|%p|%l|%m|%q|%r|%x|%X|%%|@@|\\\\|\\t\\0\\a\\e\\n\\r\\v"],
    &["-F", "%10t|%-10t|%010t|%.2t|%5.2t|%-5.2t|%10.10t"],
    &["-F", "%10l|%-10l|%010l|%-010l|%08m|%-8m|%8q|%8r"],
    &["-F", "%3p|%30p|%-60p|%060p|%.2p|%8x|%012x|%-12X|%.2x|%100X"],
    &["-F", "%A|%C|%D|%E|%F|%P|%R|%S|%5A|%5C|%05E|%-5F|%5R|%05S|"],
    &["-F", "%q %t -> %p", "-N"],
    &["-v", "-F", "x"],
    &[
        "-F",
        "@Y-@m-@d @j @U @W @V @G @u @w @a @A @b @B @h @C @y @e @D @F @x @z @Z @E @O @1 @% @n@t",
    ],
    &["-R", "-C", "1", "-W", "1"],
    &["--retained-only"],
];

/// What holds the time: cut out of both before they are compared.
const TIMED: &[&[&str]] = &[
    &["-F", "%j"],
    &["-F", "%J"],
    &["-F", "%j", "--pretty"],
    &["-F", "%J", "--pretty"],
    &["-F", "%I|%30I|%-30I|%U|@H:@M:@S|@T|@X|@c|@r|@s|@N|@I|@k|@l|@p|@P|@R"],
];

fn look_alike() -> Outcome {
    let broker = Broker::start()?;
    for (topic, payload) in RETAINED {
        let arguments = ["-t", topic, "-m", payload, "-r", "-q", "1"];
        broker.ours("pub", &arguments)?.finish(PATIENCE)?;
    }
    for (topic, _) in RETAINED {
        for (arguments, timed) in
            ARGUMENTS.iter().map(|a| (a, false)).chain(TIMED.iter().map(|a| (a, true)))
        {
            let all = [&["-t", topic, "-C", "1", "-q", "1"], *arguments].concat();
            let ours = broker.ours("sub", &all)?.finish(PATIENCE)?;
            let theirs = broker.theirs("sub", &all)?.finish(PATIENCE)?;
            let (mut left, mut right) = (ours.stdout, theirs.stdout);
            if timed {
                (left, right) = (without_digits(&left), without_digits(&right));
            }
            same(&format!("{all:?}"), left, right)?;
            same(&format!("{all:?}, exit code"), ours.status.code(), theirs.status.code())?;
        }
    }
    Ok(())
}

/// Digits as `0`: the two programs did not run in the same microsecond. (Nor perhaps in the same
/// minute: a day's name may differ once a day.)
fn without_digits(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

/// `-d`, line by line.
fn told_alike() -> Outcome {
    let broker = Broker::start()?;
    for qos in ["0", "1", "2"] {
        let arguments = ["-t", "d", "-m", "x", "-q", qos, "-d", "-i", "teller", "-r"];
        let ours = broker.ours("pub", &arguments)?.finish(PATIENCE)?;
        let theirs = broker.theirs("pub", &arguments)?.finish(PATIENCE)?;
        same(&format!("pub at QoS {qos}"), ours.stdout, theirs.stdout)?;
    }
    let arguments =
        ["-t", "d", "-t", "e/#", "-U", "f", "-q", "1", "-d", "-C", "1", "-v", "-i", "hearer"];
    let ours = broker.ours("sub", &arguments)?.finish(PATIENCE)?;
    let theirs = broker.theirs("sub", &arguments)?.finish(PATIENCE)?;
    // Whether the message or UNSUBACK comes first is the broker's whim.
    let sorted = |screen: &str| {
        let mut lines: Vec<String> = screen.lines().map(str::to_owned).collect();
        lines.retain(|line| !line.contains("UNSUBACK"));
        lines.join("\n")
    };
    same("sub", sorted(&ours.stdout), sorted(&theirs.stdout))
}

fn wrong_to_both() -> Outcome {
    let broker = Broker::start()?;
    for format in ["%", "%e", "abc%10", "%0-10l", "abc@", "abc\\", "\\q", "%-", "%5", "%z"] {
        let arguments = ["-t", "plain", "-C", "1", "-F", format];
        let ours = broker.ours("sub", &arguments)?.finish(PATIENCE)?;
        let theirs = broker.theirs("sub", &arguments)?.finish(PATIENCE)?;
        let wrong = (ours.status.code(), theirs.status.code());
        same(&format!("-F {format}"), wrong, (Some(2), Some(1)))?;
    }
    Ok(())
}
