//! An ACL file: which topics may be read and written, by whom.
//!
//! ```text
//!   topic read news/#              for clients without a user name: all before the first `user`
//!   user ann
//!   topic readwrite home/+/temp    for ann
//!   topic deny home/safe/temp      asked first, wherever it stands
//!   pattern write sensor/%u/data   for everybody: %u is the user's name, %c the client id
//! ```
//!
//! The order in which rules are asked, as in mosquitto 2.0: what is denied to the user, what is
//! granted to it, what the patterns deny, what they grant; the first that matches decides. What no
//! rule grants is denied.
//!
//! It knows lines, names and topics. It does not know when it is asked.

use std::collections::HashMap;
use std::path::Path;
use wirelab_mqtt::broker::access::{Action, Who};
use wirelab_mqtt::topic;

/// What a rule grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    Read,
    Write,
    ReadWrite,
    Deny,
}

impl Grant {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            "readwrite" => Some(Self::ReadWrite),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }

    /// Its word on this action, if it has one.
    fn decides(self, action: Action) -> Option<bool> {
        match (self, action) {
            (Self::Deny, _) => Some(false),
            (Self::ReadWrite, _) | (Self::Read, Action::Read) | (Self::Write, Action::Write) => {
                Some(true)
            }
            _ => None,
        }
    }
}

/// One line.
#[derive(Debug)]
struct Rule {
    grant: Grant,
    filter: String,
}

/// The rules for one user, those that deny first.
#[derive(Debug, Default)]
struct Rules(Vec<Rule>);

impl Rules {
    fn add(&mut self, rule: Rule) {
        match rule.grant {
            Grant::Deny => self.0.insert(0, rule),
            _ => self.0.push(rule),
        }
    }

    /// What the first rule says whose filter, as `filled`, matches.
    fn decide<'a>(
        &'a self,
        action: Action,
        name: &str,
        mut fill: impl FnMut(&'a str) -> Option<std::borrow::Cow<'a, str>>,
    ) -> Option<bool> {
        self.0.iter().find_map(|rule| {
            let word = rule.grant.decides(action)?;
            let filter = fill(&rule.filter)?;
            topic::matches(&filter, name).then_some(word)
        })
    }
}

/// All rules of a file.
#[derive(Debug, Default)]
pub struct Acl {
    anonymous: Rules,
    users: HashMap<String, Rules>,
    patterns: Rules,
    /// Lines that may not say what was meant.
    pub warnings: Vec<String>,
}

impl Acl {
    /// Reads a file's text.
    ///
    /// # Errors
    /// The first line that is none, with its number.
    pub fn parse(text: &str, file: &Path) -> Result<Self, String> {
        let mut acl = Self::default();
        let mut user: Option<&str> = None;
        for (number, line) in (1..).zip(text.lines()) {
            // # in the first column, as in mosquitto.conf.
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let line = line.trim_matches([' ', '\r']);
            let place = || format!("{}:{number}", file.display());
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let rest = rest.trim_start_matches(' ');
            match word {
                "user" if rest.is_empty() => {
                    return Err(format!("{}: `user` without a name", place()));
                }
                "user" => user = Some(rest),
                "topic" => {
                    let rule = rule(rest).map_err(|why| format!("{}: {why}", place()))?;
                    match user {
                        None => acl.anonymous.add(rule),
                        Some(user) => acl.users.entry(user.to_owned()).or_default().add(rule),
                    }
                }
                "pattern" => {
                    let rule = rule(rest).map_err(|why| format!("{}: {why}", place()))?;
                    if !rule.filter.contains("%c") && !rule.filter.contains("%u") {
                        let why = "a pattern without %c or %u is a topic for everybody";
                        acl.warnings.push(format!("{}: {why}", place()));
                    }
                    acl.patterns.add(rule);
                }
                other => {
                    let other = other.escape_debug();
                    let what = "a line begins with `user`, `topic` or `pattern` and a space";
                    return Err(format!("{}: `{other}`: {what}", place()));
                }
            }
        }
        Ok(acl)
    }

    /// May this client do this with messages of this topic name?
    pub fn may(&self, who: Who<'_>, action: Action, name: &str) -> bool {
        let own = match who.user_name {
            None => Some(&self.anonymous),
            Some(user) => self.users.get(user),
        };
        if let Some(word) =
            own.and_then(|rules| rules.decide(action, name, |filter| Some(filter.into())))
        {
            return word;
        }
        // A name that is a wildcard would match what is not its own [CVE-2017-7650].
        if [Some(who.client_id), who.user_name].into_iter().flatten().any(has_wildcard) {
            return false;
        }
        self.patterns.decide(action, name, |filter| fill(filter, who)).unwrap_or(false)
    }
}

fn has_wildcard(name: &str) -> bool {
    name.contains(['+', '#'])
}

/// The rule that stands behind `topic` or `pattern`.
fn rule(rest: &str) -> Result<Rule, String> {
    let (grant, filter) = match rest.split_once(' ') {
        Some((word, filter)) => {
            let grant = Grant::parse(word).ok_or_else(|| {
                let word = word.escape_debug();
                format!(
                    "`{word}` is no access: read, write, readwrite or deny, and it must be said \
                     before a topic with a space in it"
                )
            })?;
            (grant, filter.trim_start_matches(' '))
        }
        None => (Grant::ReadWrite, rest),
    };
    if filter.is_empty() {
        return Err("no topic".to_owned());
    }
    topic::check_filter(filter)
        .map_err(|error| format!("`{}` is no topic filter: {error}", filter.escape_debug()))?;
    Ok(Rule { grant, filter: filter.to_owned() })
}

