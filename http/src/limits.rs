//! Every limit of the protocol, by name. Settings that users move begin with the values here. Who
//! keeps to them is not known.
//!
//! [9110-17.5-01] Methods, names, numbers and chunk lengths have limits, and reaching one is an
//! error with a status of its own. [9110-2.3-01] What is buffered is bounded by them.

use std::time::Duration;

/// Empty lines before a request line that are skipped.
pub const EMPTY_LINES_MAX: usize = 4;

/// Octets of a method; a longer one is answered 501.
pub const METHOD_MAX: usize = 32;

/// Octets of a request-target; a longer one is answered 414. [9112-3-03] [9110-4.1-01] More than
/// the 8000 that the RFCs ask for.
pub const TARGET_MAX: usize = 16 * 1024;

/// Octets of a reason phrase in a response.
pub const REASON_MAX: usize = 1024;

/// Octets of a field name; a longer one is answered 431.
pub const FIELD_NAME_MAX: usize = 1024;

/// Octets of one field line; a longer one is answered 431.
pub const FIELD_LINE_MAX: usize = 16 * 1024;

/// Octets of all field lines of a section together; more are answered 431.
pub const FIELDS_BYTES_MAX: usize = 64 * 1024;

/// Field lines of a section; more are answered 431.
pub const FIELDS_MAX: usize = 256;

/// Elements of a list in one field that are looked at, empty ones among them.
pub const LIST_MAX: usize = 64;

/// Hexadecimal digits of a chunk size, leading zeros among them: 2^64 - 1 has so many.
pub const CHUNK_DIGITS_MAX: usize = 16;

/// Octets of the chunk extensions of one body.
pub const CHUNK_EXT_MAX: usize = 16 * 1024;

/// Octets of a request's body that is collected before its handler runs (setting); more are
/// answered 413.
pub const BODY_MAX: u64 = 16 * 1024 * 1024;

/// Octets of a body nobody asked for that are read and thrown away so that the connection can go
/// on; with more to come it is closed after the answer instead.
pub const DISCARD_MAX: u64 = 256 * 1024;

/// Segments of a route that are parameters.
pub const PARAMS_MAX: usize = 8;

/// Segments of a route.
pub const ROUTE_SEGMENTS_MAX: usize = 32;

/// Octets that a connection's answers may grow by before what the peer sends is looked at again.
pub const ANSWERS_AT_ONCE: usize = 128 * 1024;

/// How long a connection may stand without a request (setting).
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// How long a head may take from its first octet to its last (setting).
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a body may take, beside what [`RATE_MIN`] grants it (setting).
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a peer may take nothing of what it is sent (setting).
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Octets a second that a body must come with, and an answer must be taken with, on the average.
pub const RATE_MIN: u64 = 512;

/// Interim responses that a client reads past before it gives up.
pub const INTERIM_MAX: usize = 100;

/// How long a client waits for `100 Continue` before it sends its content all the same.
pub const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// Idle connections that a client keeps for its next requests.
pub const IDLE_CONNECTIONS_MAX: usize = 8;

/// Redirects that are followed one after another, at most.
pub const REDIRECTS_MAX: usize = 20;

/// Octets of a response's content that a client collects when it is asked for all of it (setting).
pub const COLLECTED_MAX: usize = 256 * 1024 * 1024;

/// How long a client waits for the next octets of a response (setting).
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
