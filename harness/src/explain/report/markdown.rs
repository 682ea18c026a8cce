//! A chapter as Markdown, as GitHub and its kind show it: no pictures, the ladder in letters.
//!
//! ```text
//!   # title      ## Setup (tables)   ## Screens (as they stood)   ## Ladder (as text)
//!   ## Frames (a table)   ## Analysis (a list)   ## What each frame shows (a list, fields folded)
//! ```
//!
//! It knows Markdown, and lets nothing from the wire be any: what could begin something is written
//! with a backslash before it, and blocks that are shown as they are end where we say.

use super::{Chapter, Entry, Fact, Screens, words};
use crate::explain::dump;
use crate::lang::{Lang, Word};
use std::fmt::Write as _;

/// The page's beginning.
pub(super) fn begin(page: &mut String, lang: Lang, made: &str) {
    let _ = writeln!(page, "# {}\n\n{}\n", words::TITLE.say(lang), text(made));
}

/// A list of chapters, where there are several.
pub(super) fn contents(page: &mut String, lang: Lang, titles: &[String]) {
    let titles: Vec<_> = titles.iter().map(|title| text(title)).collect();
    let _ = writeln!(page, "{}: {}\n", words::CONTENTS.say(lang), titles.join(", "));
}

/// A chapter that was promised.
pub(super) fn missing(page: &mut String, lang: Lang, title: &str) {
    let _ = writeln!(page, "## {}\n\n{}\n", text(title), words::NOT_PLAYED.say(lang));
}

/// A chapter.
pub(super) fn chapter(page: &mut String, chapter: &Chapter) {
    let lang = chapter.lang;
    let _ = writeln!(page, "## {}\n", text(&chapter.title));
    setup(page, chapter);
    if let Some(screens) = &chapter.screens {
        let _ = writeln!(page, "### {}\n", words::SCREENS.say(lang));
        fenced(page, &screen_text(screens, lang));
    }
    let _ =
        writeln!(page, "### {}\n\n{}\n", words::LADDER.say(lang), words::TEXT_LADDER_KEY.say(lang));
    let mut ladder = String::new();
    super::textual::picture(&mut ladder, &chapter.ladder, lang);
    fenced(page, &ladder);
    if chapter.ladder.of_others > 0 {
        let _ = writeln!(page, "{}\n", words::of_others(lang, chapter.ladder.of_others));
    }
    frames(page, chapter);
    analysis(page, chapter);
    let _ = writeln!(page, "### {}\n", words::PROTOCOL.say(lang));
    for entry in &chapter.entries {
        shown(page, entry, lang);
    }
    page.push('\n');
    if let Some(unlisted) = chapter.unlisted() {
        let _ = writeln!(page, "{}\n", text(&unlisted));
    }
}

fn setup(page: &mut String, chapter: &Chapter) {
    let _ = writeln!(page, "### {}\n", words::SETUP.say(chapter.lang));
    let facts: Vec<Fact> = chapter.setup.iter().chain(&chapter.capture).cloned().collect();
    page.push_str("| | |\n|---|---|\n");
    for (name, value) in facts {
        row(page, &[name.say(chapter.lang), &value]);
    }
    page.push('\n');
    let (columns, hosts) = chapter.hosts();
    if hosts.is_empty() {
        return;
    }
    head(page, &columns, chapter.lang);
    for host in &hosts {
        let cells: Vec<_> = host.iter().map(String::as_str).collect();
        row(page, &cells);
    }
    page.push('\n');
}

/// What was said, line by line, each behind the name of who said it.
fn screen_text(screens: &Screens, lang: Lang) -> String {
    let width = screens.heads.iter().map(|head| head.chars().count()).max().unwrap_or_default();
    let mut all = String::new();
    for (role, line, _) in &screens.lines {
        let head = screens.heads.get(*role).map_or("", String::as_str);
        let _ = writeln!(all, "{}", format!("{head:<width$}  {line}").trim_end());
    }
    if screens.left_out > 0 {
        all.push_str(&words::lines_left_out(lang, screens.left_out));
    }
    all
}

fn frames(page: &mut String, chapter: &Chapter) {
    let _ = writeln!(page, "### {}\n", words::FRAMES_HEADING.say(chapter.lang));
    head(page, &words::FRAME_COLUMNS, chapter.lang);
    for entry in &chapter.entries {
        let (told, short) = (&entry.told, entry.in_short());
        let time = format!("{:.4}", told.since_start_ns as f64 / 1e9);
        let number = told.number.to_string();
        row(page, &[&number, &time, &told.src, &told.dst, &told.what, &short]);
    }
    page.push('\n');
    if let Some(unlisted) = chapter.unlisted() {
        let _ = writeln!(page, "{}\n", text(&unlisted));
    }
}

