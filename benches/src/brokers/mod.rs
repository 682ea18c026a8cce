//! MQTT brokers side by side: each a process of its own, one after the other under the same load.
//!
//! ```text
//!   ours | mosquitto | mosquitto without limits | rumqttd  <-- loopback -->  `wirelab bench mqtt`
//! ```
//! The generator runs in this process, the brokers beside it; the kernel shares the cores out, to
//! all of them alike. [`broker`] starts one, [`rows`] are the loads, [`report`] does the
//! arithmetic and the tables. `src/bin/mqtt-versus.rs` puts them together.

pub mod broker;
pub mod report;
pub mod rows;
