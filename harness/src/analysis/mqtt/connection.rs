//! One connection's packets in their order: which answers which, and which should not have come.
//!
//! It knows both directions, and asks `broker` about the other connections. It does not know
//! bytes or segments.

use std::collections::HashMap;

use super::broker::{Origin, Peer, Publication};
use super::records::{Chains, Request};
use super::tally::Tally;
use crate::analysis::application::Moment;
use crate::analysis::assemble::Assembled;
use crate::analysis::records::{At, Lines, Told};
use crate::analysis::texts::{Listed, Rule, after, violates, violation};
use crate::analysis::texts::{mqtt as packets, mqtt_fan_out, mqtt_flow as texts};
use crate::conversation::Side;
use crate::dissect::mqtt::{Connect, Contents, Packet, PacketType, Publish, only_the_client_sends};
use crate::lang::Lang;

/// Requests whose answer is waited for.
pub const REQUESTS_MAX: usize = 1024;

/// The connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) lang: Lang,
    from_start: bool,
    peer: Option<Peer>,
    met: bool,
    pub(super) broker_side: Option<Side>,
    level: Option<u8>,
    pub(super) connect: Option<(At, String)>,
    pub(super) keep_alive: u16,
    pub(super) has_will: bool,
    pub(super) connack: Option<(At, String, u8)>,
    pub(super) disconnect: Option<At>,
    /// Packets of the client that came before CONNACK.
    pub(super) early: Listed,
    requests: HashMap<(bool, u16), Request>,
    pub(super) subscriptions: Lines,
    pub(super) violations: Lines,
    pub(super) chains: Chains,
    /// What the client published, and what the broker did.
    pub(super) tallies: [Tally; 2],
    pub(super) pings: [Listed; 2],
    ping: Option<At>,
}

impl Connection {
    pub(super) fn new(lang: Lang, from_start: bool) -> Self {
        Self {
            lang,
            from_start,
            peer: None,
            met: false,
            broker_side: None,
            level: None,
            connect: None,
            keep_alive: 0,
            has_will: false,
            connack: None,
            disconnect: None,
            early: Listed::default(),
            requests: HashMap::new(),
            subscriptions: Lines::default(),
            violations: Lines::default(),
            chains: Chains::default(),
            tallies: [Tally::default(), Tally::default()],
            pings: [Listed::default(), Listed::default()],
            ping: None,
        }
    }

    /// The protocol level; without a CONNECT it is taken for that of MQTT 3.1.1.
    pub(super) fn level(&self) -> u8 {
        self.level.unwrap_or(wirelab_mqtt::packet::LEVEL)
    }

    /// Is the connection in a later version, whose packets are laid out differently?
    pub(super) fn is_of_another_level(&self) -> bool {
        self.level() > wirelab_mqtt::packet::LEVEL
    }

    /// Which end is the broker, as far as the connection itself does not tell.
    pub(super) fn meet(&mut self, moment: &mut Moment<'_>) {
        let conversation = moment.conversation;
        if !self.met {
            self.met = true;
            moment.shared.mqtt.meet(conversation);
        }
        if self.broker_side.is_some() {
            return;
        }
        let brokers = &moment.shared.mqtt;
        let knows = |side| brokers.is_broker(conversation.address(side));
        self.broker_side = match (knows(Side::Client), knows(Side::Server)) {
            _ if conversation.opener_known => Some(Side::Server),
            (true, false) => Some(Side::Client),
            (false, true) => Some(Side::Server),
            _ => None,
        };
    }

    /// Who sends this type at all. [MQTT 2.2.1]
    fn learn(&mut self, side: Side, packet_type: PacketType) {
        if let Some(client) = only_the_client_sends(packet_type) {
            self.broker_side.get_or_insert(if client { side.other() } else { side });
        }
    }

    pub(super) fn on_packet(
        &mut self,
        side: Side,
        assembled: &Assembled,
        packet: &Packet,
        moment: &mut Moment<'_>,
    ) -> Told {
        let Some(packet_type) = packet.packet_type else {
            let say = packets::title(packet).say(self.lang).to_owned();
            return Told { say, refs: Vec::new() };
        };
        self.learn(side, packet_type);
        if self.peer.is_none()
            && let Some(broker) = self.broker_side
        {
            let id = moment.conversation.id;
            let session = moment.shared.mqtt.key(&[b"connection", &id.to_be_bytes()], 0);
            let broker = moment.conversation.address(broker);
            self.peer = Some(Peer { broker, conversation: id, session });
        }
        let from_client = self.broker_side.is_none_or(|broker| broker != side);
        let at = At { frame: moment.frame, time_ns: assembled.time_ns };
        let mut told = self.order(packet_type, from_client, at);
        if self.is_of_another_level() && packet_type != PacketType::Connect {
            told.say = format!(
                "{}{}",
                texts::other_level(self.lang, packet.name(), self.level()),
                told.say
            );
            return told;
        }
        let meaning = self.meaning(packet_type, from_client, at, assembled, packet, moment);
        told.refs.extend(meaning.refs);
        told.say = format!("{}{}", meaning.say, told.say);
        told
    }

