//! Security mechanisms: who speaks first in the handshake, and what it takes to get in.
//!
//! ```text
//!   NULL     both     READY ------------->          <------------- READY
//!
//!   PLAIN    client   HELLO user, password ->
//!            server                          <- WELCOME, or ERROR
//!            client   INITIATE metadata ---->
//!            server                          <- READY metadata, or ERROR     (24/ZMTP-PLAIN)
//! ```
//!
//! Pure machines over commands: they know no bytes on the wire, no connection and no clock.

mod null;
mod plain;

use std::fmt;
use std::sync::Arc;

use crate::command::Command;
use crate::greeting::Greeting;
use crate::limits::CREDENTIAL_MAX;
use crate::metadata::Metadata;
use crate::{Error, SocketType, metadata};
use null::Null;
use plain::{PlainClient, PlainServer};

/// The mechanisms that are spoken here, by the name in the greeting [ZMTP-3.0-mech-10].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MechanismName {
    /// No authentication, no confidentiality.
    Null,
    /// A user name and a password, in clear text.
    Plain,
}

impl MechanismName {
    /// As it stands in the greeting.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Plain => "PLAIN",
        }
    }
}

/// Decides whether a user with this name and password comes in.
pub type Check = Arc<dyn Fn(&[u8], &[u8]) -> bool + Send + Sync>;

/// How a socket secures its connections: one way for all of them [ZMTP-3.0-mech-06].
#[derive(Clone, Default)]
pub enum Mechanism {
    /// Everybody comes in.
    #[default]
    Null,
    /// We show these to servers. [`Mechanism::plain_client`] checks them.
    PlainClient {
        /// At most 255 octets.
        username: Vec<u8>,
        /// At most 255 octets.
        password: Vec<u8>,
    },
    /// Clients show theirs to us.
    PlainServer(Check),
}

impl Mechanism {
    /// PLAIN, as a client.
    ///
    /// # Errors
    /// A user name or password of more than 255 octets.
    pub fn plain_client(
        username: impl Into<Vec<u8>>,
        password: impl Into<Vec<u8>>,
    ) -> Result<Self, Error> {
        let (username, password) = (username.into(), password.into());
        if username.len().max(password.len()) > CREDENTIAL_MAX {
            return Err(Error::Misuse("PLAIN's user name and password have at most 255 octets"));
        }
        Ok(Self::PlainClient { username, password })
    }

    /// PLAIN, as a server that lets this one user in.
    pub fn plain_server(username: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        let (username, password) = (username.into(), password.into());
        Self::PlainServer(Arc::new(move |user, pass| {
            // Both are always compared, and each in constant time.
            is_same(user, &username) & is_same(pass, &password)
        }))
    }

    /// The name in our greeting.
    pub fn name(&self) -> MechanismName {
        match self {
            Self::Null => MechanismName::Null,
            Self::PlainClient { .. } | Self::PlainServer(_) => MechanismName::Plain,
        }
    }

    /// The as-server octet of our greeting [PLAIN-02]; zero where there are no roles
    /// [ZMTP-3.0-null-06] [ZMTP-3.0-mech-02].
    pub fn as_server(&self) -> bool {
        matches!(self, Self::PlainServer(_))
    }
}

impl fmt::Debug for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "NULL",
            Self::PlainClient { .. } => "PLAIN, client",
            Self::PlainServer(_) => "PLAIN, server",
        })
    }
}

/// Compares in a time that shows nothing but the lengths.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

/// What we are, as the handshake tells it.
#[derive(Clone, Debug)]
pub struct Local {
    /// What we are.
    pub socket_type: SocketType,
    /// How we secure connections.
    pub mechanism: Mechanism,
    /// What our READY or INITIATE says.
    pub metadata: Metadata,
    /// The minor version in our greeting: 1, or 0 to be a peer of ZMTP 3.0.
    pub minor: u8,
}

