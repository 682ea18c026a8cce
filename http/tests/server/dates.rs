//! Dates in answers: those of the clock that the server was given, and none without one.

use crate::stage::Stage;

#[test]
fn without_a_clock_nothing_is_dated() {
    // [9110-6.6.1-03] [9110-6.6.1-01]
    let mut stage = Stage::without_a_clock();
    stage.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n");
    assert!(stage.hear().contains("HTTP/1.1 400 ") && !stage.hear().contains("Date"));
}
