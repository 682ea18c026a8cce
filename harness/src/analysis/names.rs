//! What hosts are called in the report.
//!
//! It knows the capture's name records, and otherwise roles: who opened a conversation is its
//! client. It does not know ports; a role is never guessed from one.

use super::texts;
use crate::conversation::{Conversation, Side};
use crate::frame::HostNames;
use crate::lang::Lang;
use std::collections::HashMap;
use std::net::IpAddr;

/// Hosts that get a role's name of their own; beyond, they go by their address.
pub const ROLES_MAX: usize = 1024;

/// The names.
#[derive(Debug, Default)]
pub(super) struct Names {
    lang: Lang,
    hosts: HostNames,
    roles: HashMap<(IpAddr, Side), usize>,
    clients: usize,
    servers: usize,
}

impl Names {
    pub(super) fn new(hosts: HostNames, lang: Lang) -> Self {
        Self { lang, hosts, ..Self::default() }
    }

    /// The language that they are in.
    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    pub(super) fn rename(&mut self, hosts: HostNames) {
        self.hosts = hosts;
    }

    /// A host outside a conversation: its name or its address. Names come from the capture, so
    /// they are escaped like anything else from there.
    pub(super) fn host(&self, address: IpAddr) -> String {
        match self.hosts.get(&address) {
            Some(name) => crate::output::escape(name.as_bytes()),
            None => address.to_string(),
        }
    }

    /// Gives the two ends their roles, if who opened is known.
    pub(super) fn meet(&mut self, conversation: &Conversation) {
        if !conversation.opener_known {
            return;
        }
        for side in [Side::Client, Side::Server] {
            let key = (conversation.address(side).ip(), side);
            if self.roles.contains_key(&key) || self.roles.len() >= ROLES_MAX {
                continue;
            }
            let next = match side {
                Side::Client => &mut self.clients,
                Side::Server => &mut self.servers,
            };
            self.roles.insert(key, *next);
            *next += 1;
        }
    }

    /// An end of a conversation: its host's name, its role, or its address.
    pub(super) fn end(&self, conversation: &Conversation, side: Side) -> String {
        let address = conversation.address(side);
        let same_host = address.ip() == conversation.address(side.other()).ip();
        if !same_host && self.hosts.contains_key(&address.ip()) {
            return self.host(address.ip());
        }
        let role = self.roles.get(&(address.ip(), side));
        match role {
            Some(place) if conversation.opener_known => texts::role(self.lang, side, *place),
            _ => address.to_string(),
        }
    }
}