impl Local {
    /// Can we talk to who says this of itself? [ZMTP-3.0-null-04]
    fn check(&self, theirs: &Metadata) -> Result<Option<SocketType>, Error> {
        // [ZMTP-3.1-meta-03] Whatever else it says, a Resource too, is no reason to refuse it.
        let Some(name) = theirs.get(metadata::SOCKET_TYPE) else {
            // [ZMTP-3.0-meta-03] It should have said so; it need not.
            return Ok(None);
        };
        // [ZMTP-3.0-meta-06]
        let Some(kind) = SocketType::from_name(name) else {
            return Err(Error::Refused {
                clause: "[ZMTP-3.0-meta-06]",
                reason: "Unknown-Socket-Type",
            });
        };
        // [ZMTP-3.0-meta-08] An ERROR, and then the close.
        if !self.socket_type.may_talk_to(kind) {
            return Err(Error::Refused {
                clause: "[ZMTP-3.0-meta-07]",
                reason: "Incompatible-Socket-Type",
            });
        }
        Ok(Some(kind))
    }
}

/// What a peer has said of itself when the handshake is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// What it is, if it said so.
    pub socket_type: Option<SocketType>,
    /// Does it know SUBSCRIBE, CANCEL and PING?
    pub knows_3_1: bool,
    /// All that it said. [ZMTP-3.0-meta-09] Its Identity means nothing to our sockets.
    pub metadata: Metadata,
}

/// A handshake under way.
#[derive(Debug)]
pub(crate) enum Handshake {
    Null(Null),
    PlainClient(PlainClient),
    PlainServer(PlainServer),
}

/// What the next command has brought.
pub(crate) enum Progress {
    /// Another one is to come.
    Going,
    /// The peer is in; this is what it said.
    Done(Metadata, Option<SocketType>),
}

impl Handshake {
    /// Begins, when the peer's greeting is there; says what is ours to say.
    pub fn begin(
        local: &Local,
        theirs: &Greeting,
        mut say: impl FnMut(Command),
    ) -> Result<Self, Error> {
        check_greeting(local, theirs)?;
        Ok(match &local.mechanism {
            Mechanism::Null => {
                // [ZMTP-3.1-null-01] [ZMTP-3.1-null-02] [ZMTP-3.1-null-04] Whoever bound;
                // [ZMTP-3.0-null-12] [ZMTP-3.0-null-02] We do not wait for theirs.
                say(Command::Ready(local.metadata.clone()));
                Self::Null(Null)
            }
            Mechanism::PlainClient { username, password } => {
                let (username, password) = (username.clone().into(), password.clone().into());
                say(Command::Hello { username, password });
                Self::PlainClient(PlainClient::AwaitWelcome)
            }
            Mechanism::PlainServer(_) => Self::PlainServer(PlainServer::AwaitHello),
        })
    }

    /// Takes the peer's next command; says our answer to it.
    pub fn on_command(
        &mut self,
        local: &Local,
        command: Command,
        say: impl FnMut(Command),
    ) -> Result<Progress, Error> {
        // [ZMTP-3.0-error-01] Whenever it comes, it is the end.
        if let Command::Error { reason } = &command {
            let reason = reason.escape_ascii().to_string();
            return Err(Error::RefusedByPeer { reason });
        }
        match self {
            Self::Null(Null) => Null::on_command(local, command),
            Self::PlainClient(client) => client.on_command(local, command, say),
            Self::PlainServer(server) => server.on_command(local, command, say),
        }
    }
}

/// Do both sides mean the same mechanism, in the roles that it has?
fn check_greeting(local: &Local, theirs: &Greeting) -> Result<(), Error> {
    let ours = Greeting::new(local.minor, local.mechanism.name(), local.mechanism.as_server());
    // [ZMTP-3.0-mech-05] [ZMTP-3.0-sec-01] No weaker one is taken instead.
    if theirs.mechanism != ours.mechanism {
        return Err(Error::Mechanism {
            theirs: theirs.mechanism_name().escape_ascii().to_string(),
            ours: local.mechanism.name().as_str(),
        });
    }
    match (local.mechanism.name(), theirs.as_server) {
        // [ZMTP-3.0-mech-01] Without roles it means nothing.
        // [PLAIN-02] libzmq's servers say 0, too. If it is another client, its HELLO will tell.
        (MechanismName::Null, _) | (MechanismName::Plain, 0) => Ok(()),
        (MechanismName::Plain, 1) if ours.as_server == 0 => Ok(()),
        (MechanismName::Plain, 1) => {
            Err(Error::violated("[PLAIN-02]", "both sides of PLAIN are servers"))
        }
        _ => Err(Error::malformed("[ZMTP-3.0-greeting-05]", "as-server is neither 0 nor 1")),
    }
}
