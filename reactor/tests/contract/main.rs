//! The contract between the loop, its services and its networks, each clause as a case that runs
//! on real sockets and on simulated ones; what the services were told must be the same.
//!
//! The simulated ground is also shaken: short reads and writes, delays, stalls, late and spurious
//! readiness in any order must not change what a service is told. The seed of a failing run
//! stands in its message.

mod accepting;
mod closing;
mod connecting;
mod ground;
mod pressure;
mod reading;
mod script;
mod timing;

use ground::{Real, Sim};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wirelab_reactor::sim::Faults;

/// Shaken worlds that each case runs in.
const SEEDS: u64 = 20;

/// Runs a case on a simulated network, with its seed in the message of a failure.
fn simulated(case: fn(&mut Sim) -> Vec<String>, seed: u64, faults: Faults) -> Vec<String> {
    let run = || case(&mut Sim::new(seed, faults));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        eprintln!("the case failed on the simulated network with seed {seed}");
        std::panic::resume_unwind(panic)
    })
}

/// Runs a case on both grounds and compares what was told.
fn on_both(real: fn(&mut Real) -> Vec<String>, sim: fn(&mut Sim) -> Vec<String>) {
    let quiet = simulated(sim, 0, Faults::none());
    assert!(!quiet.is_empty(), "a case without notes shows nothing");
    assert_eq!(quiet, real(&mut Real::default()), "simulated (left) and real differ");
    for seed in 1..=SEEDS {
        assert_eq!(quiet, simulated(sim, seed, Faults::mild()), "quiet, and shaken by {seed}");
    }
}

macro_rules! on_both {
    ($($file:ident :: $case:ident),* $(,)?) => {
        $(#[test]
        fn $case() {
            on_both($file::$case::<Real>, $file::$case::<Sim>);
        })*
    };
}

on_both! {
    connecting::a_refused_connect_fails,
    connecting::a_connect_that_is_never_answered_times_out,
    connecting::a_close_before_the_open_is_the_end,
    connecting::a_close_in_the_same_breath_is_the_end,
    connecting::what_is_sent_before_the_open_waits_for_it,
    connecting::stale_ids_are_inert,
    closing::a_peer_that_has_half_closed_still_gets_its_answer,
    closing::a_reset_in_the_middle_of_a_frame_is_a_failure,
    closing::a_reset_is_told_while_reading_is_paused,
    closing::a_close_lets_queued_output_out,
    closing::a_close_with_unread_input_does_not_reset_the_answer,
    closing::a_close_while_reading_is_paused,
    closing::nothing_is_read_after_a_close,
    closing::a_peer_that_never_closes_is_left_after_the_linger,
    closing::a_peer_that_takes_for_ever_is_left_in_the_end,
    closing::a_peer_that_talks_on_after_a_failed_write_is_left,
    reading::what_is_left_is_seen_again_with_the_next_bytes,
    reading::a_resume_reads_again,
    reading::a_resume_shows_what_was_left_though_nothing_came,
    reading::a_resume_within_the_callback_shows_what_it_left,
    accepting::at_the_end_nothing_begins,
    reading::an_end_of_input_waits_behind_a_pause,
    reading::more_left_unread_than_may_be_is_a_failure,
    reading::room_that_was_reserved_is_read_into,
    timing::timers_fire_in_order_and_can_be_moved,
    timing::a_connections_timers_die_with_it,
    timing::posts_from_many_threads_all_arrive,
    pressure::a_peer_that_never_reads_is_given_up,
    pressure::high_and_low_water,
    pressure::a_flood_does_not_starve_the_quiet,
    pressure::a_drain_within_a_read_gives_no_second_share,
    pressure::what_is_held_leaves_after_the_end_of_the_turn,
    pressure::a_fan_out_to_a_thousand,
    accepting::the_crowded_wait_until_there_is_room,
    accepting::an_unlistened_door_lets_nobody_in,
    accepting::a_graceful_stop_lets_queued_output_out,
    accepting::a_second_stop_ends_at_once,
}

#[test]
fn what_came_before_a_write_failed_is_read() {
    closing::what_came_before_a_write_failed_is_read(&mut Real::default());
}

/// Set in the process that may lower its own limits.
const CHILD: &str = "WIRELAB_CONTRACT_CHILD";

/// A limit on descriptors is the whole process's: the case has one of its own.
#[test]
fn without_descriptors_nobody_is_let_in() {
    if std::env::var_os(CHILD).is_some() {
        return on_both(
            accepting::without_descriptors_nobody_is_let_in::<Real>,
            accepting::without_descriptors_nobody_is_let_in::<Sim>,
        );
    }
    let child = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "without_descriptors_nobody_is_let_in", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("a child process");
    let said = String::from_utf8_lossy(&child.stdout);
    let (passed, errors) = (said.contains("1 passed"), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && passed, "{said}\n{errors}");
}
