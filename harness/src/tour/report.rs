//! What a report says of an exercise beside its capture: how it was played, by whom, and where.
//!
//! It knows sentences about exercises. The capture's part of the chapter is `explain`'s.

use super::Arguments;
use super::exercise::{Exercise, Pace, foreign_programs};
use super::venue::{Performance, Venue};
use crate::explain::report::{Chapter, Role};
use crate::output::escape_controls;

/// The chapter, as far as it can be written before the capture is explained.
pub(super) fn chapter(
    exercise: &Exercise,
    arguments: &Arguments,
    performance: &mut Performance,
) -> Chapter {
    let mut chapter = Chapter::new(exercise.name);
    chapter.setup.push(("Exercise", exercise.about.to_owned()));
    chapter.setup.push(("Frames from", network(performance.venue).to_owned()));
    chapter.setup.push(("Pace", pace(arguments.pace()).to_owned()));
    if let Some(messages) = arguments.messages {
        chapter.setup.push(("Messages", messages.to_string()));
    }
    match (exercise.name, &arguments.also_publish) {
        ("mqtt", _) => chapter.setup.push(("QoS", arguments.qos.to_string())),
        ("pushpull", _) => chapter.setup.push(("Workers", arguments.workers().to_string())),
        ("pubsub", Some(topic)) => {
            let topic = escape_controls(topic.as_bytes());
            chapter.setup.push(("Published beside the topic", topic));
        }
        _ => {}
    }
    let account = performance.account;
    let lost = format!("{} of {} frames", account.dropped, account.received);
    chapter.setup.push(("Lost by the capture", lost));
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

fn network(venue: Venue) -> &'static str {
    match venue {
        Venue::Netns => "a LAN of its own: real frames of the kernel, from the first ARP on",
        Venue::Lo => "the loopback interface: real segments of the kernel, no ARP",
        Venue::Tap => {
            "a relay between the roles: real data; handshakes, ACKs, closes and all headers are \
             synthesised"
        }
    }
}

fn pace(pace: Pace) -> &'static str {
    match pace {
        Pace::Fast => "fast: a tenth of a second between messages",
        Pace::Lab => "the lab's own",
    }
}
