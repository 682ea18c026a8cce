//! Who may come in and who may do what, by mosquitto's rules: `allow_anonymous`, a password file
//! and an ACL file.
//!
//! It knows these three and the broker's questions. It does not know connections.

mod acl;
mod hash;
mod passwords;

use std::path::Path;
use wirelab_mqtt::broker::Access;
use wirelab_mqtt::broker::access::{Action, Who};
use wirelab_mqtt::packet::{Connect, ConnectReturnCode};

use acl::Acl;
pub use hash::{Algorithm, Hash, ITERATIONS, ITERATIONS_MAX};
pub use passwords::{Entry, Passwords, is_user_name};

/// The largest password or ACL file that is read.
const FILE_MAX: u64 = 64 * 1024 * 1024;

/// The rules of one broker.
#[derive(Debug)]
pub struct Rules {
    anonymous: bool,
    passwords: Option<Passwords>,
    acl: Option<Acl>,
}

impl Rules {
    /// Reads the files; without an ACL file everybody who is in may do everything.
    ///
    /// # Errors
    /// A line that names the file, where in it, and what to do.
    pub fn read(
        anonymous: bool,
        password_file: Option<&Path>,
        acl_file: Option<&Path>,
    ) -> Result<Self, String> {
        let passwords = match password_file {
            Some(file) => Some(Passwords::parse(&read(file, "password file")?, file)),
            None => None,
        };
        let acl = match acl_file {
            Some(file) => Some(Acl::parse(&read(file, "ACL file")?, file)?),
            None => None,
        };
        Ok(Self { anonymous, passwords, acl })
    }

    /// What stands in the files and has no effect, for whoever wrote them.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        let passwords = self.passwords.iter().flat_map(|passwords| &passwords.warnings);
        passwords.chain(self.acl.iter().flat_map(|acl| &acl.warnings)).map(String::as_str)
    }
}

/// The text of a file that a person edits.
pub fn read(file: &Path, what: &str) -> Result<String, String> {
    let cannot = |why: &dyn std::fmt::Display| {
        format!("the {what} {} cannot be read: {why}", file.display())
    };
    let metadata = std::fs::metadata(file).map_err(|error| cannot(&error))?;
    if metadata.is_dir() {
        return Err(cannot(&"it is a directory"));
    }
    if metadata.len() > FILE_MAX {
        return Err(cannot(&format!("it has more than {FILE_MAX} bytes")));
    }
    let bytes = std::fs::read(file).map_err(|error| cannot(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.split(|byte| *byte == b'\n').skip(1).count();
        format!("{}:{line}: not UTF-8, as all text in MQTT is", file.display())
    })
}

/// An empty name is none, as mosquitto sees it.
fn named(user_name: Option<&str>) -> Option<&str> {
    user_name.filter(|name| !name.is_empty())
}

impl Access for Rules {
    /// Mosquitto answers 5, not authorized, whatever is wrong: no name, an unknown one, no
    /// password, a wrong one. So nobody learns which names there are.
    fn login(&self, connect: &Connect) -> Result<(), ConnectReturnCode> {
        let known = match (named(connect.user_name.as_deref()), &self.passwords) {
            (Some(user), Some(passwords)) => {
                passwords.verify(user, connect.password.as_deref().unwrap_or_default())
            }
            // A name that nobody can check is as good as none.
            _ => self.anonymous,
        };
        if known { Ok(()) } else { Err(ConnectReturnCode::NotAuthorized) }
    }

    fn may(&self, who: Who<'_>, action: Action, topic: &str) -> bool {
        let who = Who { user_name: named(who.user_name), ..who };
        self.acl.as_ref().is_none_or(|acl| acl.may(who, action, topic))
    }
}

#[cfg(test)]
mod tests;
