//! Wirelab against the programs of others, both ways round.
//!
//! One module per exercise; `common` finds and runs the programs. A test whose program is missing
//! is listed as ignored with the reason, never as passed (see `common/reference.rs`).

#[allow(dead_code)]
#[path = "explain/build.rs"]
mod build;
#[path = "interop/captures.rs"]
mod captures;
#[path = "interop/check.rs"]
mod check;
#[path = "interop/check_choices.rs"]
mod check_choices;
#[path = "interop/check_faults.rs"]
mod check_faults;
#[path = "interop/check_http_faults.rs"]
mod check_http_faults;
#[path = "interop/check_mqtt_faults.rs"]
mod check_mqtt_faults;
#[path = "interop/check_zmtp_faults.rs"]
mod check_zmtp_faults;
mod common;
#[path = "interop/dissect.rs"]
mod dissect;
#[path = "interop/http.rs"]
mod http;
#[path = "interop/http_chromium.rs"]
mod http_chromium;
#[path = "interop/http_client.rs"]
mod http_client;
#[path = "interop/http_curl.rs"]
mod http_curl;
#[path = "interop/http_dissect.rs"]
mod http_dissect;
#[path = "interop/http_faults.rs"]
mod http_faults;
#[path = "interop/http_flask.rs"]
mod http_flask;
#[path = "interop/http_lab.rs"]
mod http_lab;
#[path = "interop/http_nginx.rs"]
mod http_nginx;
#[path = "interop/http_openapi.rs"]
mod http_openapi;
#[path = "interop/http_raw.rs"]
mod http_raw;
#[path = "interop/http_requests.rs"]
mod http_requests;
#[path = "interop/http_slow.rs"]
mod http_slow;
#[path = "interop/mqtt_broker.rs"]
mod mqtt_broker;
#[path = "interop/mqtt_client.rs"]
mod mqtt_client;
#[path = "interop/mqtt_formats.rs"]
mod mqtt_formats;
#[path = "interop/mqtt_peer.rs"]
mod mqtt_peer;
#[path = "interop/mqtt_rules.rs"]
mod mqtt_rules;
#[path = "interop/mqtt_silent.rs"]
mod mqtt_silent;
#[path = "interop/nginx.rs"]
mod nginx;
#[path = "interop/relay.rs"]
mod relay;
#[path = "interop/shells.rs"]
mod shells;
#[path = "interop/tap.rs"]
mod tap;
#[path = "interop/tcp.rs"]
mod tcp;
#[path = "interop/zmq_commands.rs"]
mod zmq_commands;
#[path = "interop/zmtp_faults.rs"]
mod zmtp_faults;
#[path = "interop/zmtp_patterns.rs"]
mod zmtp_patterns;
#[path = "interop/zmtp_rules.rs"]
mod zmtp_rules;

fn main() -> std::process::ExitCode {
    if zmtp_faults::is_own_rep() {
        return std::process::ExitCode::SUCCESS;
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials = common::reference::Trials::default();
    tcp::add(&mut trials);
    tap::add(&mut trials);
    http::add(&mut trials);
    http_lab::add(&mut trials);
    captures::add(&mut trials);
    check::add(&mut trials);
    check_choices::add(&mut trials);
    check_faults::add(&mut trials);
    dissect::add(&mut trials);
    http_chromium::add(&mut trials);
    http_client::add(&mut trials);
    http_curl::add(&mut trials);
    http_dissect::add(&mut trials);
    http_faults::add(&mut trials);
    http_flask::add(&mut trials);
    http_nginx::add(&mut trials);
    http_raw::add(&mut trials);
    http_requests::add(&mut trials);
    http_slow::add(&mut trials);
    http_openapi::add(&mut trials);
    mqtt_broker::add(&mut trials);
    mqtt_client::add(&mut trials);
    mqtt_formats::add(&mut trials);
    mqtt_silent::add(&mut trials);
    mqtt_rules::add(&mut trials);
    shells::add(&mut trials);
    zmq_commands::add(&mut trials);
    zmtp_faults::add(&mut trials);
    zmtp_patterns::add(&mut trials);
    zmtp_rules::add(&mut trials);
    libtest_mimic::run(&arguments, trials.into_trials()).exit_code()
}
