//! A password file: a user and the hash of a password on each line.
//!
//! ```text
//!   ann:$7$101$ZLrM2z6JdpMOXdOP$JZ26uefn…
//!   bob                                      a name alone: known, and never let in
//! ```
//! It knows lines and hashes. It does not know who asks.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use super::hash::Hash;

/// One line, as far as it says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The user's name.
    pub user: &'a str,
    /// What stands behind the first colon; `None`: no colon.
    pub password: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// Reads one line; `None`: it names nobody. Mosquitto takes spaces from both ends.
    pub fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let (user, password) = match line.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (line, None),
        };
        let user = user.trim();
        (!user.is_empty() && !user.starts_with('#')).then_some(Self { user, password })
    }
}

/// May a user be called so?
///
/// # Errors
/// Why not.
pub fn is_user_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("a user's name cannot be empty");
    }
    if name.contains(':') {
        return Err("a user's name must not contain a colon, which ends it in the file");
    }
    if name.len() > 65_535 {
        return Err("a user's name has at most 65535 bytes, as in MQTT");
    }
    if name.chars().any(char::is_control) {
        return Err("a user's name must not contain control characters");
    }
    if name.trim() != name || name.starts_with('#') {
        return Err("a user's name begins neither with # nor with a space, nor ends with one");
    }
    Ok(())
}

/// The users and what their passwords hash to.
pub struct Passwords {
    hashes: HashMap<String, Hash>,
    /// The same hashes, for those who are not among the users.
    models: Vec<Hash>,
    lots: RandomState,
    /// Lines without effect.
    pub warnings: Vec<String>,
}

impl Passwords {
    /// Reads a file's text. A line whose hash cannot be read lets nobody in, and of two lines for
    /// one user the first counts; [`warnings`](Self::warnings) tell. Mosquitto does the same.
    pub fn parse(text: &str, file: &Path) -> Self {
        let mut hashes: HashMap<String, Hash> = HashMap::new();
        let mut warnings = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let Some(entry) = Entry::parse(line) else { continue };
            let place = format!("{}:{number}", file.display());
            let Some(password) = entry.password else {
                warnings.push(format!("{place}: {} has no password and is not let in", entry.user));
                continue;
            };
            match Hash::parse(password) {
                Ok(_) if hashes.contains_key(entry.user) => warnings.push(format!(
                    "{place}: {} stands here a second time; the first line counts",
                    entry.user
                )),
                Ok(hash) => {
                    hashes.insert(entry.user.to_owned(), hash);
                }
                Err(why) => warnings.push(format!(
                    "{place}: {} is not let in: {why}; make it anew with `wirelab mqtt passwd`",
                    entry.user
                )),
            }
        }
        let models = hashes.values().cloned().collect();
        Self { hashes, models, lots: RandomState::new(), warnings }
    }

    /// Is this the user's password? A name that is not in the file is answered as a wrong
    /// password is, and costs as much: it is checked against the hash of somebody who is, always
    /// the same for the same name, so that the numbers of iterations tell nothing either.
    pub fn verify(&self, user: &str, password: &[u8]) -> bool {
        let (hash, known) = match self.hashes.get(user) {
            Some(hash) => (hash, true),
            None => match self.models.len() {
                0 => return false,
                n => (&self.models[(self.lots.hash_one(user) % n as u64) as usize], false),
            },
        };
        let right = hash.verify(password);
        // mosquitto never takes an empty password.
        right & known & !password.is_empty()
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("users", &self.hashes.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::{Algorithm, Hash};
    use super::{Entry, Passwords, is_user_name};
    use std::path::Path;

    fn line(user: &str, password: &str) -> String {
        let hash = Hash::new(Algorithm::Pbkdf2 { iterations: 2 }, password.as_bytes()).unwrap();
        format!("{user}:{hash}\n")
    }

    fn parse(text: &str) -> Passwords {
        Passwords::parse(text, Path::new("pw"))
    }

    #[test]
    fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = parse(&(line("ann", "one") + &line("b#b", "two") + &line("e", "")));
        for (user, password, right) in [
            ("ann", "one", true),
            ("b#b", "two", true),
            ("ann", "two", false),
            ("ann", "", false),
            ("Ann", "one", false),
            ("eve", "one", false),
            ("eve", "two", false),
            ("", "one", false),
            ("e", "", false),
        ] {
            assert_eq!(passwords.verify(user, password.as_bytes()), right, "{user} {password}");
        }
        assert!(!parse("").verify("ann", b"one"));
    }

    #[test]
    fn a_line_that_lets_nobody_in_is_told() {
        let text = format!("# users\n\nann\nbob:plain\n  {}", line("cid", "x"));
        let passwords = parse(&text);
        assert!(passwords.verify("cid", b"x"));
        assert!(!passwords.verify("bob", b"plain"));
        let [ann, bob] = &passwords.warnings[..] else { panic!("{:?}", passwords.warnings) };
        assert!(ann.starts_with("pw:3: ann has no password"), "{ann}");
        assert!(bob.starts_with("pw:4: bob is not let in: the password is not hashed"), "{bob}");
    }

    #[test]
    fn of_two_lines_the_first_counts() {
        let passwords = parse(&(line("ann", "one") + &line("ann", "two")));
        assert!(passwords.verify("ann", b"one") && !passwords.verify("ann", b"two"));
        assert!(passwords.warnings[0].starts_with("pw:2: ann stands here a second time"));
    }

    #[test]
    fn names_and_lines() {
        assert_eq!(Entry::parse("a:b:c"), Some(Entry { user: "a", password: Some("b:c") }));
        assert_eq!(Entry::parse(":b"), None);
        for good in ["a", "a b", "ü", "a#b"] {
            assert_eq!(is_user_name(good), Ok(()), "{good}");
        }
        for bad in ["", "a:b", " a", "a ", "#a", "a\nb"] {
            assert!(is_user_name(bad).is_err(), "{bad:?}");
        }
    }
}
