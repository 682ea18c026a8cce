//! The side-by-side run of HTTP servers works from end to end, whatever its figures are.
//!
//! Ours alone where programs of others are not what is tested: the peers are built on demand, which
//! is no business of a test's. Where wrk or nginx is missing, its test is ignored and says so; with
//! `WIRELAB_REQUIRE_REFERENCES=1` it fails.

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, Output};
use wirelab_benches::peers::find;

type Outcome = Result<(), Failed>;

fn http_versus(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_http-versus"));
    command.args(arguments).output().expect("it starts")
}

/// Runs these rows, and looks for a line of each with a rate.
fn run(rows: &[&str], servers: &[&str], idle: bool) -> Outcome {
    let (names, kinds) = (rows.join(","), servers.join(","));
    let output = http_versus(&["--quick", "--rows", &names, "--servers", &kinds]);
    let (out, talk) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(format!("{}\n{out}{talk}", output.status).into());
    }
    for row in rows {
        for server in servers {
            let start = format!("| {row} | {server} | ");
            let rate = out.lines().find_map(|line| line.strip_prefix(&start));
            let rate = rate.and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
            if !rate.is_some_and(|rate| rate > 0.0) {
                return Err(format!("no rate behind {start:?}\n{out}{talk}").into());
            }
        }
    }
    let held = servers.iter().all(|server| out.contains(&format!("| {server} | 200 | ")));
    if idle && !held {
        return Err(format!("no memory of idle connections\n{out}").into());
    }
    Ok(())
}

const OWN: [&str; 4] = ["own-keep-64", "own-pipe16-64", "get-1MiB-8", "put-1MiB-8"];
const WRK: [&str; 5] = ["keep-1", "keep-64", "keep-256", "pipe16-64", "loops-2"];

fn an_unknown_row_is_refused() -> Outcome {
    let output = http_versus(&["--rows", "keep-3"]);
    let talk = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(1) && talk.contains("`keep-3`") {
        return Ok(());
    }
    Err(format!("{}: {talk}", output.status).into())
}

/// A test that needs a program of others.
fn needing(program: &str, name: &str, test: fn() -> Outcome) -> Trial {
    if find(program).is_some() {
        return Trial::test(name, test);
    }
    let reason = format!("{program} is not there");
    if std::env::var_os("WIRELAB_REQUIRE_REFERENCES").is_some_and(|value| value == "1") {
        return Trial::test(name, move || Err(format!("{reason}: install it").into()));
    }
    Trial::test(name, test).with_kind(reason).with_ignored_flag(true)
}

fn main() {
    let trials = vec![
        Trial::test("every_row_of_our_own_load_runs", || run(&OWN, &["ours"], true)),
        Trial::test("an_unknown_row_is_refused", an_unknown_row_is_refused),
        needing("wrk", "every_row_of_wrk_runs", || run(&WRK, &["ours"], false)),
        needing("nginx", "nginx_answers_as_the_others_do", || run(&OWN, &["nginx"], true)),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
