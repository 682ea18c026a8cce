//! What the three sources say together, as mosquitto 2.0.11 answers.

use super::{Algorithm, Hash, Rules};
use bytes::Bytes;
use wirelab_mqtt::broker::Access;
use wirelab_mqtt::broker::access::{Action, Who};
use wirelab_mqtt::packet::{Connect, ConnectReturnCode};

fn login(rules: &Rules, user: Option<&str>, password: Option<&str>) -> Result<(), u8> {
    let connect = Connect {
        client_id: "c".to_owned(),
        user_name: user.map(str::to_owned),
        password: password.map(|password| Bytes::copy_from_slice(password.as_bytes())),
        ..Connect::default()
    };
    rules.login(&connect).map_err(|code| code as u8)
}

/// [MQTT-3.2.2-5] Whatever is wrong, it is return code 5.
#[test]
fn nobody_learns_what_was_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pw");
    let hash = Hash::new(Algorithm::Pbkdf2 { iterations: 2 }, b"secret").unwrap();
    std::fs::write(&file, format!("ann:{hash}\n")).unwrap();
    let refused = Err(ConnectReturnCode::NotAuthorized as u8);
    for anonymous in [true, false] {
        let rules = Rules::read(anonymous, Some(&file), None).unwrap();
        assert_eq!(login(&rules, Some("ann"), Some("secret")), Ok(()));
        for (user, password) in [
            (Some("ann"), Some("wrong")),
            (Some("ann"), Some("")),
            (Some("ann"), None),
            (Some("eve"), Some("secret")),
            (Some("eve"), None),
        ] {
            assert_eq!(login(&rules, user, password), refused, "{user:?} {password:?}");
        }
        let nobody = if anonymous { Ok(()) } else { refused };
        for (user, password) in [(None, None), (Some(""), None), (Some(""), Some("x"))] {
            assert_eq!(login(&rules, user, password), nobody, "{user:?} {password:?}");
        }
        let rules = Rules::read(anonymous, None, None).unwrap();
        assert_eq!(login(&rules, Some("eve"), Some("x")), nobody);
        assert_eq!(login(&rules, None, None), nobody);
    }
}

#[test]
fn an_empty_name_has_the_rules_of_no_name() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("acl");
    std::fs::write(&file, "topic read a\npattern %u/b\n").unwrap();
    let rules = Rules::read(true, None, Some(&file)).unwrap();
    for user_name in [None, Some("")] {
        let who = Who { client_id: "c", user_name };
        assert!(rules.may(who, Action::Read, "a"));
        assert!(!rules.may(who, Action::Write, "a"));
        assert!(!rules.may(who, Action::Read, "/b"));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("latin1"), b"topic a\ntopic \xe9\n").unwrap();
    let error = Rules::read(true, None, Some(&path("latin1"))).unwrap_err();
    assert!(error.ends_with("latin1:2: not UTF-8, as all text in MQTT is"), "{error}");
    let error = Rules::read(true, Some(&path("none")), None).unwrap_err();
    assert!(error.starts_with("the password file ") && error.contains("none cannot be"), "{error}");
    let error = Rules::read(true, Some(directory.path()), None).unwrap_err();
    assert!(error.contains("it is a directory"), "{error}");
}
