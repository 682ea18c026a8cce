//! What each server was asked, over all its connections: how many requests a connection carried,
//! and who would not keep it.
//!
//! It knows counts, up to a number of servers. It does not know messages.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::analysis::texts::Listed;

/// Servers that are counted one by one.
pub const SERVERS_MAX: usize = 256;
/// Conversations of a server whose frames are compared.
pub const CONVERSATIONS_MAX: usize = 256;

/// One server.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Server {
    pub(in crate::analysis) connections: u64,
    pub(in crate::analysis) requests: u64,
    /// Messages that end their connection: of the clients, and of the server; of each those
    /// that say close, and those of HTTP/1.0 that do not ask to keep it.
    pub(in crate::analysis) closing: [[Listed; 2]; 2],
    /// The first conversations.
    pub(in crate::analysis) conversations: Vec<u64>,
}

/// All servers of a capture.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Servers {
    known: HashMap<SocketAddr, Server>,
}

impl Servers {
    pub(super) fn meet(&mut self, address: SocketAddr, conversation: u64) {
        if self.known.len() < SERVERS_MAX || self.known.contains_key(&address) {
            let server = self.known.entry(address).or_default();
            server.connections += 1;
            if server.conversations.len() < CONVERSATIONS_MAX {
                server.conversations.push(conversation);
            }
        }
    }

    pub(super) fn request(&mut self, address: SocketAddr) {
        if let Some(server) = self.known.get_mut(&address) {
            server.requests += 1;
        }
    }

    /// The message of the client (0) or the server (1) in that frame ends the connection.
    pub(super) fn closes(&mut self, address: SocketAddr, who: usize, says: bool, frame: u64) {
        if let Some(server) = self.known.get_mut(&address) {
            server.closing[who][usize::from(!says)].push(frame);
        }
    }

    /// In the order of their first conversation.
    pub(in crate::analysis) fn all(&self) -> Vec<(SocketAddr, &Server)> {
        let mut all: Vec<_> =
            self.known.iter().map(|(address, server)| (*address, server)).collect();
        all.sort_by_key(|(_, server)| server.conversations.first().copied());
        all
    }
}
