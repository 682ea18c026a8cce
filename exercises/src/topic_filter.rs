//! Stop 4, MQTT's topics: does a filter match a topic name (section 4.7)?
//!
//! ```text
//!   +   one whole level, also an empty one           #   its own level and all below; the last one
//!   a/+ matches a/b and a/, not a or a/b/c           a/# matches a, a/b, a/b/c
//! ```
//! A filter that begins with a wildcard matches no topic that begins with `$`.

/// Does it? Both are valid.
pub fn matches(filter: &str, topic: &str) -> bool {
    todo!("mqtt/src/topic.rs says what is valid; what matches, broker/tree.rs finds another way")
}
