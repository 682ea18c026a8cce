//! What a report says of an exercise beside its capture: how it was played, by whom, and where.
//!
//! It knows sentences about exercises. The capture's part of the chapter is `explain`'s.

use super::Arguments;
use super::exercise::{Exercise, Pace, foreign_programs};
use super::venue::{Performance, Venue};
use crate::explain::report::{Chapter, Role};
use crate::lang::{Lang, Word, say};
use crate::output::escape_controls;

const EXERCISE: Word = Word::new("Exercise", "Latihan");
const NETWORK: Word = Word::new("Frames from", "Asal frame");
const PACE: Word = Word::new("Pace", "Irama");
const MESSAGES: Word = Word::new("Messages", "Pesan");
const QOS: Word = Word::new("QoS", "QoS");
const WORKERS: Word = Word::new("Workers", "Pekerja");
const BESIDE: Word = Word::new("Published beside the topic", "Diterbitkan di samping topik");
const LOST: Word = Word::new("Lost by the capture", "Hilang dari tangkapan");

/// The chapter, as far as it can be written before the capture is explained.
pub(super) fn chapter(
    exercise: &Exercise,
    arguments: &Arguments,
    performance: &mut Performance,
    lang: Lang,
) -> Chapter {
    let mut chapter = Chapter::new(exercise.name, lang);
    chapter.setup.push((EXERCISE, exercise.about.say(lang).to_owned()));
    chapter.setup.push((NETWORK, network(performance.venue).say(lang).to_owned()));
    chapter.setup.push((PACE, pace(arguments.pace()).say(lang).to_owned()));
    if let Some(messages) = arguments.messages {
        chapter.setup.push((MESSAGES, messages.to_string()));
    }
    match (exercise.name, &arguments.also_publish) {
        ("mqtt", _) => chapter.setup.push((QOS, arguments.qos.to_string())),
        ("pushpull", _) => chapter.setup.push((WORKERS, arguments.workers().to_string())),
        ("pubsub", Some(topic)) => {
            let topic = escape_controls(topic.as_bytes());
            chapter.setup.push((BESIDE, topic));
        }
        _ => {}
    }
    let account = performance.account;
    let (lost, all) = (account.dropped, account.received);
    let lost = say!(lang, "{lost} of {all} frames", "{lost} dari {all} frame");
    chapter.setup.push((LOST, lost));
    chapter.screens = Some(std::mem::take(&mut performance.screens));
    let foreign = foreign_programs(&arguments.foreign);
    for part in exercise.cast(arguments.workers()) {
        let stranger = foreign.iter().find(|(word, _)| part.answers_to(word));
        let program = stranger.map_or("wirelab", |(_, program)| program);
        chapter.roles.push(Role {
            name: part.role.to_owned(),
            host: part.host.to_owned(),
            program: escape_controls(program.as_bytes()),
        });
    }
    chapter
}

fn network(venue: Venue) -> Word {
    match venue {
        Venue::Netns => Word::new(
            "a LAN of its own: real frames of the kernel, from the first ARP on",
            "LAN tersendiri: frame nyata dari kernel, sejak ARP pertama",
        ),
        Venue::Lo => Word::new(
            "the loopback interface: real segments of the kernel, no ARP",
            "antarmuka loopback: segmen nyata dari kernel, tanpa ARP",
        ),
        Venue::Tap => Word::new(
            "a relay between the roles: real data; handshakes, ACKs, closes and all headers are \
             synthesised",
            "relay di antara peran-peran: datanya nyata; jabat tangan, ACK, penutupan, dan semua \
             header adalah buatan (synthesised)",
        ),
    }
}

fn pace(pace: Pace) -> Word {
    match pace {
        Pace::Fast => Word::new(
            "fast: a tenth of a second between messages",
            "cepat: sepersepuluh detik di antara pesan",
        ),
        Pace::Lab => Word::new("the lab's own", "sesuai praktikumnya"),
    }
}
