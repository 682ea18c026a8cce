//! One connection's greetings, commands and messages in their order: what each means to those
//! before it, and which should not have come.
//!
//! It knows both ends, and tells `sockets` what others must know. It does not know bytes or
//! segments.

use super::end::{End, Mechanism};
use super::handshake::{Handshake, Unit};
use super::message::Message;
use super::pattern::Pattern;
use super::requests::Requests;
use super::sockets::{Key, Kind};
use super::subscriptions::{Form, Subscriptions};
use crate::analysis::application::Moment;
use crate::analysis::assemble::Assembled;
use crate::analysis::records::{At, Lines, Told};
use crate::analysis::texts::{Listed, after, violates, violation};
use crate::analysis::texts::{zmtp as words, zmtp_flow as texts, zmtp_rules as rules};
use crate::conversation::Side;
use crate::dissect::zmtp::{
    Command, Contents, Data, Frame, Greeting, Metadata, Reading, SocketType,
};
use crate::lang::Lang;

/// The connection.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Connection {
    pub(super) lang: Lang,
    pub(in crate::analysis) ends: [End; 2],
    handshake: Handshake,
    pub(in crate::analysis) pattern: Pattern,
    pub(in crate::analysis) requests: Requests,
    pub(in crate::analysis) subscriptions: Subscriptions,
    /// HELLO, WELCOME and ERROR.
    pub(super) steps: Lines,
    pub(super) violations: Lines,
    /// Messages before the other end's READY.
    pub(in crate::analysis) early: Listed,
    pub(in crate::analysis) first_message: Option<u64>,
    pub(in crate::analysis) error: Option<u64>,
    /// Who sent what the type does not send at all.
    pub(in crate::analysis) against_the_way: Listed,
    /// The socket whose work it shares with other connections.
    joined: Option<Key>,
}

impl Connection {
    pub(super) fn new(lang: Lang) -> Self {
        Self { lang, ..Self::default() }
    }

    pub(in crate::analysis) fn end(&self, side: Side) -> &End {
        &self.ends[usize::from(side == Side::Server)]
    }

    pub(super) fn end_mut(&mut self, side: Side) -> &mut End {
        &mut self.ends[usize::from(side == Side::Server)]
    }

    /// The version that both speak. [ZMTP-3.0-greeting-11]
    pub(super) fn version(&self) -> Option<(u8, u8)> {
        self.ends.iter().filter_map(End::version).min()
    }

    /// The types' names.
    pub(super) fn types(&self) -> [Option<SocketType>; 2] {
        [self.ends[0].socket_type, self.ends[1].socket_type]
    }

    /// The types in the order in which one speaks of them: who begins comes first.
    pub(super) fn types_in_order(&self) -> [Option<SocketType>; 2] {
        let [client, server] = self.types();
        match self.pattern {
            Pattern::RequestReply { asker: Side::Server, .. }
            | Pattern::Pipeline(Side::Server)
            | Pattern::PubSub(Side::Server) => [server, client],
            _ => [client, server],
        }
    }