    /// What is wrong, or worth a word, with a packet at this time.
    fn order(&mut self, packet_type: PacketType, from_client: bool, at: At) -> Told {
        let mut told = Told::default();
        let lang = self.lang;
        let mut violates = |what: Rule, refs: Vec<u64>| {
            let what = what.text(lang);
            told.say = violates(lang, &what);
            told.refs.extend(&refs);
            let line = violation(lang, at.frame, packet_type.name(), &what);
            self.violations.push(line, refs);
        };
        if !from_client {
            // [MQTT-3.2.0-1]
            let first = self.connack.is_none() && self.from_start;
            if first && packet_type != PacketType::ConnAck {
                violates(texts::CONNACK_FIRST, vec![at.frame]);
            }
            return told;
        }
        if let Some(disconnect) = self.disconnect {
            // [MQTT-3.14.4-2]
            violates(texts::AFTER_DISCONNECT, vec![disconnect.frame, at.frame]);
        } else if packet_type == PacketType::Connect {
            // [MQTT-3.1.0-2]
            if let Some((first, _)) = &self.connect {
                violates(texts::SECOND_CONNECT, vec![first.frame, at.frame]);
            }
        } else if self.from_start && self.connect.is_none() {
            // [MQTT-3.1.0-1]
            violates(texts::CONNECT_FIRST, vec![at.frame]);
        } else if self.from_start && self.connack.is_none() {
            // [MQTT 3.1.4] A client may send at once.
            self.early.push(at.frame);
            told.say = texts::before_connack(lang);
        }
        told
    }

    fn meaning(
        &mut self,
        packet_type: PacketType,
        from_client: bool,
        at: At,
        assembled: &Assembled,
        packet: &Packet,
        moment: &mut Moment<'_>,
    ) -> Told {
        let lang = self.lang;
        let say = packets::packet(lang, packet, &assembled.bytes);
        match &packet.contents {
            Contents::Connect(connect) => self.on_connect(connect, say, at, moment),
            Contents::ConnAck { code, .. } => self.on_connack(say, *code, at),
            Contents::Publish(publish) => {
                self.on_publish(publish, say, from_client, at, assembled, moment)
            }
            Contents::Subscribe(id, filters) => {
                if let Some(peer) = self.peer {
                    moment.shared.mqtt.subscribe(peer);
                }
                let filters = filters.iter().take(packets::NAMED_MAX);
                let filters = filters.map(|(f, qos)| packets::filter(lang, f, Some(*qos)));
                self.ask(true, *id, at, filters.collect());
                Told { say, refs: Vec::new() }
            }
            Contents::Unsubscribe(id, filters) => {
                let filters = filters.iter().take(packets::NAMED_MAX);
                let filters = filters.map(|f| packets::filter(lang, f, None));
                self.ask(false, *id, at, filters.collect());
                Told { say, refs: Vec::new() }
            }
            Contents::SubAck(id, codes) => self.on_suback(*id, codes, say, at),
            Contents::PacketId(id) if packet_type == PacketType::UnsubAck => {
                self.on_unsuback(*id, say, at)
            }
            Contents::PacketId(id) => {
                self.on_acknowledgement(packet_type, *id, say, from_client, at, moment)
            }
            Contents::Nothing => self.on_bare(packet_type, say, at, moment),
        }
    }

    fn on_connect(&mut self, connect: &Connect, say: String, at: At, m: &mut Moment<'_>) -> Told {
        if self.connect.is_none() {
            self.level = Some(connect.level);
            self.keep_alive = connect.keep_alive;
            self.has_will = connect.will.is_some();
            self.connect = Some((at, say.clone()));
            if let Some(peer) = &mut self.peer {
                if !connect.client_id.is_empty() {
                    peer.session = m.shared.mqtt.key(&[b"client", &connect.client_id], 0);
                }
                m.shared.mqtt.connect(*peer, at.frame, connect);
            }
        }
        Told { say, refs: Vec::new() }
    }

    fn on_connack(&mut self, say: String, code: u8, at: At) -> Told {
        if self.connack.is_none() {
            self.connack = Some((at, say.clone(), code));
        }
        match &self.connect {
            Some((connect, _)) => {
                Told { say: after(self.lang, &say, *connect, at), refs: vec![connect.frame] }
            }
            None => Told { say, refs: Vec::new() },
        }
    }

    fn ask(&mut self, subscribe: bool, id: u16, at: At, filters: Vec<String>) {
        if self.requests.len() < REQUESTS_MAX {
            self.requests.insert((subscribe, id), Request { at, filters });
        }
    }

    fn on_suback(&mut self, id: u16, codes: &[u8], say: String, at: At) -> Told {
        let Some(request) = self.requests.remove(&(true, id)) else {
            return Told { say, refs: Vec::new() };
        };
        let lang = self.lang;
        // [MQTT-3.9.3-1] The codes are in the order of the filters.
        let pairs = request.filters.iter().zip(codes);
        let granted: Vec<String> = pairs
            .map(|(filter, code)| format!("{filter} {}", packets::granted(lang, *code)))
            .collect();
        let granted = granted.join(", ");
        let refs = vec![request.at.frame, at.frame];
        self.subscriptions.push(texts::subscribed(request.at, at, &granted), refs);
        let say = after(lang, &texts::suback(id, &granted), request.at, at);
        Told { say, refs: vec![request.at.frame] }
    }

