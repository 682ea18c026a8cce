//! Topic names and topic filters: what they may hold, and which filter matches which name.
//!
//! ```text
//!   name     sport/tennis/player1        levels between slashes; a level may be empty
//!   filter   sport/+/player1             + stands for exactly one level
//!            sport/#                     # for the rest, and for `sport` itself
//! ```
//!
//! Plain functions over text (section 4.7). The broker's tree answers the same question for many
//! filters at once, and is tested against [`matches()`].

use crate::Error;

/// Separates levels.
pub const SEPARATOR: char = '/';
/// Stands for one level of a name.
pub const SINGLE: &str = "+";
/// Stands for all further levels of a name, and for their parent.
pub const MULTI: &str = "#";

/// How many levels a name or a filter has: at least one.
pub fn levels(text: &str) -> usize {
    text.split(SEPARATOR).count()
}

/// May messages be published under this name?
///
/// What every string must be (UTF-8, no U+0000, 65,535 bytes at most) is not asked again here.
///
/// # Errors
/// [`Error::Malformed`] with the clause.
pub fn check_name(name: &str) -> Result<(), Error> {
    // [MQTT-4.7.3-1] At least one character.
    if name.is_empty() {
        return Err(Error::malformed("[MQTT-4.7.3-1]", "an empty topic name"));
    }
    // [MQTT-3.3.2-2], [MQTT-4.7.1-1] Wildcards are for filters. Every byte is looked at without
    // stopping early: the compiler makes wide steps of that.
    let wild = |found: u8, byte: &u8| found | u8::from(matches!(byte, b'+' | b'#'));
    if name.as_bytes().iter().fold(0, wild) != 0 {
        return Err(Error::malformed("[MQTT-3.3.2-2]", "a topic name with a wildcard"));
    }
    Ok(())
}

/// May this be subscribed to?
///
/// # Errors
/// [`Error::Malformed`] with the clause.
pub fn check_filter(filter: &str) -> Result<(), Error> {
    // [MQTT-4.7.3-1] At least one character.
    if filter.is_empty() {
        return Err(Error::malformed("[MQTT-4.7.3-1]", "an empty topic filter"));
    }
    let mut levels = filter.split(SEPARATOR).peekable();
    while let Some(level) = levels.next() {
        // [MQTT-4.7.1-2] # is a level of its own, and the last one.
        if level.contains(MULTI) && (level != MULTI || levels.peek().is_some()) {
            return Err(Error::malformed("[MQTT-4.7.1-2]", "# is not the last level alone"));
        }
        // [MQTT-4.7.1-3] + is a level of its own.
        if level.contains(SINGLE) && level != SINGLE {
            return Err(Error::malformed("[MQTT-4.7.1-3]", "+ shares a level"));
        }
    }
    Ok(())
}

/// Does the filter match the name? Both are taken for valid.
///
/// ```
/// use wirelab_mqtt::topic::matches;
///
/// assert!(matches("sport/tennis/#", "sport/tennis"));
/// assert!(matches("+/+", "/finance"));
/// assert!(!matches("+", "/finance"));
/// assert!(!matches("#", "$SYS/broker/uptime"));
/// ```
pub fn matches(filter: &str, name: &str) -> bool {
    // [MQTT-4.7.2-1] A wildcard in the first level does not match a name that begins with $.
    if name.starts_with('$') && (filter.starts_with(SINGLE) || filter.starts_with(MULTI)) {
        return false;
    }
    let mut names = name.split(SEPARATOR);
    let mut levels = filter.split(SEPARATOR);
    loop {
        match (levels.next(), names.next()) {
            // Whatever the name still has, also nothing: `sport/#` matches `sport`.
            (Some(MULTI), _) | (None, None) => return true,
            // [MQTT-4.7.3-4] Byte for byte: no case is folded, no slash is cut off.
            (Some(level), Some(name)) if level == SINGLE || level == name => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{check_filter, check_name, matches};

    /// [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.2-1], [MQTT-4.7.3-4] The examples
    /// of section 4.7, and the edges beside them.
    #[test]
    fn filters_match_names_as_section_4_7_says() {
        let table: &[(&str, &str, bool)] = &[
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/tennis/player1/#", "sport/tennis/player2", false),
            ("sport/#", "sport", true),
            ("sport/#", "sports", false),
            ("#", "a", true),
            ("#", "/", true),
            ("#", "a/b/c", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("+", "finance", true),
            ("+/tennis/#", "sport/tennis", true),
            ("+/tennis/#", "sport/tennis/x/y", true),
            ("+/#", "a", true),
            ("a/+/#", "a", false),
            ("a/+/#", "a/b", true),
            ("#", "$SYS/x", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/x", true),
            ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
            ("a/$b/#", "a/$b/c", true),
            ("+/$b", "a/$b", true),
            ("ACCOUNTS", "Accounts", false),
            ("/finance", "finance", false),
            ("a//b", "a//b", true),
            ("a/+/b", "a//b", true),
            ("a/b", "a/b/", false),
            ("+", "", true),
        ];
        for (filter, name, expected) in table {
            assert_eq!(matches(filter, name), *expected, "{filter} and {name}");
        }
    }

    /// [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.3-1]
    #[test]
    fn wildcards_stand_alone_in_their_level() {
        for good in ["#", "+", "a/#", "+/a/+", "/", "//", "/#", "$SYS/#", "a b/ü", "+/+/#"] {
            assert_eq!(check_filter(good), Ok(()), "{good}");
        }
        for bad in ["", "a#", "#/a", "a/#/b", "sport/tennis#", "sport+", "a/+b/c", "+a", "##"] {
            assert!(check_filter(bad).is_err(), "{bad}");
        }
    }

    /// [MQTT-3.3.2-2], [MQTT-4.7.1-1]
    #[test]
    fn names_have_no_wildcards() {
        for good in ["a", "/", "a/b", " ", "$SYS/x", "\u{feff}a"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "+", "a/#", "a+b", "#"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
