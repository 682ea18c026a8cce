//! One connection: let in, perhaps subscribed, then a publisher, a subscriber or neither.
//!
//! ```text
//!   Waiting -> Dialling -> Entering -> [Subscribing] -> Ready -> Gone
//! ```

use bytes::BytesMut;
use wirelab_mqtt::packet::{
    ConnAck, Connect, ConnectReturnCode, FixedHeader, PacketType, SubAck, Subscribe,
};
use wirelab_mqtt::{Error, PacketId};

use super::plan::Plan;
use super::publisher::Publisher;
use super::subscriber::{Books, Subscriber};

/// Seconds. Longer than a run can last, so that silence is no reason to close.
const KEEP_ALIVE: u16 = 3600;

/// What a connection is for.
#[derive(Debug)]
pub enum Part {
    /// Sends.
    Publisher(Box<Publisher>),
    /// Receives.
    Subscriber(Subscriber),
    /// Is there.
    Idle,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its turn to connect has not come.
    Waiting,
    /// It connects.
    Dialling,
    /// CONNECT is sent.
    Entering,
    /// SUBSCRIBE is sent.
    Subscribing,
    /// It does its part.
    Ready,
    /// Its connection has ended.
    Gone,
}

/// What a packet has brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing that others must know.
    None,
    /// It is let in; when it has subscribed, too, it is ready.
    Entered,
    /// It is ready.
    Ready,
    /// The exchange of a message sent, or due, at this time is complete.
    Acked(u64),
}

/// See the file.
#[derive(Debug)]
pub struct Client {
    /// The client id.
    pub name: String,
    /// How far it has come.
    pub stage: Stage,
    /// What it is for.
    pub part: Part,
    /// When its connect began.
    pub dialled: u64,
}

impl Client {
    /// Not connected yet. The id keeps to what every broker must take [MQTT-3.1.3-5].
    pub fn new(plan: &Plan, number: usize, part: Part) -> Self {
        let kind = match part {
            Part::Publisher(_) => 'p',
            Part::Subscriber(_) => 's',
            Part::Idle => 'i',
        };
        let name = format!("w{:08x}{kind}{number}", plan.run);
        Self { name, stage: Stage::Waiting, part, dialled: 0 }
    }

    /// The connection stands: its CONNECT.
    ///
    /// # Errors
    /// [`Error::Misuse`].
    pub fn enter(&mut self, out: &mut BytesMut) -> Result<(), Error> {
        self.stage = Stage::Entering;
        let client_id = self.name.clone();
        let connect =
            Connect { client_id, clean_session: true, keep_alive: KEEP_ALIVE, ..<_>::default() };
        connect.encode(out)
    }

    /// A whole packet.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn heard(
        &mut self,
        header: FixedHeader,
        body: &[u8],
        books: &mut Books<'_>,
    ) -> Result<Step, String> {
        match (self.stage, &mut self.part) {
            (Stage::Ready, Part::Subscriber(subscriber)) => {
                subscriber.heard(header, body, books)?;
                Ok(Step::None)
            }
            (Stage::Ready, Part::Publisher(publisher)) => {
                let time = publisher.heard(header, body, books.answers)?;
                Ok(time.map_or(Step::None, Step::Acked))
            }
            (Stage::Entering, _) => self.entered(header, body, books),
            (Stage::Subscribing, Part::Subscriber(subscriber)) => {
                // [MQTT-3.8.4-3] Messages may come before the SUBACK.
                if header.packet_type != PacketType::SubAck {
                    subscriber.heard(header, body, books)?;
                    return Ok(Step::None);
                }
                let ack = SubAck::decode(body).map_err(|error| error.to_string())?;
                if ack.codes != [Some(books.plan.qos)] {
                    return Err(format!("the broker grants {:?}", ack.codes));
                }
                self.stage = Stage::Ready;
                Ok(Step::Ready)
            }
            _ => Err(format!("{} is not awaited here", header.packet_type.name())),
        }
    }

    fn entered(
        &mut self,
        header: FixedHeader,
        body: &[u8],
        books: &mut Books<'_>,
    ) -> Result<Step, String> {
        let words = |error: Error| error.to_string();
        if header.packet_type != PacketType::ConnAck {
            return Err(format!("{} instead of CONNACK", header.packet_type.name()));
        }
        let ack = ConnAck::decode(body).map_err(words)?;
        if ack.code != ConnectReturnCode::Accepted {
            return Err(format!("the broker refuses: {}", ack.code));
        }
        let Part::Subscriber(subscriber) = &self.part else {
            self.stage = Stage::Ready;
            return Ok(Step::Ready);
        };
        let filters = vec![(books.plan.filter_of(subscriber.number()), books.plan.qos)];
        Subscribe { packet_id: PacketId::MIN, filters }.encode(books.answers).map_err(words)?;
        self.stage = Stage::Subscribing;
        Ok(Step::Entered)
    }
}
