//! What one segment does to its conversation. [9293-3.10.7-01], as seen from outside
//!
//! It knows both directions. It believes what it sees: the capture stands between the ends, so
//! what one of them has in its buffers is not known here.

use super::direction::{Direction, Sent};
use super::stream::{Arrival, Chunk, Delivery};
use super::{Conversation, Event, Reset, ResetReason, Side, Step};
use crate::dissect::{Flags, Segment};
use crate::frame::CapturedFrame;

/// The largest window there can be [RFC 7323 2.3]; an acknowledgment further ahead is a lie.
const WINDOW_MAX: u64 = 1 << 30;

/// Takes a segment from `step.from`.
pub(super) fn segment(
    conversation: &mut Conversation,
    frame: &CapturedFrame,
    segment: &Segment,
    step: &mut Step,
) {
    let first = conversation.frames == 0;
    conversation.frames += 1;
    conversation.last_ns = conversation.last_ns.max(frame.time_ns);
    let from = step.from;
    let syn = segment.flags.has(Flags::SYN);
    let direction = &mut conversation.directions[from.index()];
    // [9293-3.1-02] The number is the SYN's own, or that of the first byte of data.
    direction.start_at(segment.seq.wrapping_add(u32::from(syn)));
    if first && (!syn || segment.flags.has(Flags::ACK)) {
        step.events.push(Event::StartsInTheMiddle);
    }
    if syn {
        handshake(conversation, frame.number, segment, step);
    }
    // [9293-3.1-03] Without ACK there is a number in the field, but it means nothing.
    if segment.flags.has(Flags::ACK) {
        acknowledgment(conversation, frame.number, segment, step);
    }
    data(conversation, frame, segment, step);
    if segment.flags.has(Flags::FIN) {
        fin(conversation, frame.number, segment, step);
    }
    // [9293-3.8.6-01] No room from the acknowledgment number on. With SYN or RST it means nothing.
    if segment.window == 0 && !segment.flags.has(Flags::RST) && !syn {
        step.events.push(Event::ZeroWindow);
    }
    if segment.flags.has(Flags::RST) {
        let reset = Reset {
            frame: frame.number,
            by: from,
            reason: reset_reason(conversation, from, segment),
        };
        conversation.reset.get_or_insert(reset);
        step.events.push(Event::Reset(reset));
    }
}

/// What still waits in both directions, with the holes given up.
pub(super) fn finish(conversation: &mut Conversation) -> Vec<(Side, Delivery)> {
    let mut deliveries = Vec::new();
    for side in [Side::Client, Side::Server] {
        let mut out = Vec::new();
        conversation.directions[side.index()].stream.finish(&mut out);
        deliver(conversation, side, out, &mut deliveries);
    }
    deliveries
}

/// [9293-3.2-02] Only a SYN is asked for its options: elsewhere they do not count.
fn handshake(conversation: &mut Conversation, number: u64, segment: &Segment, step: &mut Step) {
    let answer = segment.flags.has(Flags::ACK);
    let direction = &mut conversation.directions[step.from.index()];
    direction.mss = segment.options.mss.or(direction.mss);
    direction.window_scale = segment.options.window_scale.or(direction.window_scale);
    let handshake = &mut conversation.handshake;
    // [RFC 9293 3.5] simultaneous open: a SYN each way, and a SYN,ACK each way.
    let crosses = match (answer, step.from) {
        (false, Side::Server) => match handshake.crossing {
            Some(before) => Some(Event::HandshakeAgain(before)),
            None => handshake.syn.map(Event::SimultaneousOpen),
        },
        (true, Side::Client) => handshake.crossing.map(Event::SimultaneousOpen),
        _ => None,
    };
    if let Some(event) = crosses {
        if !answer {
            handshake.crossing.get_or_insert(number);
        }
        step.events.push(event);
        return;
    }
    let place = if answer { &mut handshake.syn_ack } else { &mut handshake.syn };
    if let Some(before) = *place {
        step.events.push(Event::HandshakeAgain(before));
    } else {
        *place = Some(number);
        step.events.push(Event::Handshake(if answer { 2 } else { 1 }));
    }
}

