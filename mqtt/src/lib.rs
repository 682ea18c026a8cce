//! MQTT 3.1.1: an empty room. Nothing of the protocol stands here yet.
#![forbid(unsafe_code)]
