//! `wirelab mqtt passwd`: password files, with the letters and the manners of mosquitto_passwd.
//!
//! It knows the file's lines and the terminal. It does not know who reads the file.

use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

use super::access::{self, Algorithm, Entry, Hash, ITERATIONS, ITERATIONS_MAX, is_user_name};
use super::prompt;
use crate::exit::Failure;
use crate::output::Output;
use crate::replace;

/// `-H`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `$7$`: PBKDF2 with HMAC-SHA512.
    #[value(name = "sha512-pbkdf2")]
    Sha512Pbkdf2,
    /// `$6$`, for mosquitto 1.6 and before.
    #[value(name = "sha512")]
    Sha512,
}

/// Arguments of `mqtt passwd`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Begin a new file; one that is there is overwritten.
    #[arg(short, long, conflicts_with_all = ["delete", "upgrade"])]
    pub create: bool,
    /// Delete the user.
    #[arg(short = 'D', long, conflicts_with = "upgrade")]
    pub delete: bool,
    /// Take the password from the command line, where others may see it.
    #[arg(short, long, requires = "password", conflicts_with_all = ["delete", "upgrade"])]
    pub batch: bool,
    /// Hash the plain passwords of the file; those that are hashed are left as they are.
    #[arg(short = 'U', long)]
    pub upgrade: bool,
    /// How to hash.
    #[arg(short = 'H', long = "hash", value_enum, default_value_t = Kind::Sha512Pbkdf2)]
    pub kind: Kind,
    /// Iterations of PBKDF2; the broker spends them at each login.
    #[arg(short = 'I', long, value_name = "N", default_value_t = ITERATIONS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(ITERATIONS_MAX)))]
    pub iterations: u32,
    /// The password file.
    pub file: PathBuf,
    /// The user.
    #[arg(required_unless_present = "upgrade", conflicts_with = "upgrade")]
    pub user: Option<String>,
    /// The password, with `-b`.
    #[arg(requires = "batch")]
    pub password: Option<String>,
}

impl Arguments {
    fn algorithm(&self) -> Algorithm {
        match self.kind {
            Kind::Sha512Pbkdf2 => Algorithm::Pbkdf2 { iterations: self.iterations },
            Kind::Sha512 => Algorithm::Sha512,
        }
    }
}

/// Changes the file.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    change(arguments, output).map_err(Failure::failed)
}

fn change(arguments: &Arguments, output: &Output) -> Result<(), String> {
    let file = &arguments.file;
    let algorithm = arguments.algorithm();
    let Some(user) = arguments.user.as_deref() else {
        let text = upgraded(&access::read(file, "password file")?, algorithm, file, output)?;
        return replace::file(file, &text);
    };
    is_user_name(user)?;
    // Before anybody is asked for a password.
    let old = if arguments.create { String::new() } else { access::read(file, "password file")? };
    if arguments.delete {
        let kept = without(&old, user);
        if kept == old {
            return Err(format!("{user} is not in {}", file.display()));
        }
        return replace::file(file, &kept);
    }
    let password = match &arguments.password {
        Some(password) => password.clone().into_bytes(),
        None => prompt::new_password()?,
    };
    if password.is_empty() {
        output.say("an empty password lets nobody in: brokers take it for none");
    }
    let line = format!("{user}:{}", Hash::new(algorithm, &password)?);
    replace::file(file, &with(&old, user, &line))
}

/// Does this line belong to the user?
fn belongs(line: &str, user: &str) -> bool {
    Entry::parse(line).is_some_and(|entry| entry.user == user)
}

fn without(text: &str, user: &str) -> String {
    text.split_inclusive('\n').filter(|line| !belongs(line, user)).collect()
}

/// The text with the user's line replaced, or at its end.
fn with(text: &str, user: &str, new: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut done = false;
    for line in text.lines() {
        if !belongs(line, user) {
            lines.push(line);
        } else if !done {
            lines.push(new);
            done = true;
        }
    }
    if !done {
        lines.push(new);
    }
    lines.join("\n") + "\n"
}

/// The text with its plain passwords hashed.
fn upgraded(
    text: &str,
    algorithm: Algorithm,
    file: &Path,
    output: &Output,
) -> Result<String, String> {
    let mut new = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.lines()) {
        match Entry::parse(line) {
            None => new.push_str(line),
            Some(Entry { user, password: Some(password) }) => {
                if Hash::parse(password).is_ok() {
                    output.say(&format!("{user}: hashed already, left as it is"));
                    new.push_str(line);
                } else {
                    let hash = Hash::new(algorithm, password.as_bytes())?;
                    new.extend([user, ":", &hash.to_string()]);
                }
            }
            Some(Entry { user, password: None }) => {
                let place = file.display();
                return Err(format!(
                    "{place}:{number}: {user} has no password: write user:password"
                ));
            }
        }
        new.push('\n');
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::{with, without};

    #[test]
    fn a_users_line_is_replaced_where_it_stands() {
        let text = "# users\nann:1\nbob:2\nann:3";
        assert_eq!(with(text, "ann", "ann:4"), "# users\nann:4\nbob:2\n");
        assert_eq!(with(text, "cid", "cid:4"), "# users\nann:1\nbob:2\nann:3\ncid:4\n");
        assert_eq!(with("", "cid", "cid:4"), "cid:4\n");
        assert_eq!(without(text, "ann"), "# users\nbob:2\n");
        assert_eq!(without(text, "an"), text);
    }
}