/// [9293-3.5-01] The client's first ACK after the SYN,ACK opens the connection.
fn third_step(conversation: &mut Conversation, number: u64, step: &mut Step) {
    let handshake = &mut conversation.handshake;
    let opens = step.from == Side::Client && handshake.syn_ack.is_some() && handshake.ack.is_none();
    if opens {
        handshake.ack = Some(number);
        step.events.push(Event::Handshake(3));
    }
}

fn acknowledgment(
    conversation: &mut Conversation,
    number: u64,
    segment: &Segment,
    step: &mut Step,
) {
    let syn = segment.flags.has(Flags::SYN);
    let bare = segment.payload_len == 0 && !syn && !segment.flags.has(Flags::FIN);
    if !segment.flags.has(Flags::SYN | Flags::RST) {
        third_step(conversation, number, step);
    }
    let [client, server] = &mut conversation.directions;
    let (this, other) = match step.from {
        Side::Client => (client, server),
        Side::Server => (server, client),
    };
    let plain = bare && !segment.flags.has(Flags::RST) && segment.window != 0;
    let (repeated, moved) = compare_with_last(this, segment);
    if plain && moved {
        step.events.push(Event::WindowUpdate);
    }
    this.last_ack = Some((segment.ack, segment.window));
    if !other.started() {
        // The other direction was not seen yet: what it sends next has this number.
        other.start_at(segment.ack);
        return;
    }
    let Ok(offset) = u64::try_from(other.offset(segment.ack)) else { return };
    let (offset, fin_acknowledged) = without_fin(other, offset, number);
    if offset > other.high.max(other.stream.next()).max(other.acked) {
        if offset - other.high < WINDOW_MAX {
            step.events.push(Event::AcknowledgesUnseen);
        } else {
            return;
        }
    }
    let under_way = other.high > other.acked;
    let (frames, bytes) = other.acknowledge(offset);
    if !frames.is_empty() {
        // [9293-3.8.6.3-01] Whether it waited for data to ride on, or went alone.
        if bare {
            this.acks_alone += 1;
        } else {
            this.acks_riding += 1;
        }
        step.events.push(Event::Acknowledges { frames, bytes, alone: bare });
    } else if plain && repeated && under_way && bytes == 0 {
        // An ACK that shuts the window says so instead: nothing is missing, there is no room.
        step.events.push(Event::DuplicateAck);
    }
    step.events.extend(fin_acknowledged.map(Event::FinAcknowledged));
    let mut out = Vec::new();
    other.stream.acknowledged(offset, &mut out);
    deliver(conversation, step.from.other(), out, &mut step.deliveries);
}

/// [9293-3.4-02] The FIN takes a sequence number after the last byte: how many bytes are
/// acknowledged, and the FIN's frame if it is acknowledged for the first time.
fn without_fin(other: &mut Direction, offset: u64, number: u64) -> (u64, Option<u64>) {
    match other.fin {
        Some((frame, at)) if offset > at => {
            let first = other.fin_acked.is_none();
            other.fin_acked.get_or_insert(number);
            (at, first.then_some(frame))
        }
        _ => (offset, None),
    }
}

/// Is it the last acknowledgment once more: with the same window, or with another?
fn compare_with_last(this: &Direction, segment: &Segment) -> (bool, bool) {
    match this.last_ack {
        Some((ack, window)) if ack == segment.ack => {
            (window == segment.window, window != segment.window)
        }
        _ => (false, false),
    }
}

/// A probe stands one byte before what is expected, so that an answer must come: to an idle
/// connection [9293-3.8.4-01], or to a shut window [9293-3.8.6.1-01], which may be probed with the
/// next byte as well.
fn probe(direction: &Direction, shut: bool, place: i64, segment: &Segment) -> Option<Event> {
    let control = Flags::SYN | Flags::FIN | Flags::RST;
    let next = direction.stream.next();
    // While that byte waits for its acknowledgment, it is sent again in earnest.
    let idle = direction.acked >= next;
    if segment.payload_len > 1 || segment.flags.has(control) {
        return None;
    }
    if place == next.cast_signed() - 1 && (shut || idle) {
        return Some(if shut { Event::WindowProbe } else { Event::KeepAlive });
    }
    let next_byte = segment.payload_len == 1 && place == next.cast_signed();
    (shut && next_byte).then_some(Event::WindowProbe)
}

