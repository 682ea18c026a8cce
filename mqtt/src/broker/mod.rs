//! The broker.

pub mod access;
mod levels;
pub mod retained;
pub mod settings;
pub mod store;
pub mod tree;

pub use access::{Access, Everybody};
pub use settings::Settings;
pub use store::Store;