fn analysis(page: &mut String, chapter: &Chapter) {
    let lang = chapter.lang;
    let _ = writeln!(page, "### {}\n", words::ANALYSIS.say(lang));
    for group in chapter.grouped() {
        for block in group {
            let say = text(&block.say);
            match block.topic {
                "conversation" => writeln!(page, "- **{say}**"),
                _ => writeln!(page, "- {say}"),
            }
            .unwrap_or_default();
        }
        page.push('\n');
    }
    if chapter.blocks_left_out > 0 {
        let _ =
            writeln!(page, "{}\n", text(&words::blocks_left_out(lang, chapter.blocks_left_out)));
    }
    for note in chapter.all_notes() {
        let _ = writeln!(page, "{}: {}\n", words::NOTE.say(lang), text(note));
    }
    let _ = writeln!(page, "{}: {}\n", words::SUMMARY.say(lang), text(&chapter.summary));
}

/// A frame's line, and its fields folded.
fn shown(page: &mut String, entry: &Entry, lang: Lang) {
    let told = &entry.told;
    let what = [&told.what, &told.text, &told.say].map(|words| text(words));
    let what: Vec<_> = what.iter().filter(|words| !words.is_empty()).map(String::as_str).collect();
    let _ = writeln!(page, "- **#{}** {}", told.number, what.join(" · "));
    for note in &entry.notes {
        let _ = writeln!(page, "  - {}", text(note));
    }
    if entry.layers.is_empty() {
        return;
    }
    let count = entry.layers.iter().map(|layer| layer.fields.len()).sum();
    let _ = writeln!(page, "  <details><summary>{}</summary>\n", words::fields(lang, count));
    let mut fields = Vec::new();
    for layer in &entry.layers {
        let line = words::layer(lang, layer.proto, layer.off, layer.off + layer.len);
        fields.extend_from_slice(format!("{line}\n").as_bytes());
        // A vector takes all that it is given.
        let _ = dump::fields(&mut fields, lang, &layer.fields, "  ");
    }
    if entry.fields_left_out > 0 {
        let line = words::fields_left_out(lang, entry.fields_left_out);
        fields.extend_from_slice(line.as_bytes());
    }
    let mut block = String::new();
    fenced(&mut block, &String::from_utf8_lossy(&fields));
    for line in block.lines() {
        let _ = writeln!(page, "{}", format!("  {line}").trim_end());
    }
    page.push_str("\n  </details>\n");
}

fn head(page: &mut String, names: &[Word], lang: Lang) {
    let cells: Vec<_> = names.iter().map(|name| name.say(lang)).collect();
    row(page, &cells);
    let _ = writeln!(page, "|{}", "---|".repeat(names.len()));
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<_> = cells.iter().map(|cell| text(cell)).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

/// A block that is shown as it stands: its fence is longer than any in it.
fn fenced(page: &mut String, block: &str) {
    let (mut longest, mut run) = (0, 0);
    for letter in block.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(page, "{fence}text\n{}\n{fence}\n", block.trim_end());
}

/// A text that means nothing to Markdown, to HTML within it, or to those who make links of words.
fn text(plain: &str) -> String {
    let mut safe = String::with_capacity(plain.len());
    for (at, letter) in plain.char_indices() {
        let begins = at == 0 && matches!(letter, '#' | '+' | '-' | '=');
        let rest = &plain[at..];
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // A line end cannot be: what is shown is escaped before. A blank is the safe reading.
            '\n' | '\r' => safe.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '@' | '!' => {
                safe.push('\\');
                safe.push(letter);
            }
            ':' if rest.starts_with("://") => safe.push_str("\\:"),
            '.' if is_www(plain.as_bytes(), at) => safe.push_str("\\."),
            _ if begins => {
                safe.push('\\');
                safe.push(letter);
            }
            _ => safe.push(letter),
        }
    }
    // `1. ` at a line's start would be a list.
    let digits = safe.bytes().take_while(u8::is_ascii_digit).count();
    let behind = safe[digits..].trim_start_matches(['.', ')']);
    if digits > 0 && behind.len() + 1 == safe.len() - digits && !behind.starts_with(|c| c != ' ') {
        safe.insert(digits, '\\');
    }
    safe
}

/// Does `www` stand in front of this place?
fn is_www(bytes: &[u8], at: usize) -> bool {
    bytes[at.saturating_sub(3)..at].eq_ignore_ascii_case(b"www")
}

#[cfg(test)]
mod tests {
    use super::{fenced, text};

    #[test]
    fn nothing_from_the_wire_is_markdown() {
        for (plain, safe) in [
            ("Suhu: 28°C, #6", "Suhu: 28°C, #6"),
            ("<script>&", "&lt;script&gt;&amp;"),
            ("a|b `c` *d* _e_", "a\\|b \\`c\\` \\*d\\* \\_e\\_"),
            ("![x](http://y)", "\\!\\[x\\](http\\://y)"),
            ("see WWW.example", "see WWW\\.example"),
            ("# title", "\\# title"),
            ("- item", "\\- item"),
            ("12. item", "12\\. item"),
            ("0.1012", "0.1012"),
            ("a\\nb", "a\\\\nb"),
            ("a\nb", "a b"),
        ] {
            assert_eq!(text(plain), safe);
        }
    }

    #[test]
    fn a_block_ends_where_we_say() {
        let mut page = String::new();
        fenced(&mut page, "a\n````\n# b\n");
        assert_eq!(page, "`````text\na\n````\n# b\n`````\n\n");
    }
}
