//! CONNACK: the server lets a client in, or says why not (section 3.2).
//!
//! ```text
//!   20 02 | 0000000 SP | return code          SP: Session Present
//! ```

use bytes::{BufMut, BytesMut};
use std::fmt;

use super::PacketType;
use crate::Error;
use crate::wire::Reader;

/// The answer to CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnAck {
    /// The server has kept state of this client's session.
    pub session_present: bool,
    /// Let in, or why not.
    pub code: ConnectReturnCode,
}

/// Connect Return code (table 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ConnectReturnCode {
    /// Let in.
    Accepted = 0,
    /// The server does not speak this level of the protocol.
    UnacceptableProtocolVersion = 1,
    /// The client id is well-formed UTF-8, and not allowed.
    IdentifierRejected = 2,
    /// The network connection stands, and the service does not.
    ServerUnavailable = 3,
    /// User name and password are not those of anybody.
    BadUserNameOrPassword = 4,
    /// This client may not connect.
    NotAuthorized = 5,
}

impl ConnectReturnCode {
    /// The code of this number; 6 to 255 are reserved.
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Accepted,
            1 => Self::UnacceptableProtocolVersion,
            2 => Self::IdentifierRejected,
            3 => Self::ServerUnavailable,
            4 => Self::BadUserNameOrPassword,
            5 => Self::NotAuthorized,
            _ => return None,
        })
    }
}

impl fmt::Display for ConnectReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::UnacceptableProtocolVersion => "unacceptable protocol version",
            Self::IdentifierRejected => "identifier rejected",
            Self::ServerUnavailable => "server unavailable",
            Self::BadUserNameOrPassword => "bad user name or password",
            Self::NotAuthorized => "not authorised",
        })
    }
}

impl ConnAck {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`]: reserved bits, a reserved return code, a session where there is no
    /// connection, another length than two bytes.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let flags = reader.u8()?;
        if flags & 0xfe != 0 {
            return Err(Error::malformed("", "reserved bits in the acknowledge flags"));
        }
        let code = ConnectReturnCode::from_number(reader.u8()?)
            .ok_or(Error::malformed("", "a reserved connect return code"))?;
        reader.end()?;
        let session_present = flags == 1;
        // [MQTT-3.2.2-4]
        if session_present && code != ConnectReturnCode::Accepted {
            return Err(Error::malformed("[MQTT-3.2.2-4]", "a session with a refusal"));
        }
        Ok(Self { session_present, code })
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        // [MQTT-3.2.2-4] A refusal comes with Session Present 0.
        let present = self.session_present && self.code == ConnectReturnCode::Accepted;
        out.put_slice(&[PacketType::ConnAck.first_byte(), 2, u8::from(present), self.code as u8]);
    }
}
