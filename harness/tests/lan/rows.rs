//! The acceptance table, row by row, in tours that are played for it.

#[path = "../common/rows.rs"]
mod table;

use libtest_mimic::{Failed, Trial};

use crate::lab::{Machine, Room, assert_has};
use crate::trial;
use table::{SCENES, assert_checksums_are_no_error, rows};

/// One for each scene; its name has the rows.
pub fn trials(machine: &Machine) -> Vec<Trial> {
    let scenes = SCENES.into_iter().map(|(scene, words)| {
        let ids: Vec<_> = rows().filter(|row| row.scene == scene).map(|row| row.id).collect();
        let name = format!("tour netns: rows of {scene}: {}", ids.join(" "));
        trial(&name, machine.namespaces.clone(), move || shows(scene, words))
    });
    scenes.collect()
}

fn shows(scene: &str, words: &[&str]) -> Result<(), Failed> {
    let options = [&words[1..], &["--net", "netns"]].concat();
    let account = Room::new().play(&[], words[0], &options)?;
    for row in rows().filter(|row| row.scene == scene) {
        assert!(!row.explain.is_empty(), "{}", row.id);
        assert_has(&account, row.tour);
    }
    assert_checksums_are_no_error(&account);
    Ok(())
}
