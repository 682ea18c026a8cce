//! Heads: start line and header section, from octets to values.
//!
//! One file per part: `method`, `version`, `fields` (what a section holds), `scan` (how it is
//! read), `request` and `response` (the two kinds of head). They know nothing of bodies.

mod fields;
mod method;
mod request;
mod response;
mod scan;
mod version;

pub use fields::Fields;
pub use method::Method;
pub use request::RequestHead;
pub(crate) use request::RequestScan;
pub use response::ResponseHead;
pub(crate) use response::ResponseScan;
pub(crate) use scan::{FieldScan, Folding};
pub use version::Version;
