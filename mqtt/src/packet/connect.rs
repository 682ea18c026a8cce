//! CONNECT: a client asks to be let in (section 3.1).
//!
//! ```text
//!   10 len | 00 04 M Q T T | level 04 | connect flags | keep alive | payload …
//!
//!   connect flags   7 user name  6 password  5 will retain  4-3 will QoS  2 will
//!                   1 clean session  0 reserved
//!   payload         client id, [will topic, will message], [user name], [password]
//! ```

use bytes::{BufMut, Bytes, BytesMut};

use super::{ConnectReturnCode, PacketType, QoS, put_fixed_header};
use crate::wire::{Reader, check_string, put_binary};
use crate::{Error, topic};

const USER_NAME: u8 = 0x80;
const PASSWORD: u8 = 0x40;
const WILL_RETAIN: u8 = 0x20;
const WILL_QOS: u8 = 0x18;
const WILL: u8 = 0x04;
const CLEAN_SESSION: u8 = 0x02;
const RESERVED: u8 = 0x01;

/// The protocol level of MQTT 3.1.1.
pub const LEVEL: u8 = 4;

/// What a client says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// The client identifier, the key of its session; empty: the server is to choose one.
    pub client_id: String,
    /// Begin anew, and keep nothing afterwards.
    pub clean_session: bool,
    /// Keep Alive, in seconds; 0: none.
    pub keep_alive: u16,
    /// What is to be published if the connection breaks.
    pub will: Option<Will>,
    /// User name.
    pub user_name: Option<String>,
    /// Password: any bytes.
    pub password: Option<Bytes>,
}

/// The message that the server publishes when the connection ends without a DISCONNECT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// Its topic name.
    pub topic: String,
    /// Its payload, at most 65,535 bytes.
    pub payload: Bytes,
    /// Its QoS.
    pub qos: QoS,
    /// Is it to be retained?
    pub retain: bool,
}

