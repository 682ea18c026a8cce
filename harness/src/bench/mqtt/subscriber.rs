//! One subscriber: books every message, and acknowledges it.
//!
//! It knows the plan's books. It does not know the loop.

use bytes::BytesMut;
use std::sync::atomic::Ordering;
use wirelab_mqtt::packet::publish::View;
use wirelab_mqtt::packet::{FixedHeader, PacketType, PubAck, PubComp, PubRec};
use wirelab_mqtt::{PacketId, QoS};

use super::lane::{Arrival, Lane};
use super::plan::Plan;
use super::publisher::FILLER;
use super::shared::Shared;
use super::stamp::{STAMP, Stamp, read_short};
use super::tally::Tally;

/// One message in so many is compared whole.
const WHOLE_EVERY: u64 = 16;

/// See the file.
#[derive(Debug)]
pub struct Subscriber {
    number: usize,
    lanes: Vec<Lane>,
}

/// Where a subscriber books.
#[derive(Debug)]
pub struct Books<'a> {
    /// The run.
    pub plan: &'a Plan,
    /// Everybody's counters.
    pub shared: &'a Shared,
    /// This thread's.
    pub tally: &'a mut Tally,
    /// Messages of this turn, each once.
    pub delivered: &'a mut u64,
    /// Messages of this turn, all of them.
    pub arrivals: &'a mut u64,
    /// What is to be sent back.
    pub answers: &'a mut BytesMut,
    /// Now.
    pub now: u64,
}

impl Subscriber {
    /// Subscriber `number` of this plan.
    pub fn new(plan: &Plan, number: usize) -> Self {
        Self { number, lanes: vec![Lane::default(); plan.lanes()] }
    }

    /// From 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// A packet from the broker.
    ///
    /// # Errors
    /// One that is malformed, or that should not come.
    pub fn heard(
        &mut self,
        header: FixedHeader,
        body: &[u8],
        books: &mut Books<'_>,
    ) -> Result<(), String> {
        match header.packet_type {
            PacketType::Publish => {
                let view = View::parse(header.flags, body).map_err(|error| error.to_string())?;
                self.take(&view, books);
            }
            PacketType::PubRel => {
                let id = body.try_into().ok().and_then(|id| PacketId::new(u16::from_be_bytes(id)));
                let packet_id = id.ok_or("a PUBREL without a packet identifier")?;
                // [MQTT-4.3.3-2] Answered whether or not it is known.
                PubComp { packet_id }.encode(books.answers);
            }
            other => return Err(format!("a subscriber was sent {}", other.name())),
        }
        Ok(())
    }

    fn take(&mut self, view: &View<'_>, books: &mut Books<'_>) {
        if let Some(packet_id) = view.packet_id {
            match view.qos {
                QoS::ExactlyOnce => PubRec { packet_id }.encode(books.answers),
                _ => PubAck { packet_id }.encode(books.answers),
            }
        }
        *books.arrivals += 1;
        if books.plan.publishers == 0 {
            // Others publish, in whatever form.
            *books.delivered += 1;
            return;
        }
        let Some((stamp, lane)) = self.known(view.payload, books) else {
            books.tally.foreign += 1;
            return;
        };
        books.tally.corrupt += u64::from(!is_whole(books.plan, view.payload, stamp.sequence));
        match lane.mark(stamp.sequence) {
            Arrival::Forward(steps) => {
                let credit = &books.shared.credit[stamp.publisher as usize];
                credit.fetch_add(steps, Ordering::Relaxed);
            }
            Arrival::Late => books.tally.disorder += 1,
            Arrival::Again => {
                books.tally.duplicates += 1;
                return;
            }
        }
        *books.delivered += 1;
        if !books.plan.is_short() {
            books.tally.was_through(stamp.time, books.now);
        }
    }

    /// Whose message it is, and which.
    fn known(&mut self, payload: &[u8], books: &Books<'_>) -> Option<(Stamp, &mut Lane)> {
        let plan = books.plan;
        if plan.is_short() {
            // Whoever has short ones hears one publisher, that of the same topic.
            let lane = self.lanes.first_mut()?;
            let publisher = (self.number % plan.topics()) as u32;
            let sequence = read_short(payload, lane.next());
            return Some((Stamp { run: plan.run, publisher, sequence, time: 0 }, lane));
        }
        let stamp = Stamp::read(payload).filter(|stamp| stamp.run == plan.run)?;
        let lane = plan.lane(self.number, stamp.publisher as usize)?;
        Some((stamp, self.lanes.get_mut(lane)?))
    }
}

/// Is the filler what was sent? Of most messages only its end is looked at: otherwise this check
/// would be what is measured.
fn is_whole(plan: &Plan, payload: &[u8], sequence: u64) -> bool {
    let stamp = if plan.is_short() { size_of::<u64>() } else { STAMP };
    let filler = payload.get(stamp..).unwrap_or_default();
    let looked_at =
        if sequence.is_multiple_of(WHOLE_EVERY) { 0 } else { filler.len().saturating_sub(1) };
    payload.len() == plan.size && filler[looked_at..].iter().all(|byte| *byte == FILLER)
}
