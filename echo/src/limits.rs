//! Every limit of the echo protocol, by name. Who keeps to them is not known here.

use std::time::Duration;

/// The lab's server takes at most so many bytes as one message: its `recv(1024)`.
pub const MESSAGE_MAX: usize = 1024;

/// Requests that a client holds at once, sent or not.
pub const REQUESTS_MAX: usize = 1024;

/// The first wait before a lost connection is made again.
pub const RECONNECT_FIRST: Duration = Duration::from_millis(50);

/// The longest wait before a lost connection is made again.
pub const RECONNECT_LONGEST: Duration = Duration::from_secs(5);

/// An answer that is shorter than it must be counts as whole when nothing has come for so long:
/// the peer is then not an echo server, and its words are shown all the same.
pub const QUIET: Duration = Duration::from_millis(300);

/// How long the blocking client waits for an answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
