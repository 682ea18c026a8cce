//! Sends a number of messages, as fast as they are taken.

mod perf;

use bytes::Bytes;
use wirelab_zmtp::blocking::{Pub, Push};
use wirelab_zmtp::{Message, Options};

fn main() {
    perf::run(|arguments| {
        // The body never changes: no message copies it.
        let body = Bytes::from(vec![0; arguments.size]);
        let message = || Message::new(body.clone());
        if arguments.is_pubsub {
            let settings = Options { send_high_water_mark: 0, ..Options::default() };
            let mut publisher = Pub::with(settings)?;
            publisher.connect(&arguments.endpoint)?;
            publisher.wait_for_subscriptions(1, None)?;
            for _ in 0..arguments.count {
                publisher.send(message());
            }
        } else {
            let mut push = Push::new()?;
            push.connect(&arguments.endpoint)?;
            for _ in 0..arguments.count {
                push.send(message())?;
            }
        }
        Ok(())
    });
}
