//! Receives a number of messages and says how fast they came. Start it before `remote_thr`.

mod perf;

use std::time::{Duration, Instant};
use wirelab_zmtp::blocking::{Error, Pull, Sub};
use wirelab_zmtp::{Message, Options};

fn main() {
    perf::run(|arguments| {
        if arguments.is_pubsub {
            let mut sub = Sub::with(Options { receive_high_water_mark: 0, ..Options::default() })?;
            sub.subscribe("");
            sub.bind(&arguments.endpoint)?;
            measure(arguments, || sub.recv())
        } else {
            let mut pull = Pull::new()?;
            pull.bind(&arguments.endpoint)?;
            measure(arguments, || pull.recv())
        }
    });
}

fn measure(
    arguments: &perf::Arguments,
    mut recv: impl FnMut() -> Result<Message, Error>,
) -> Result<(), Error> {
    let check = |message: &Message| {
        assert_eq!(message.first().len(), arguments.size, "a message of the wrong size");
    };
    check(&recv()?);
    let start = Instant::now();
    for _ in 1..arguments.count {
        check(&recv()?);
    }
    let elapsed = start.elapsed().max(Duration::from_nanos(1));
    let rate = arguments.count as f64 / elapsed.as_secs_f64();
    println!("message size: {} [B]", arguments.size);
    println!("message count: {}", arguments.count);
    println!("mean throughput: {rate:.0} [msg/s]");
    println!("mean throughput: {:.3} [Mb/s]", rate * arguments.size as f64 * 8.0 / 1e6);
    Ok(())
}