    /// `REQ`; or what else the end can be called.
    pub(super) fn type_name(&self, side: Side) -> &'static str {
        let other = self.end(side.other()).socket_type;
        match (self.end(side).socket_type, other) {
            (Some(own), _) => own.name(),
            (None, Some(SocketType::Pub | SocketType::Xpub)) => "SUB",
            (None, Some(SocketType::Sub | SocketType::Xsub)) => "PUB",
            (None, Some(SocketType::Push)) => "PULL",
            (None, Some(SocketType::Pull)) => "PUSH",
            _ => "?",
        }
    }

    /// How the frames of a side are read.
    pub(super) fn reading(&self, side: Side, with_fields: bool) -> Reading {
        let sealed = self.end(side).mechanism() == Some(Mechanism::Other);
        let own = self.end(side).socket_type;
        let publishes = self.pattern == Pattern::PubSub(side.other());
        let subscriber = publishes && own.is_none_or(SocketType::subscribes);
        Reading { with_fields, sealed, subscriber }
    }

    /// The major version of an end that is too old to be read here.
    pub(super) fn older(&self) -> Option<u8> {
        self.ends.iter().filter_map(End::version).map(|(major, _)| major).find(|major| *major < 3)
    }

    /// A greeting is complete; what the two together get wrong.
    pub(super) fn on_greeting(
        &mut self,
        side: Side,
        greeting: Greeting,
        at: At,
        frames: Vec<u64>,
    ) -> String {
        self.end_mut(side).greeting = Some((greeting, frames));
        let [Some((a, _)), Some((b, _))] = self.ends.each_ref().map(|end| end.greeting.as_ref())
        else {
            return String::new();
        };
        let wrong = match (a.mechanism.as_deref(), b.mechanism.as_deref()) {
            // [ZMTP-3.0-mech-05]
            (Some(a), Some(b)) if a != b => rules::mechanisms(self.lang, a, b),
            // [PLAIN-02] One of both is the server.
            (Some(b"PLAIN"), _) if a.as_server == b.as_server => rules::SAME_PART.text(self.lang),
            _ => return String::new(),
        };
        self.violates(rules::GREETING, &wrong, at.frame)
    }

    fn violates(&mut self, name: &str, what: &str, frame: u64) -> String {
        self.violations.push(violation(self.lang, frame, name, what), vec![frame]);
        violates(self.lang, what)
    }

    fn message_violates(&mut self, what: &str, frame: u64) -> String {
        self.violates(&rules::a_message(self.lang), what, frame)
    }

    /// A frame is complete. Says nothing of one that a further one of its message follows.
    pub(super) fn on_frame(
        &mut self,
        side: Side,
        assembled: &Assembled,
        frame: &Frame,
        moment: &mut Moment<'_>,
    ) -> Told {
        let at = At { frame: moment.frame, time_ns: assembled.time_ns };
        match &frame.contents {
            Contents::Nothing => Told::new(words::unread(self.lang, frame)),
            Contents::Command(command) => self.on_command(side, command, at, moment),
            Contents::Subscription { subscribe, prefix } => {
                let wrong = self.handshake.step(self.lang, &self.ends, side, Unit::Message);
                let mut told =
                    self.on_subscription(side, *subscribe, prefix, Form::Message, at, moment);
                if let Some(what) = wrong {
                    told.say.push_str(&self.message_violates(&what, at.frame));
                }
                told
            }
            Contents::Message(body) => {
                let mut message = self.end_mut(side).message.take().unwrap_or_default();
                message.add(frame, body.clone(), assembled);
                if frame.more() {
                    self.end_mut(side).message = Some(message);
                    return Told::default();
                }
                self.on_message(side, &message, at, moment)
            }
        }
    }

    fn on_command(
        &mut self,
        side: Side,
        command: &Command,
        at: At,
        moment: &mut Moment<'_>,
    ) -> Told {
        let name = crate::output::escape(&command.name);
        let wrong = self.handshake.step(self.lang, &self.ends, side, Unit::Command(&name));
        let say = words::command(self.lang, command);
        let mut told = match &command.data {
            Data::Ready(metadata) | Data::Initiate(metadata) => {
                let unfit = self.learn(side, metadata, &say, at, moment);
                let mut told = Told::new(say);
                if let Some(what) = unfit {
                    told.say.push_str(&self.violates(&name, &what, at.frame));
                }
                told
            }
            Data::Subscribe(prefix) => {
                self.on_subscription(side, true, prefix, Form::Command, at, moment)
            }
            Data::Cancel(prefix) => {
                self.on_subscription(side, false, prefix, Form::Command, at, moment)
            }
            Data::Ping { context, .. } => {
                let end = self.end_mut(side);
                end.pings.push(at.frame);
                end.ping = Some((at, context.clone()));
                Told::new(say)
            }
            Data::Pong(context) => self.on_pong(side, context, say, at),
            Data::Hello { .. } | Data::Welcome => {
                self.steps.push(texts::in_frame(&say, at.frame), vec![at.frame]);
                Told::new(say)
            }
            Data::Error(_) => {
                self.error.get_or_insert(at.frame);
                let say = texts::fatal(self.lang, &say);
                self.steps.push(texts::in_frame(&say, at.frame), vec![at.frame]);
                Told::new(say)
            }
            Data::Unread => Told::new(say),
        };
        if let Some(what) = wrong {
            told.say.push_str(&self.violates(&name, &what, at.frame));
        }
        told
    }

    /// READY, or PLAIN's INITIATE: what the end is.
    fn learn(
        &mut self,
        side: Side,
        metadata: &Metadata,
        say: &str,
        at: At,
        moment: &mut Moment<'_>,
    ) -> Option<String> {
        let end = self.end_mut(side);
        if end.ready.is_some() {
            return None;
        }
        end.ready = Some((at, say.to_owned()));
        end.socket_type = metadata.socket_type();
        self.pattern = Pattern::of(self.types());
        if self.ends.iter().all(|end| end.ready.is_some()) {
            self.join(moment);
        }
        match self.types() {
            // [ZMTP-3.0-meta-07]
            [Some(a), Some(b)] if !a.fits(b) => Some(rules::unfit(self.lang, a.name(), b.name())),
            _ => None,
        }
    }

    /// The connection is one of those that a PUSH or a PUB shares its messages out to. Who bound is
    /// known from the TCP handshake alone.
    fn join(&mut self, moment: &mut Moment<'_>) -> Option<Key> {
        let conversation = moment.conversation;
        if self.joined.is_some() || !conversation.opener_known {
            return self.joined;
        }
        let (kind, side) = match self.pattern {
            Pattern::Pipeline(side) => (Kind::Push, side),
            Pattern::PubSub(side) => (Kind::Pub, side),
            _ => return None,
        };
        let key = Key::new(kind, side == Side::Server, conversation.address(side));
        let to = conversation.address(side.other());
        moment.shared.zmtp.join(key, conversation.id, to);
        self.joined = Some(key);
        self.joined
    }

    /// [ZMTP-3.1-ping-02] A PONG repeats the context of a PING of the other end.
    fn on_pong(&mut self, side: Side, context: &[u8], say: String, at: At) -> Told {
        self.end_mut(side).pongs.push(at.frame);
        let asked = &mut self.end_mut(side.other()).ping;
        match asked.take() {
            Some((ping, wanted)) if wanted == context => {
                Told { say: after(self.lang, &say, ping, at), refs: vec![ping.frame] }
            }
            other => {
                *asked = other;
                Told::new(texts::pong_unasked(self.lang, &say))
            }
        }
    }

    fn on_subscription(
        &mut self,
        side: Side,
        subscribe: bool,
        prefix: &[u8],
        form: Form,
        at: At,
        moment: &mut Moment<'_>,
    ) -> Told {
        let who = self.type_name(side);
        let who = if who == "?" { "SUB" } else { who };
        let mut told = if subscribe {
            if let Some(key) = self.join(moment) {
                moment.shared.zmtp.subscribe(key, moment.conversation.id, prefix);
            }
            self.subscriptions.subscribe(self.lang, who, prefix, form, at)
        } else {
            self.subscriptions.cancel(self.lang, who, prefix, form, at)
        };
        // [ZMTP-3.1-sub-06] A peer of 3.0 knows no such command.
        let old = self.end(side.other()).version().is_some_and(|version| version < (3, 1));
        if form == Form::Command && old {
            let what = rules::COMMAND_TO_3_0.text(self.lang);
            told.say.push_str(&self.violates(who, &what, at.frame));
        }
        told
    }

    fn on_message(
        &mut self,
        side: Side,
        message: &Message,
        at: At,
        moment: &mut Moment<'_>,
    ) -> Told {
        let wrong = self.handshake.step(self.lang, &self.ends, side, Unit::Message);
        self.first_message.get_or_insert(at.frame);
        self.end_mut(side).flow.add(message, at);
        let mut told = self.meaning(side, message, at, moment);
        told.refs.extend(message.carriers.iter().filter(|frame| **frame != at.frame));
        if let Some(what) = wrong {
            told.say.push_str(&self.message_violates(&what, at.frame));
        } else if self.is_early(side) {
            self.early.push(at.frame);
            told.say.push_str(&texts::early(self.lang));
        }
        told
    }

    /// Is the other end's READY still to come? A 3.0 peer need not wait. [ZMTP-3.1-null-05]
    fn is_early(&self, side: Side) -> bool {
        let other = self.end(side.other());
        other.is_whole() && other.ready.is_none() && self.end(side).ready.is_some()
    }

    fn meaning(&mut self, side: Side, message: &Message, at: At, moment: &mut Moment<'_>) -> Told {
        let lang = self.lang;
        let number = self.end(side).flow.count();
        let way = [self.type_name(side), self.type_name(side.other())];
        let say = |way| texts::message(lang, number, way, &words::message(lang, message, false));
        match self.pattern {
            Pattern::RequestReply { asker, strict } if asker == side => {
                let mut told = self.requests.request(lang, message, at);
                // [REQ-fmt-01], [REQ-out-01]
                if strict && !message.is_delimited() {
                    let (name, what) = (rules::a_request(lang), rules::NO_DELIMITER.text(lang));
                    told.say.push_str(&self.violates(&name, &what, at.frame));
                }
                told
            }
            Pattern::RequestReply { .. } => self.requests.reply(lang, message, at),
            Pattern::PubSub(from) if from == side => {
                let complete = self.end(side.other()).is_whole();
                let key = self.join(moment);
                let (told, prefix) =
                    self.subscriptions.delivered(lang, number, message, at, complete);
                if let Some(key) = key {
                    moment.shared.zmtp.sent(key, moment.conversation.id, at.frame, prefix);
                }
                told
            }
            Pattern::Pipeline(from) if from == side => {
                if let Some(key) = self.join(moment) {
                    moment.shared.zmtp.sent(key, moment.conversation.id, at.frame, None);
                }
                Told::new(say(Some(way)))
            }
            Pattern::Pipeline(_) | Pattern::PubSub(_) => {
                let say = say(Some(way));
                // [PUSH-gen-01], [PUB-gen-06] XSUB alone may, to an XPUB.
                if self.end(side).socket_type == Some(SocketType::Xsub) {
                    return Told::new(say);
                }
                self.against_the_way.push(at.frame);
                let clause = match self.pattern {
                    Pattern::PubSub(_) => "[SUB-gen-01]",
                    _ => "[PULL-gen-01]",
                };
                let what = rules::only_receives(lang, way[0], clause);
                let wrong = self.message_violates(&what, at.frame);
                Told::new(format!("{say}{wrong}"))
            }
            Pattern::Free => Told::new(say(Some(way))),
            Pattern::Unknown => Told::new(say(None)),
        }
    }

    /// Is something that this side sent not in the capture?
    pub(super) fn cut(&mut self, side: Side, cut: bool) {
        self.end_mut(side).gaps |= cut;
    }

    pub(super) fn on_end(&mut self, moment: &mut Moment<'_>) {
        if let Some(key) = self.joined {
            moment.shared.zmtp.leave(key, moment.conversation.id);
        }
    }
}
