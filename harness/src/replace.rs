//! A file replaced as a whole: whoever reads it finds the old text or the new one, never a part.
//!
//! It knows files. It does not know what is in them.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::process;

/// Who may read a new file: its owner.
const MODE: u32 = 0o600;

/// What is taken from the mode of a file that was there: nothing is the whole world's to read.
const WORLD: u32 = 0o007;

/// Writes `text` to a new file beside `file`, and puts it in its place. The owner stays, and the
/// mode but for what others might do.
///
/// # Errors
/// When that is not possible; the file is then as it was.
pub fn file(file: &Path, text: &str) -> Result<(), String> {
    // Not the link itself is to be replaced, but what it leads to.
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mut new = target.clone().into_os_string();
    new.push(format!(".{}.new", process::id()));
    let new = PathBuf::from(new);
    let written = write(&target, &new, text);
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written.map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

fn write(target: &Path, new: &Path, text: &str) -> io::Result<()> {
    let mut out = OpenOptions::new().write(true).create_new(true).mode(MODE).open(new)?;
    out.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(target) {
        // Only the superuser can give a file away; everybody else owns it already.
        let _ = fchown(&out, Some(old.uid()), Some(old.gid()));
        out.set_permissions(Permissions::from_mode(old.mode() & 0o777 & !WORLD))?;
    }
    out.sync_all()?;
    fs::rename(new, target)?;
    sync_directory(target)
}

/// A file's name is on disk when its directory is.
///
/// # Errors
/// When the directory cannot be written.
pub fn sync_directory(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_made_and_replaced_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pw");
        let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        super::file(&file, "one\n").unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), mode()), ("one\n", 0o600));
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        super::file(&file, "two\n").unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), mode()), ("two\n", 0o640));
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        super::file(&link, "three\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "three\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let names = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(names, 2, "nothing else is left");
        let error = super::file(&directory.path().join("no/pw"), "x").unwrap_err();
        assert!(error.contains("no/pw cannot be written"), "{error}");
    }
}
