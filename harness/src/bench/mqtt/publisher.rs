//! One publisher: its packet made once, then only stamped; and what it may still send.
//!
//! ```text
//!   30 len | topic | [packet id] | stamp | filler …      the two in the middle change
//! ```
//! It knows the loop's `Io` and the plan. When there is time to send is the worker's.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use wirelab_mqtt::packet::publish::View;
use wirelab_mqtt::packet::{FixedHeader, PacketType, PubRel};
use wirelab_mqtt::{Error, PacketId, QoS};
use wirelab_reactor::{ConnId, Io};

use super::plan::{Hold, Plan};
use super::shared::{Course, Shared};
use super::stamp::{STAMP, Stamp, write_short};
use super::tally::Tally;

/// What payloads are filled up with.
pub const FILLER: u8 = b'.';

/// A filler up to this many bytes is copied with its packet, a longer one is sent by reference.
const COPIED_MAX: usize = 1024;

/// Messages written in one turn at most, so that acknowledgements are read in between.
const BATCH_MAX: u64 = 4096;

/// What is still to come for a packet identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    Nothing,
    PubAck,
    PubRec,
    PubComp,
}

/// Packet identifiers: the one that has been free for longest is used next.
#[derive(Debug)]
struct Ids {
    free: VecDeque<PacketId>,
    /// By identifier: what is awaited, and when its message was sent or due.
    used: Vec<(Awaits, u64)>,
}

impl Ids {
    fn new(count: usize) -> Self {
        let free = (1..=count).filter_map(|n| PacketId::new(n as u16)).collect();
        Self { free, used: vec![(Awaits::Nothing, 0); count + 1] }
    }

    fn take(&mut self, awaits: Awaits, time: u64) -> Option<PacketId> {
        let id = self.free.pop_front()?;
        self.used[usize::from(id.get())] = (awaits, time);
        Some(id)
    }

    /// Goes from one state to the next; `None`: this was not awaited.
    fn step(&mut self, id: PacketId, from: Awaits, to: Awaits) -> Option<u64> {
        let (awaits, time) = self.used.get_mut(usize::from(id.get()))?;
        if *awaits != from {
            return None;
        }
        *awaits = to;
        if to == Awaits::Nothing {
            self.free.push_back(id);
        }
        Some(*time)
    }
}

/// See the file.
#[derive(Debug)]
pub struct Publisher {
    number: usize,
    /// Up to the stamp, or to the end when the filler is short.
    packet: BytesMut,
    filler: Bytes,
    id_at: usize,
    stamp_at: usize,
    next: u64,
    quota: u64,
    fan: u64,
    ids: Ids,
    first: Awaits,
    /// Deliveries that are no longer waited for.
    forgiven: u64,
    /// The credit when it was last looked whether there is any progress.
    seen: u64,
}

impl Publisher {
    /// Publisher `number` of this plan.
    ///
    /// # Errors
    /// [`Error::Misuse`] when its packets would be too long.
    pub fn new(plan: &Plan, number: usize) -> Result<Self, Error> {
        let topic = plan.topic_of(number);
        let payload = vec![FILLER; plan.size];
        let packet_id = (plan.qos != QoS::AtMostOnce).then_some(PacketId::MIN);
        let mut packet = BytesMut::new();
        let view = View {
            dup: false,
            qos: plan.qos,
            retain: false,
            topic: &topic,
            packet_id,
            payload: &payload,
        };
        view.encode(&mut packet)?;
        let stamp_at = packet.len() - payload.len();
        let mut filler = Bytes::new();
        if plan.filler() > COPIED_MAX {
            filler = packet.split_off(stamp_at + STAMP).freeze();
        }
        let (first, ids) = match plan.qos {
            QoS::AtMostOnce => (Awaits::Nothing, 0),
            // At an open loop nothing but the number of identifiers holds messages back.
            _ if plan.rate.is_some() || plan.hold != Hold::Acks => {
                (Awaits::PubAck, usize::from(u16::MAX))
            }
            _ => (Awaits::PubAck, plan.window.min(u16::MAX.into())),
        };
        let first = if plan.qos == QoS::ExactlyOnce { Awaits::PubRec } else { first };
        Ok(Self {
            number,
            packet,
            filler,
            id_at: stamp_at.saturating_sub(2),
            stamp_at,
            next: 0,
            quota: plan.quota(number),
            fan: plan.fan(number),
            ids: Ids::new(ids),
            first,
            forgiven: 0,
            seen: 0,
        })
    }

    /// From 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Messages sent so far.
    pub fn sent(&self) -> u64 {
        self.next
    }

    /// Sends what may go out now; returns how many messages that were.
    pub fn pump(&mut self, io: &mut Io, conn: ConnId, cx: &mut Pump<'_>) -> u64 {
        let mut n = self.allowed(io, conn, cx.plan, cx.shared);
        if let Some(rate) = cx.plan.rate {
            n = n.min(self.owed(rate, cx).saturating_sub(self.next));
        }
        if n == 0 {
            return 0;
        }
        if self.filler.is_empty() {
            let packets = self.packet.len() * n as usize;
            io.write(conn, |out| {
                out.reserve(packets);
                for _ in 0..n {
                    self.stamp(cx);
                    out.extend_from_slice(&self.packet);
                }
            });
        } else {
            for _ in 0..n {
                self.stamp(cx);
                io.write(conn, |out| out.extend_from_slice(&self.packet));
                io.send(conn, self.filler.clone());
            }
        }
        n
    }

