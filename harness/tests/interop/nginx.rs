//! An nginx of our own, as `nginx.conf` has it, in a directory of its own.
//!
//! It knows how nginx is started and ended. It does not know what it is asked.

use super::common::PATIENCE;
use super::common::process::Process;
use super::mqtt_client::free_port;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;

/// Ended when it is dropped.
pub struct Nginx {
    pub process: Process,
    port: u16,
    directory: TempDir,
}

impl Nginx {
    pub fn start() -> Result<Self, String> {
        // Port 1 of the loopback: nobody listens there.
        Self::before("127.0.0.1:1")
    }

    /// The same, handing on what it is asked under `/1.0/` and `/1.1/` to this server.
    pub fn before(ours: &str) -> Result<Self, String> {
        let mut last = String::new();
        // Between our look at a free port and its bind somebody else may take it.
        for _ in 0..5 {
            match Self::on(free_port()?, ours) {
                Ok(nginx) => return Ok(nginx),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    fn on(port: u16, ours: &str) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let conf = include_str!("nginx.conf").replace("PORT", &port.to_string());
        let file = directory.path().join("nginx.conf");
        fs::create_dir(directory.path().join("files"))
            .and_then(|()| fs::write(&file, conf.replace("OURS", ours)))
            .map_err(|error| error.to_string())?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(directory.path()).arg("-c").arg(&file).args(["-e", "error.log"]);
        let mut process = Process::start("nginx", command)?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if process.has_ended()? || Instant::now() > deadline {
                let log = fs::read_to_string(directory.path().join("error.log"));
                return Err(format!(
                    "nginx does not listen: {log:?} {:?}",
                    process.finish(PATIENCE)
                ));
            }
            std::thread::yield_now();
        }
        Ok(Self { process, port, directory })
    }

    /// The URL of one of its paths.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A file that it serves.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join("files").join(name)
    }

    /// A file that it knows nothing of.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}
