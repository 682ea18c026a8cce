//! Replies to a number of requests with what they say. Start it before `remote_lat`.

mod perf;

use wirelab_zmtp::blocking::Rep;

fn main() {
    perf::run(|arguments| {
        let mut rep = Rep::new()?;
        rep.bind(&arguments.endpoint)?;
        for _ in 0..arguments.count {
            let request = rep.recv()?;
            let message = request.message().clone();
            assert_eq!(message.first().len(), arguments.size, "a message of the wrong size");
            request.reply(message);
        }
        Ok(())
    });
}
