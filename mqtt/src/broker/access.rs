//! Who may come in, and who may read and write what: the questions that the broker asks.
//!
//! The answers are somebody else's: a password file and a list of rules, in the lab's binary.
//! It knows names and topics. It does not know files, hashes or connections.

use std::fmt;

use crate::packet::{Connect, ConnectReturnCode};

/// A client that asks to be let in, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who<'a> {
    /// Its client id.
    pub client_id: &'a str,
    /// Its user name, if it gave one.
    pub user_name: Option<&'a str>,
}

/// What a client wants to do with a topic name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Be sent a message of this topic.
    Read,
    /// Publish to it.
    Write,
}

/// Decides. Called by the broker's loop, so an answer must not take long.
pub trait Access: fmt::Debug {
    /// Is this CONNECT's user who it says it is? No difference may be seen between an unknown
    /// user and a wrong password.
    ///
    /// # Errors
    /// The return code of the CONNACK that refuses it: 4 or 5.
    fn login(&self, connect: &Connect) -> Result<(), ConnectReturnCode>;

    /// May this client do this with messages of this topic name?
    fn may(&self, who: Who<'_>, action: Action, topic: &str) -> bool;
}

/// Lets everybody do everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everybody;

impl Access for Everybody {
    fn login(&self, _connect: &Connect) -> Result<(), ConnectReturnCode> {
        Ok(())
    }

    fn may(&self, _who: Who<'_>, _action: Action, _topic: &str) -> bool {
        true
    }
}
