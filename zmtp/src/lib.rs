//! ZMTP 3.0: an empty room. Nothing of the protocol stands here yet.
#![forbid(unsafe_code)]
