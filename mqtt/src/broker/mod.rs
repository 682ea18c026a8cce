//! The broker.

pub mod access;
pub mod settings;
pub mod store;

pub use access::{Access, Everybody};
pub use settings::Settings;
pub use store::Store;
