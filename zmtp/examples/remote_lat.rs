//! Sends a number of requests, one after the other, and says how long they took: half a round
//! trip is called the latency.

mod perf;

use bytes::Bytes;
use std::time::{Duration, Instant};
use wirelab_zmtp::Message;
use wirelab_zmtp::blocking::Req;

fn main() {
    perf::run(|arguments| {
        let mut req = Req::new()?;
        req.connect(&arguments.endpoint)?;
        let body = Bytes::from(vec![0; arguments.size]);
        let mut times = Vec::with_capacity(arguments.count);
        let begin = Instant::now();
        for _ in 0..arguments.count {
            let start = Instant::now();
            let reply = req.request(Message::new(body.clone()))?;
            assert_eq!(reply.first().len(), arguments.size, "a message of the wrong size");
            times.push(start.elapsed());
        }
        let elapsed = begin.elapsed().max(Duration::from_nanos(1));
        times.sort_unstable();
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        println!("message size: {} [B]", arguments.size);
        println!("roundtrip count: {}", arguments.count);
        let trips = arguments.count.max(1) as f64;
        println!("average latency: {:.3} [us]", micros(elapsed) / trips / 2.0);
        if let Some(&median) = times.get(times.len() / 2) {
            println!("median roundtrip: {:.3} [us]", micros(median));
        }
        Ok(())
    });
}
