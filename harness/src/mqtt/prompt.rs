//! Asks for a new password, twice, without showing it.
//!
//! It knows terminals. It does not know what the password is for.

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead, IsTerminal, Read, StdinLock, Write};

/// The longest password: what CONNECT can carry.
const PASSWORD_MAX: u64 = 65_535;

/// A terminal that does not show what is typed, until this is dropped.
struct Silence(Option<Termios>);

impl Silence {
    fn new(stdin: &StdinLock<'_>) -> Self {
        let before = if stdin.is_terminal() { tcgetattr(stdin).ok() } else { None };
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent.local_flags.remove(LocalFlags::ECHO);
            silent.local_flags.insert(LocalFlags::ECHONL);
            let _ = tcsetattr(stdin, SetArg::TCSAFLUSH, &silent);
        }
        Self(before)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, before);
        }
    }
}

/// Asks on stderr, reads from stdin; through a pipe, two lines are read the same way.
///
/// # Errors
/// When the two differ, or nothing is typed.
pub fn new_password() -> Result<Vec<u8>, String> {
    let mut stdin = io::stdin().lock();
    let silence = Silence::new(&stdin);
    let first = ask(&mut stdin, "Password: ")?;
    let second = ask(&mut stdin, "Reenter password: ")?;
    drop(silence);
    if first.is_empty() {
        return Err("the password is empty".to_owned());
    }
    if first != second {
        return Err("the two passwords differ; nothing was changed".to_owned());
    }
    Ok(first)
}

fn ask(stdin: &mut StdinLock<'_>, question: &str) -> Result<Vec<u8>, String> {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
    let mut line = Vec::new();
    let read = stdin.take(PASSWORD_MAX + 2).read_until(b'\n', &mut line);
    match read {
        Err(error) => return Err(format!("the password cannot be read: {error}")),
        Ok(0) => return Err("no password: the input has ended".to_owned()),
        Ok(_) => {}
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    if line.len() as u64 > PASSWORD_MAX {
        return Err(format!("a password has at most {PASSWORD_MAX} bytes"));
    }
    Ok(line)
}