/// The pattern with this client's names in it; `None`: it has none to put there.
fn fill<'a>(pattern: &'a str, who: Who<'_>) -> Option<std::borrow::Cow<'a, str>> {
    if !pattern.contains('%') {
        return Some(pattern.into());
    }
    let mut filled = String::with_capacity(pattern.len() + who.client_id.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        filled.push_str(&rest[..at]);
        let name = match rest.as_bytes().get(at + 1) {
            Some(b'c') => who.client_id,
            Some(b'u') => who.user_name?,
            _ => {
                filled.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        };
        filled.push_str(name);
        rest = &rest[at + 2..];
    }
    filled.push_str(rest);
    Some(filled.into())
}

#[cfg(test)]
mod tests {
    use super::Acl;
    use std::path::Path;
    use wirelab_mqtt::broker::access::{Action, Who};

    fn parse(text: &str) -> Result<Acl, String> {
        Acl::parse(text, Path::new("acl"))
    }

    fn may(acl: &Acl, client_id: &str, user_name: Option<&str>, topic: &str) -> &'static str {
        let who = Who { client_id, user_name };
        match (acl.may(who, Action::Read, topic), acl.may(who, Action::Write, topic)) {
            (true, true) => "rw",
            (true, false) => "r",
            (false, true) => "w",
            (false, false) => "",
        }
    }

    const RULES: &str = "# rules\n\
        topic read news/#\n\
        \n\
        user ann\n\
        topic readwrite home/#\n\
        topic write out/a b\n\
        topic deny home/safe\n\
        user bob\r\n\
        topic read $SYS/broker/+\r\n\
        topic #\n\
        pattern write sensor/%u/data\n\
        pattern read echo/%c/#\n\
        pattern deny echo/%c/secret\n\
        user ann\n\
        topic late\n";

    #[test]
    fn rules_are_asked_in_mosquittos_order() {
        let acl = parse(RULES).unwrap();
        for (client, user, topic, want) in [
            ("c", None, "news", "r"),
            ("c", None, "news/a", "r"),
            ("c", None, "home/x", ""),
            ("c", None, "late", ""),
            ("c", Some("ann"), "news", ""),
            ("c", Some("ann"), "home", "rw"),
            ("c", Some("ann"), "home/safe", ""),
            ("c", Some("ann"), "home/safe/x", "rw"),
            ("c", Some("ann"), "out/a b", "w"),
            ("c", Some("ann"), "late", "rw"),
            ("c", Some("bob"), "any/thing", "rw"),
            ("c", Some("bob"), "$SYS/broker/x", "r"),
            ("c", Some("bob"), "$SYS/other", ""),
            ("c", Some("eve"), "news", ""),
            ("c", Some("eve"), "sensor/eve/data", "w"),
            ("c", Some("eve"), "sensor/ann/data", ""),
            ("c", None, "sensor//data", ""),
            ("c", None, "sensor/%u/data", ""),
            ("c", None, "echo/c", "r"),
            ("c", None, "echo/c/x/y", "r"),
            ("c", None, "echo/c/secret", ""),
            ("c", Some("bob"), "echo/c/secret", "rw"),
            ("d", None, "echo/c/x", ""),
            ("c", Some("a/b"), "sensor/a/b/data", "w"),
        ] {
            assert_eq!(may(&acl, client, user, topic), want, "{client} {user:?} {topic}");
        }
    }

    /// A client that is called as a wildcard gets nothing from a pattern.
    #[test]
    fn a_name_is_never_a_wildcard() {
        let acl = parse(RULES).unwrap();
        for name in ["+", "#", "a+", "#a"] {
            for topic in ["sensor/ann/data", "sensor/+/data", "echo/c/x", "echo", "echo/+/x"] {
                assert_eq!(may(&acl, name, None, topic), "", "{name} {topic}");
                assert_eq!(may(&acl, "c", Some(name), topic), "", "{name} {topic}");
            }
        }
        // What is granted by its own name is not touched.
        assert_eq!(may(&acl, "#", Some("ann"), "home/x"), "rw");
    }

    #[test]
    fn an_empty_file_grants_nothing() {
        assert_eq!(may(&parse("# nobody\n").unwrap(), "c", None, "a"), "");
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (text, want) in [
            ("topic a\nbogus b\n", "acl:2: `bogus`: a line begins with"),
            ("topic\n", "acl:1: no topic"),
            ("topic READ a\n", "acl:1: `READ` is no access"),
            ("topic a b\n", "acl:1: `a` is no access"),
            ("topic a#\n", "acl:1: `a#` is no topic filter"),
            ("pattern a/#/%u\n", "acl:1: `a/#/%u` is no topic filter"),
            ("user\n", "acl:1: `user` without a name"),
            (" # c\n", "acl:1: `#`: a line begins with"),
            ("\ttopic a\n", "acl:1: `\\ttopic`: a line begins with"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(want), "{text}: {error}");
        }
        // `topic read` is a topic of that name, as in mosquitto.
        assert_eq!(may(&parse("topic read\n").unwrap(), "c", None, "read"), "rw");
        assert_eq!(parse("pattern a\n").unwrap().warnings.len(), 1);
    }
}
