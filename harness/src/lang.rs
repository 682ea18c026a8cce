//! The languages of the analysis, and the one way to write a sentence of it: in all of them, side
//! by side.
//!
//! ```text
//!   say!(lang, "{who} closes: FIN", "{who} menutup: FIN")        in the language that is asked for
//!   both!("a second Host", "Host kedua")                         in both, for a reader to come
//! ```
//!
//! Neither compiles unless the same placeholders stand in both sentences. It knows nothing of what
//! is said. The languages' glossary is in this crate's README.

use clap::ValueEnum;

/// A language that the analysis speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Indonesian, the lab's own language.
    Id,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Id];
}

/// A sentence in both languages: for what is found out by those who are not told which one is
/// wanted, the dissectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    en: String,
    id: String,
}

impl Text {
    /// The two sentences; `both!` writes them.
    pub fn new(en: String, id: String) -> Self {
        Self { en, id }
    }

    /// A name, which no language changes.
    pub fn name(name: &str) -> Self {
        Self::new(name.to_owned(), name.to_owned())
    }

    /// The sentence in one of them.
    pub fn say(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Id => &self.id,
        }
    }
}

/// Words that never change, in both languages: headings, and the names of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    en: &'static str,
    id: &'static str,
}

impl Word {
    /// English, then Indonesian.
    pub const fn new(en: &'static str, id: &'static str) -> Self {
        Self { en, id }
    }

    /// The words in one of them.
    pub fn say(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Id => self.id,
        }
    }
}

/// A sentence in the language of the first argument: English, then Indonesian. Placeholders are
/// those of `format!`, by name.
macro_rules! say {
    ($lang:expr, $en:literal, $id:literal $(, $name:ident = $value:expr)* $(,)?) => {
        match ($lang, $crate::lang::check_holes!($en, $id)) {
            ($crate::lang::Lang::En, ()) => {
                ::std::fmt::format(::std::format_args!($en $(, $name = $value)*))
            }
            ($crate::lang::Lang::Id, ()) => {
                ::std::fmt::format(::std::format_args!($id $(, $name = $value)*))
            }
        }
    };
}

/// A [`Text`]: English, then Indonesian.
macro_rules! both {
    ($en:literal, $id:literal $(,)?) => {
        match $crate::lang::check_holes!($en, $id) {
            () => $crate::lang::Text::new(
                ::std::fmt::format(::std::format_args!($en)),
                ::std::fmt::format(::std::format_args!($id)),
            ),
        }
    };
}

/// Does not compile if one language says something of which the other is silent.
macro_rules! check_holes {
    ($en:literal, $id:literal) => {{
        const _: () = ::std::assert!(
            $crate::lang::same_holes($en, $id),
            "the sentence has different placeholders in the two languages"
        );
    }};
}

pub(crate) use {both, check_holes, say};

/// Do the same placeholders stand in both, each as often, in whatever order?
pub(crate) const fn same_holes(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let (mut at, mut holes) = (0, 0);
    while let Some((start, end)) = hole(one, at) {
        if occurrences(one, one, start, end) != occurrences(other, one, start, end) {
            return false;
        }
        holes += 1;
        at = end;
    }
    let mut at = 0;
    while let Some((_, end)) = hole(other, at) {
        if holes == 0 {
            return false;
        }
        holes -= 1;
        at = end;
    }
    holes == 0
}

/// The next `{…}` from `at` on: its place. `{{` is a brace and no hole.
const fn hole(text: &[u8], mut at: usize) -> Option<(usize, usize)> {
    while at < text.len() {
        if text[at] == b'{' && at + 1 < text.len() && text[at + 1] == b'{' {
            at += 2;
        } else if text[at] == b'{' {
            let mut end = at;
            while end < text.len() && text[end] != b'}' {
                end += 1;
            }
            return Some((at, end));
        } else {
            at += 1;
        }
    }
    None
}

/// How often the hole that stands in `of` from `start` to `end` stands in `text`.
const fn occurrences(text: &[u8], of: &[u8], start: usize, end: usize) -> usize {
    let (mut at, mut found) = (0, 0);
    while let Some((first, last)) = hole(text, at) {
        let mut same = last - first == end - start;
        let mut i = 0;
        while same && i < end - start {
            same = text[first + i] == of[start + i];
            i += 1;
        }
        found += same as usize;
        at = last;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Lang, Text, same_holes};

    #[test]
    fn a_sentence_is_said_in_the_language_that_is_asked_for() {
        let (n, who) = (3, "klien");
        let said =
            Lang::ALL.map(|lang| say!(lang, "{who}: {n} of {m}", "{n} dari {m}: {who}", m = 4));
        assert_eq!(said, ["klien: 3 of 4", "3 dari 4: klien"]);
        let text = both!("{n} bytes", "{n} byte");
        assert_eq!(text, Text::new("3 bytes".to_owned(), "3 byte".to_owned()));
        assert_eq!(Lang::ALL.map(|lang| text.say(lang)), ["3 bytes", "3 byte"]);
    }

    #[test]
    fn both_languages_have_the_same_placeholders() {
        for (one, other) in [
            ("", "apa pun"),
            ("{a} of {b}", "{b}: {a}"),
            ("{a}{a} {b:.4}", "{b:.4} {a} {a}"),
            ("{{a}} {b}", "{b} saja"),
        ] {
            assert!(same_holes(one, other) && same_holes(other, one), "{one} | {other}");
        }
        for (one, other) in [
            ("{a}", "a"),
            ("{a}", "{b}"),
            ("{a} {b}", "{a} {a}"),
            ("{a} {a}", "{a}"),
            ("{a:.4}", "{a}"),
            ("{ab}", "{a}"),
            ("{{a}}", "{a}"),
        ] {
            assert!(!same_holes(one, other) && !same_holes(other, one), "{one} | {other}");
        }
    }
}
