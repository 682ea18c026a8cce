//! nginx's configuration: the same answers as the others', from its own means.
//!
//! One process does all: a master beside it would only watch.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::bulk;
use crate::peers::find;

/// Connections that it has room for; it makes the room when it starts.
const CONNECTIONS: usize = 16_384;

/// A directory with all that one nginx needs; it is gone when this is dropped.
#[derive(Debug)]
pub struct Place {
    directory: PathBuf,
    /// Where it is to listen.
    pub addr: SocketAddr,
}

impl Place {
    /// For a port that is free.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn make() -> io::Result<Self> {
        let addr = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let name = format!("http-versus-{}-{}", std::process::id(), addr.port());
        let place = Self { directory: std::env::temp_dir().join(name), addr };
        std::fs::create_dir(&place.directory)?;
        std::fs::write(place.directory.join("nginx.conf"), configuration(addr))?;
        std::fs::write(place.directory.join("bulk"), bulk::content())?;
        Ok(place)
    }

    /// What starts it.
    ///
    /// # Errors
    /// When nginx is not there.
    pub fn command(&self) -> io::Result<Command> {
        let missing = || io::Error::other("nginx is not on the PATH");
        let mut command = Command::new(find("nginx").ok_or_else(missing)?);
        command.arg("-p").arg(&self.directory).args(["-c", "nginx.conf", "-e", "stderr"]);
        command.stderr(Stdio::inherit());
        Ok(command)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Directories that it makes when it starts, wherever it was built to have them.
const SCRATCH: [&str; 5] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

fn configuration(addr: SocketAddr) -> String {
    let scratch = SCRATCH.map(|name| format!("{name}_temp_path {name};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\nworker_processes 1;\npid nginx.pid;\n\
         events {{ worker_connections {CONNECTIONS}; }}\n\
         http {{\n{scratch}\
         access_log off;\ndefault_type application/json;\n\
         keepalive_requests 1000000000;\nclient_max_body_size 0;\n\
         sendfile on;\nopen_file_cache max=8;\n\
         server {{\nlisten {addr};\n\
         location = /add {{ return 200 \"{{\\n  \\\"result\\\": 14\\n}}\\n\"; }}\n\
         location = /bulk {{\nroot .;\n\
         if ($request_method = PUT) {{ return 200 \"$content_length\\n\"; }}\n}}\n}}\n}}\n"
    )
}
