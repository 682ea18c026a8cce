//! `tour --split`: the commands of an exercise, each for a terminal of its own, in the order in
//! which they are started. Nothing is played.
//!
//! ```text
//!   recorder     wirelab capture -i lo …, or where that is not allowed wirelab tap …
//!   server       wirelab echo serve …
//!   client       wirelab echo connect …
//!   then         wirelab explain …
//! ```
//!
//! It knows shells' quotes. What an exercise's lines are is the exercise's.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde_json::json;

use super::exercise::{Exercise, Line, Scene};
use super::{Arguments, Net, venue};
use crate::exit::Failure;
use crate::explain::json::VERSION;
use crate::lang::{Lang, Word, say};
use crate::output::{Output, json_line};

/// Where all of it happens: this machine's own loopback.
const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// A relay listens so far above the exercise's own port.
const RELAY_ABOVE: u16 = 10_000;

/// One command, and for whom it is.
struct Step {
    role: &'static str,
    host: &'static str,
    command: String,
    typed: Vec<String>,
    /// Of what is no role of the exercise: what it is called, and what it is for.
    remark: Option<[Word; 2]>,
}

impl Step {
    fn new(role: &'static str, command: String, remark: [Word; 2]) -> Self {
        Self { role, host: "", command, typed: Vec::new(), remark: Some(remark) }
    }
}

const RECORDER: Word = Word::new("recorder", "perekam");

/// Prints them.
pub(super) fn print(
    exercises: &[&'static Exercise],
    arguments: &Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let records = may_capture(arguments.net);
    let mut text = String::new();
    for exercise in exercises {
        let steps = steps(exercise, arguments, records, output.lang)?;
        if output.json {
            text.push_str(&as_json(exercise, &steps));
        } else {
            text.push_str(&as_text(exercise, &steps, output.lang));
        }
    }
    output.data(&text)
}

/// May we capture on the loopback? Else a relay records.
fn may_capture(net: Net) -> bool {
    match net {
        Net::Lo => true,
        Net::Tap => false,
        #[cfg(target_os = "linux")]
        Net::Auto | Net::Netns => crate::packet::PacketSocket::open("lo").is_ok(),
        #[cfg(not(target_os = "linux"))]
        Net::Auto | Net::Netns => false,
    }
}

fn steps(
    exercise: &Exercise,
    arguments: &Arguments,
    records: bool,
    lang: Lang,
) -> Result<Vec<Step>, Failure> {
    let wirelab = program();
    let file = match arguments.write {
        Some(_) => super::file_for(arguments, exercise)?,
        None => PathBuf::from(format!("{}.pcapng", exercise.name)),
    };
    let file = quoted(&file.to_string_lossy());
    let port = exercise.port;
    let relay_port = port + RELAY_ABOVE;
    let clients_port = if records { port } else { relay_port };
    let cast = exercise.cast(arguments.workers());
    let targets = vec![clients_port; cast.len()];
    let scene = venue::scene(arguments, PathBuf::new(), &HOST.to_string(), port, targets);
    let recorder = if records {
        let command = format!("{wirelab} capture -i lo -w {file} port {port}");
        let remark = Word::new(
            "the frames of this machine's loopback",
            "frame-frame pada loopback mesin ini",
        );
        Step::new("recorder", command, [RECORDER, remark])
    } else {
        let command = format!("{wirelab} tap {relay_port}={HOST}:{port} -w {file}");
        let remark = Word::new(
            "a relay, which the clients connect to; it needs no rights: only the data is real, \
             the headers are synthesised",
            "relay yang disambungi para klien; tidak perlu hak khusus: hanya datanya yang nyata, \
             header-nya buatan (synthesised)",
        );
        Step::new("recorder", command, [RECORDER, remark])
    };
    let mut steps = vec![recorder];
    for line in (exercise.lines)(&scene) {
        let part = &cast[line.part];
        let command = command(&scene, line.part, scene.stranger(part), &wirelab, &line);
        let typed = line.typed.clone();
        steps.push(Step { role: part.role, host: part.host, command, typed, remark: None });
    }
    let language = match lang {
        Lang::En => "",
        Lang::Id => " --lang id",
    };
    let explain = format!("{wirelab} explain{language} {file}");
    let remark = Word::new(
        "when the recorder has ended, last of all",
        "setelah perekam berakhir, paling akhir",
    );
    steps.push(Step::new("then", explain, [Word::new("then", "lalu"), remark]));
    Ok(steps)
}

/// The line of a part: ours, or another's with its scene in front of it.
fn command(scene: &Scene, n: usize, stranger: Option<&str>, own: &str, line: &Line) -> String {
    if let Some(program) = stranger {
        let port = if n == 0 { scene.bind_port } else { scene.target_port(n) };
        return format!("WIRELAB_HOST={HOST} WIRELAB_PORT={port} sh -c {}", quoted(program));
    }
    let words: Vec<_> = line.words.iter().map(|word| quoted(word)).collect();
    format!("{own} {}", words.join(" "))
}

/// How we were called: a path as it was given, so that it is found again.
fn program() -> String {
    let own = std::env::args_os().next().unwrap_or_default();
    let own = own.to_string_lossy();
    quoted(if own.is_empty() { "wirelab" } else { &own })
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn as_text(exercise: &Exercise, steps: &[Step], lang: Lang) -> String {
    let mut text = say!(
        lang,
        "# {about} (port {port})\n# Each command in a terminal of its own, from top to bottom; \
         those that stay are ended with ^C.\n",
        "# {about} (port {port})\n# Setiap perintah dalam terminalnya sendiri, dari atas ke bawah; \
         yang tetap berjalan diakhiri dengan ^C.\n",
        about = exercise.about.say(lang),
        port = exercise.port
    );
    let mut before = "";
    for step in steps {
        // The commands of one role stand together, for one terminal.
        if step.role != before {
            let _ = match step.remark.map(|words| words.map(|words| words.say(lang))) {
                Some([title, remark]) => writeln!(text, "\n# {title}: {remark}"),
                None => writeln!(text, "\n# {} ({})", step.role, step.host),
            };
        }
        before = step.role;
        let _ = writeln!(text, "{}", step.command);
        if !step.typed.is_empty() {
            let typed = step.typed.join("\n#   ");
            text.push_str(&say!(
                lang,
                "# type to it:\n#   {typed}\n",
                "# ketikkan kepadanya:\n#   {typed}\n"
            ));
        }
    }
    text.push('\n');
    text
}

fn as_json(exercise: &Exercise, steps: &[Step]) -> String {
    let mut lines = Vec::new();
    for step in steps {
        let object = json!({
            "v": VERSION,
            "kind": "command",
            "exercise": exercise.name,
            "role": step.role,
            "host": step.host,
            "command": step.command,
            "typed": step.typed,
        });
        // A vector takes all that it is given.
        let _ = json_line(&mut lines, &object);
    }
    String::from_utf8_lossy(&lines).into_owned()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("tcp://127.0.0.1:5555"), "tcp://127.0.0.1:5555");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("$(x) it's"), "'$(x) it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