    fn on_unsuback(&mut self, id: u16, say: String, at: At) -> Told {
        let Some(request) = self.requests.remove(&(false, id)) else {
            return Told { say, refs: Vec::new() };
        };
        let filters = request.filters.join(", ");
        let refs = vec![request.at.frame, at.frame];
        self.subscriptions.push(texts::unsubscribed(request.at, at, &filters), refs);
        let say = after(self.lang, &say, request.at, at);
        Told { say, refs: vec![request.at.frame] }
    }

    fn on_publish(
        &mut self,
        publish: &Publish,
        say: String,
        from_client: bool,
        at: At,
        assembled: &Assembled,
        moment: &mut Moment<'_>,
    ) -> Told {
        let payload = assembled.bytes.get(publish.payload.clone()).unwrap_or_default();
        let len = assembled.len - publish.payload.start.min(assembled.len);
        let tally = &mut self.tallies[usize::from(!from_client)];
        tally.add(publish, (payload, len as u64), at.frame, at.time_ns);
        let Some(peer) = self.peer else {
            return Told { say: texts::way_unknown(self.lang, &say), refs: Vec::new() };
        };
        let brokers = &mut moment.shared.mqtt;
        let publication = Publication {
            frame: at.frame,
            time_ns: at.time_ns,
            key: brokers.key(&[&publish.topic, payload], len),
            topic: brokers.key(&[&publish.topic], 0),
            empty: len == 0,
            qos: publish.qos,
            dup: publish.dup,
            retain: publish.retain,
            packet_id: publish.packet_id,
        };
        let origin = if from_client {
            let first = brokers.published(peer, &publication);
            first.map(|f| Origin::Redelivery { frame: f.publish, conversation: f.conversation })
        } else {
            Some(brokers.delivered(peer, &publication))
        };
        let Some(origin) = origin else { return Told { say, refs: Vec::new() } };
        let (meaning, refs) =
            mqtt_fan_out::origin(self.lang, &origin, &publication, peer.conversation);
        Told { say: format!("{say}; {meaning}"), refs }
    }

    fn on_acknowledgement(
        &mut self,
        packet_type: PacketType,
        id: u16,
        say: String,
        from_client: bool,
        at: At,
        moment: &mut Moment<'_>,
    ) -> Told {
        let found = self.peer.and_then(|peer| {
            moment.shared.mqtt.acknowledge(peer, packet_type, from_client, id, at.frame)
        });
        let Some(flight) = found else {
            return Told { say: texts::acknowledges_unseen(self.lang, &say), refs: Vec::new() };
        };
        let after_ns = at.time_ns.cast_signed().wrapping_sub(flight.time_ns.cast_signed());
        let (say, chain) = texts::chain(self.lang, packet_type, &say, &flight, at.frame, after_ns);
        let mut refs: Vec<u64> =
            [Some(flight.publish), flight.rec, flight.rel].into_iter().flatten().collect();
        refs.retain(|frame| *frame != at.frame);
        if let Some(line) = chain {
            let completed = usize::from(packet_type == PacketType::PubComp);
            self.chains.completed[completed] += 1;
            self.chains.latency_ns = self.chains.latency_ns.saturating_add(after_ns);
            let frames = refs.iter().copied().chain([at.frame]).collect();
            self.chains.lines.push(line, frames);
        }
        Told { say, refs }
    }

    /// PINGREQ, PINGRESP and DISCONNECT, which say nothing but that they are there.
    fn on_bare(
        &mut self,
        packet_type: PacketType,
        say: String,
        at: At,
        moment: &mut Moment<'_>,
    ) -> Told {
        match packet_type {
            PacketType::PingReq => {
                self.pings[0].push(at.frame);
                self.ping = Some(at);
                Told { say: texts::ping(self.lang, &say, self.keep_alive), refs: Vec::new() }
            }
            PacketType::PingResp => {
                self.pings[1].push(at.frame);
                match self.ping.take() {
                    Some(ping) => {
                        Told { say: after(self.lang, &say, ping, at), refs: vec![ping.frame] }
                    }
                    None => Told { say, refs: Vec::new() },
                }
            }
            PacketType::Disconnect => {
                self.disconnect.get_or_insert(at);
                if let Some(peer) = self.peer {
                    moment.shared.mqtt.disconnect(peer);
                }
                Told { say: texts::disconnect(self.lang, &say, self.has_will), refs: Vec::new() }
            }
            _ => Told { say, refs: Vec::new() },
        }
    }

    pub(super) fn on_end(&mut self, moment: &mut Moment<'_>) {
        if let Some(peer) = self.peer {
            moment.shared.mqtt.ended(peer, moment.frame);
        }
    }
}