fn data(
    conversation: &mut Conversation,
    frame: &CapturedFrame,
    segment: &Segment,
    step: &mut Step,
) {
    let receiver = conversation.direction(step.from.other());
    let shut = receiver.last_ack.is_some_and(|(_, window)| window == 0);
    let direction = &mut conversation.directions[step.from.index()];
    let syn = u32::from(segment.flags.has(Flags::SYN));
    let place = direction.offset(segment.seq.wrapping_add(syn));
    if let Some(event) = probe(direction, shut, place, segment) {
        step.events.push(event);
        if place < direction.stream.next().cast_signed() {
            return;
        }
    }
    if segment.payload_len == 0 {
        return;
    }
    direction.data_segments += 1;
    let len = segment.payload_len as u64;
    let before_start = place.min(0).unsigned_abs();
    let Ok(end) = u64::try_from(place + len.cast_signed()) else {
        direction.retransmissions += 1;
        step.events.push(Event::Retransmission(Vec::new()));
        return;
    };
    let start = place.max(0).cast_unsigned();
    let skip = usize::try_from(before_start).unwrap_or(usize::MAX).min(segment.payload.len());
    let range = segment.payload.start + skip..segment.payload.end;
    let chunk = Chunk {
        offset: start,
        len: end - start,
        at: range.start,
        bytes: frame.bytes.slice(range),
        frame: frame.number,
        time_ns: frame.time_ns,
        pushed: segment.flags.has(Flags::PSH),
    };
    let mut out = Vec::new();
    let again = start < direction.high;
    let earlier = if again { direction.frames_between(start, end) } else { Vec::new() };
    let arrival = direction.stream.insert(chunk, &mut out);
    step.events.extend(fitted(direction, arrival, out.len(), earlier));
    direction.remember(Sent { start, end, frame: frame.number });
    deliver(conversation, step.from, out, &mut step.deliveries);
}

/// What a segment's place among the others is called, and counted as.
fn fitted(
    direction: &mut Direction,
    arrival: Arrival,
    deliveries: usize,
    earlier: Vec<u64>,
) -> Option<Event> {
    match arrival {
        Arrival::InOrder => (deliveries > 1).then_some(Event::FillsHole),
        Arrival::Early(missing) => {
            direction.early += 1;
            Some(Event::Early(missing))
        }
        // [9293-3.8.1-01] Sent again under its own number.
        Arrival::Again => {
            direction.retransmissions += 1;
            Some(Event::Retransmission(earlier))
        }
        Arrival::Overlapping(old) => {
            direction.retransmissions += 1;
            Some(Event::Overlapping(old))
        }
    }
}

fn deliver(
    conversation: &mut Conversation,
    side: Side,
    out: Vec<Delivery>,
    deliveries: &mut Vec<(Side, Delivery)>,
) {
    let direction = &mut conversation.directions[side.index()];
    for delivery in out {
        match &delivery {
            Delivery::Chunk(chunk) => direction.bytes += chunk.len,
            Delivery::Gap(_, len) => direction.missing += len,
        }
        deliveries.push((side, delivery));
    }
}

/// [9293-3.6-01] The end of one direction; the other goes on.
fn fin(conversation: &mut Conversation, number: u64, segment: &Segment, step: &mut Step) {
    let direction = &mut conversation.directions[step.from.index()];
    if let Some((before, _)) = direction.fin {
        step.events.push(Event::FinAgain(before));
    } else {
        let at = direction.offset(segment.seq) + (segment.payload_len as u64).cast_signed();
        direction.fin = Some((number, at.max(0).cast_unsigned()));
        step.events.push(Event::Fin);
    }
}

fn reset_reason(conversation: &Conversation, by: Side, segment: &Segment) -> ResetReason {
    let handshake = &conversation.handshake;
    if by == Side::Server && handshake.syn.is_some() && handshake.syn_ack.is_none() {
        // [9293-3.5.2-01] There was no connection for the SYN.
        return ResetReason::Refused;
    }
    if conversation.direction(by).fin.is_some() {
        return ResetReason::DataAfterClose;
    }
    if !segment.flags.has(Flags::ACK) {
        // [9293-3.5.1-01] Without ACK it answers a segment that had one: here nobody knows it.
        return ResetReason::Unknown;
    }
    if conversation.direction(by.other()).bytes > 0 {
        ResetReason::UnreadInput
    } else {
        ResetReason::Aborted
    }
}
