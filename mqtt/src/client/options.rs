//! What whoever makes a client may set: the CONNECT that it sends, and how it carries itself.
//!
//! Plain values with their defaults; it does not know who keeps to them.

use std::time::Duration;

use crate::limits::{CLIENT_WINDOW, KEEP_ALIVE, PACKET_MAX, RECONNECT_LONGEST};
use crate::packet::Connect;

/// A client's settings.
///
/// ```
/// use wirelab_mqtt::client::Options;
///
/// let mut options = Options::new("meter-7");
/// options.connect.keep_alive = 10;
/// options.connect.clean_session = false;
/// assert!(options.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the CONNECT says: client id, clean session, Keep Alive, will, user name, password.
    pub connect: Connect,
    /// Come back, after growing waits, when a connection that stood is lost.
    pub reconnect: bool,
    /// The longest of these waits.
    pub reconnect_longest: Duration,
    /// Send what there is behind the CONNECT, without waiting for the CONNACK (section 3.1.4,
    /// non-normative: a client need not wait; what a server that refuses got is lost).
    pub eager: bool,
    /// PUBLISH packets of QoS 1 and 2 that may be unacknowledged at once, 1 to 65,535.
    pub window: usize,
    /// The longest packet that is taken from the server, in bytes.
    pub max_packet_size: usize,
}

impl Options {
    /// A clean session under this id (empty: the server is to choose one), a Keep Alive of a
    /// minute, coming back after a loss.
    pub fn new(client_id: impl Into<String>) -> Self {
        let client_id = client_id.into();
        let connect = Connect {
            client_id,
            clean_session: true,
            keep_alive: KEEP_ALIVE,
            ..Connect::default()
        };
        Self {
            connect,
            reconnect: true,
            reconnect_longest: RECONNECT_LONGEST,
            eager: false,
            window: CLIENT_WINDOW,
            max_packet_size: PACKET_MAX,
        }
    }

    /// Can this be said in a CONNECT?
    ///
    /// # Errors
    /// [`crate::Error::Misuse`] with what cannot.
    pub fn check(&self) -> Result<(), crate::Error> {
        self.connect.encode(&mut bytes::BytesMut::new())
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    /// [MQTT-3.1.3-7] A client without an id keeps no session.
    #[test]
    fn a_session_that_is_kept_needs_a_client_id() {
        let mut options = Options::new("");
        assert_eq!(options.check(), Ok(()));
        options.connect.clean_session = false;
        assert!(options.check().is_err());
    }
}
