//! `explain` from capture bytes to printed lines: files, headers, conversations, the report.

mod build;
mod check;
mod conversation;
mod dissect;
mod http;
mod http_fields;
mod http_messages;
mod http_talk;
mod languages;
mod mqtt;
mod mqtt_packets;
mod report;
mod report_file;
mod rows;
mod savefile;
mod schema;
mod segments;
mod zmtp;
mod zmtp_frames;
mod zmtp_rows;