    /// Messages that are due by now, the sent ones among them.
    #[expect(clippy::cast_sign_loss, reason = "below 0 is 0")]
    pub fn owed(&self, rate: f64, cx: &Pump<'_>) -> u64 {
        // What is due when the time is over is not sent any more.
        let now = cx.now.min(cx.course.until - 1).saturating_sub(cx.course.start);
        let turns = now as f64 * rate / 1e9 - self.number as f64;
        let due = (turns / cx.plan.publishers as f64).floor() + 1.0;
        (due.max(0.0) as u64).min(self.quota)
    }

    /// When the next message is due; `None`: there are no more.
    pub fn next_due(&self, rate: f64, plan: &Plan, course: &Course) -> Option<u64> {
        let due = course.start + plan.due(rate, self.number, self.next);
        (self.next < self.quota && due < course.until).then_some(due)
    }

    fn allowed(&self, io: &Io, conn: ConnId, plan: &Plan, shared: &Shared) -> u64 {
        let mut n = BATCH_MAX.min(self.quota - self.next);
        let room = io.settings().high_water.saturating_sub(io.queued(conn));
        n = n.min(room.div_ceil(self.packet.len() + self.filler.len()) as u64);
        if plan.qos != QoS::AtMostOnce {
            n = n.min(self.ids.free.len() as u64);
        }
        if self.is_held_by_deliveries(plan) {
            let away = self.away(shared).div_ceil(self.fan);
            n = n.min((plan.window as u64).saturating_sub(away));
        }
        n
    }

    fn is_held_by_deliveries(&self, plan: &Plan) -> bool {
        let hold = match plan.hold {
            Hold::Acks => plan.qos == QoS::AtMostOnce,
            Hold::Deliveries => true,
            Hold::Flood => false,
        };
        hold && plan.rate.is_none() && self.fan > 0
    }

    /// Deliveries that are still waited for.
    fn away(&self, shared: &Shared) -> u64 {
        let credit = shared.credit[self.number].load(Ordering::Relaxed);
        (self.next * self.fan).saturating_sub(credit + self.forgiven)
    }

    /// Nothing has come for a while: what was lost at the end of a window is never missed by a
    /// later one, and would hold this publisher for ever. Returns whether that was so.
    pub fn forgive(&mut self, plan: &Plan, shared: &Shared) -> bool {
        let credit = shared.credit[self.number].load(Ordering::Relaxed);
        let moves = std::mem::replace(&mut self.seen, credit) != credit;
        let away = self.away(shared);
        if moves || !self.is_held_by_deliveries(plan) || away < plan.window as u64 * self.fan {
            return false;
        }
        self.forgiven += away;
        true
    }

    fn stamp(&mut self, cx: &mut Pump<'_>) {
        let time = match cx.plan.rate {
            None => cx.now,
            Some(rate) => cx.course.start + cx.plan.due(rate, self.number, self.next),
        };
        cx.tally.was_sent(time, cx.now);
        if let Some(id) = self.ids.take(self.first, time) {
            self.packet[self.id_at..][..2].copy_from_slice(&id.get().to_be_bytes());
        }
        let publisher = self.number as u32;
        let stamp = Stamp { run: cx.plan.run, publisher, sequence: self.next, time };
        match self.packet[self.stamp_at..].first_chunk_mut() {
            Some(place) => stamp.write(place),
            None => write_short(self.next, &mut self.packet[self.stamp_at..]),
        }
        self.next += 1;
    }

    /// A packet from the broker; answers are written to `answers`. `Ok(Some(_))`: a message's
    /// exchange is complete; when it was sent or due.
    ///
    /// # Errors
    /// A packet that was not awaited.
    pub fn heard(
        &mut self,
        header: FixedHeader,
        body: &[u8],
        answers: &mut BytesMut,
    ) -> Result<Option<u64>, String> {
        let (from, to) = match header.packet_type {
            PacketType::PubAck => (Awaits::PubAck, Awaits::Nothing),
            PacketType::PubRec => (Awaits::PubRec, Awaits::PubComp),
            PacketType::PubComp => (Awaits::PubComp, Awaits::Nothing),
            other => return Err(format!("a publisher was sent {}", other.name())),
        };
        let id = body.try_into().ok().and_then(|id| PacketId::new(u16::from_be_bytes(id)));
        let step = id.and_then(|id| Some((id, self.ids.step(id, from, to)?)));
        let Some((packet_id, time)) = step else {
            let name = header.packet_type.name();
            return Err(format!("{name} of {body:02x?}, which nothing waits for"));
        };
        if to == Awaits::PubComp {
            PubRel { packet_id }.encode(answers);
        }
        Ok((to == Awaits::Nothing).then_some(time))
    }
}

/// What a publisher must know to send.
#[derive(Debug)]
pub struct Pump<'a> {
    /// The run.
    pub plan: &'a Plan,
    /// Everybody's counters.
    pub shared: &'a Shared,
    /// This thread's.
    pub tally: &'a mut Tally,
    /// The run's times.
    pub course: Course,
    /// Now.
    pub now: u64,
}
