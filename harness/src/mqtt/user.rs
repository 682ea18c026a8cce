//! `user`: a broker that the superuser has started goes on as somebody else.
//!
//! It knows the system's users. It does not know why.

use nix::unistd::{Uid, User, initgroups, setgid, setuid};
use std::ffi::CString;

/// Becomes this user, with its groups, for good. Whoever is not the superuser stays who it is, as
/// with mosquitto.
///
/// # Errors
/// When there is no such user, or the system does not let us.
pub fn become_user(name: &str) -> Result<(), String> {
    if !Uid::effective().is_root() {
        return Ok(());
    }
    let cannot = |why: &dyn std::fmt::Display| format!("user {name}: {why}");
    let user = User::from_name(name).map_err(|error| cannot(&error))?;
    let user = user.ok_or_else(|| cannot(&"there is no such user; make it, or choose another"))?;
    let c_name = CString::new(name).map_err(|error| cannot(&error))?;
    let become_it = || {
        initgroups(&c_name, user.gid)?;
        setgid(user.gid)?;
        // The last one: after it there is no way back.
        setuid(user.uid)
    };
    become_it().map_err(|error: nix::Error| cannot(&error))
}