impl Connect {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Refused`] where the standard asks for a return code, else [`Error::Malformed`]:
    /// then the connection is closed without CONNACK [MQTT-3.1.4-1].
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        check_protocol(&mut reader)?;
        let flags = reader.u8()?;
        check_flags(flags)?;
        let keep_alive = reader.u16()?;
        // [MQTT-3.1.3-1], [MQTT-3.1.3-3] The payload's fields in their order, the id first.
        // [MQTT-3.1.3-4], [MQTT-3.1.3-10], [MQTT-3.1.3-11] Three of them are strings.
        let client_id = reader.string()?.to_owned();
        // [MQTT-3.1.2-9], [MQTT-3.1.2-11] There is a will exactly if its flag is set.
        let will = if flags & WILL != 0 { Some(Will::decode(flags, &mut reader)?) } else { None };
        // [MQTT-3.1.2-18], [MQTT-3.1.2-19]
        let user_name =
            if flags & USER_NAME != 0 { Some(reader.string()?.to_owned()) } else { None };
        // [MQTT-3.1.2-20], [MQTT-3.1.2-21]
        let password = if flags & PASSWORD != 0 {
            Some(Bytes::copy_from_slice(reader.binary()?))
        } else {
            None
        };
        reader.end()?;
        let clean_session = flags & CLEAN_SESSION != 0;
        // [MQTT-3.1.3-7], [MQTT-3.1.3-8] A session that is kept needs a name.
        if client_id.is_empty() && !clean_session {
            let code = ConnectReturnCode::IdentifierRejected;
            return Err(Error::Refused { code, clause: "[MQTT-3.1.3-8]" });
        }
        Ok(Self { client_id, clean_session, keep_alive, will, user_name, password })
    }

    /// Writes the packet.
    ///
    /// # Errors
    /// [`Error::Misuse`]: a field that is too long, a password without a user name, an empty
    /// client id with a session that is to be kept, a will to no topic name.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        self.check()?;
        let mut body = BytesMut::new();
        put_binary(&mut body, b"MQTT")?;
        body.put_u8(LEVEL);
        body.put_u8(self.flags());
        body.put_u16(self.keep_alive);
        put_binary(&mut body, self.client_id.as_bytes())?;
        if let Some(will) = &self.will {
            put_binary(&mut body, will.topic.as_bytes())?;
            put_binary(&mut body, &will.payload)?;
        }
        if let Some(user_name) = &self.user_name {
            put_binary(&mut body, user_name.as_bytes())?;
        }
        if let Some(password) = &self.password {
            put_binary(&mut body, password)?;
        }
        put_fixed_header(out, PacketType::Connect.first_byte(), body.len())?;
        out.extend_from_slice(&body);
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        check_string(&self.client_id)?;
        if self.client_id.is_empty() && !self.clean_session {
            return Err(Error::Misuse("a session that is to be kept needs a client id"));
        }
        if let Some(will) = &self.will {
            check_string(&will.topic)?;
            if topic::check_name(&will.topic).is_err() {
                return Err(Error::Misuse("the will's topic is not a topic name"));
            }
        }
        if let Some(user_name) = &self.user_name {
            check_string(user_name)?;
        } else if self.password.is_some() {
            return Err(Error::Misuse("a password needs a user name"));
        }
        Ok(())
    }

    fn flags(&self) -> u8 {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        // [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-15] Without a will its bits are 0.
        let will = self
            .will
            .as_ref()
            .map_or(0, |will| WILL | bit(will.retain, WILL_RETAIN) | ((will.qos as u8) << 3));
        will | bit(self.user_name.is_some(), USER_NAME)
            | bit(self.password.is_some(), PASSWORD)
            | bit(self.clean_session, CLEAN_SESSION)
    }
}

impl Will {
    fn decode(flags: u8, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let name = reader.string()?;
        topic::check_name(name)?;
        let payload = Bytes::copy_from_slice(reader.binary()?);
        let qos = QoS::from_bits((flags & WILL_QOS) >> 3)
            .ok_or(Error::malformed("[MQTT-3.1.2-14]", "a will of QoS 3"))?;
        Ok(Self { topic: name.to_owned(), payload, qos, retain: flags & WILL_RETAIN != 0 })
    }
}

/// Name and level: is it MQTT, and which one?
fn check_protocol(reader: &mut Reader<'_>) -> Result<(), Error> {
    let refused = Error::Refused {
        code: ConnectReturnCode::UnacceptableProtocolVersion,
        clause: "[MQTT-3.1.2-2]",
    };
    match reader.binary()? {
        b"MQTT" => {}
        // The name that MQTT 3.1 has: a client of ours, only older.
        b"MQIsdp" => return Err(refused),
        // [MQTT-3.1.2-1] Something else: it is not gone on with.
        _ => return Err(Error::malformed("[MQTT-3.1.2-1]", "another protocol's name")),
    }
    // [MQTT-3.1.2-2] What follows may be laid out differently at another level: it is not read.
    if reader.u8()? == LEVEL { Ok(()) } else { Err(refused) }
}

fn check_flags(flags: u8) -> Result<(), Error> {
    let wrong = |clause, what| Err(Error::malformed(clause, what));
    if flags & RESERVED != 0 {
        return wrong("[MQTT-3.1.2-3]", "the reserved connect flag is set");
    }
    if flags & WILL_QOS == WILL_QOS {
        return wrong("[MQTT-3.1.2-14]", "a will of QoS 3");
    }
    if flags & WILL == 0 {
        if flags & WILL_QOS != 0 {
            return wrong("[MQTT-3.1.2-13]", "a will QoS without a will");
        }
        if flags & WILL_RETAIN != 0 {
            return wrong("[MQTT-3.1.2-15]", "a will retain without a will");
        }
    }
    if flags & USER_NAME == 0 && flags & PASSWORD != 0 {
        return wrong("[MQTT-3.1.2-22]", "a password without a user name");
    }
    Ok(())
}
