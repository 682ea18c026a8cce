//! A chapter as HTML: one file with its style and its pictures, no script, nothing from a network.
//!
//! It knows HTML, and lets nothing from the wire be any: every text goes through [`escape`]. How it
//! looks, by day, by night and on paper, is `style.css`'s.

use super::{BYTES_MAX, Chapter, Entry, Screens, svg, words};
use crate::dissect::Layer;
use crate::explain::dump;
use crate::lang::{Lang, Word, say};
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");
/// The page may load nothing and run nothing, whatever stands in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Text as it stands between tags and within quotes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// The page's beginning.
pub(super) fn begin(page: &mut String, lang: Lang, made: &str) {
    let (title, made) = (escape(words::TITLE.say(lang)), escape(made));
    let code = say!(lang, "en", "id");
    let _ = writeln!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1><p>{made}</p></header>"
    );
}

/// A list of chapters, where there are several.
pub(super) fn contents(page: &mut String, lang: Lang, titles: &[String]) {
    let _ = write!(page, "<nav>{}:", words::CONTENTS.say(lang));
    for title in titles {
        let anchor = super::anchor(title);
        let _ = write!(page, " <a href=\"#{anchor}\">{}</a>", escape(title));
    }
    page.push_str("</nav>\n");
}

/// A chapter that was promised.
pub(super) fn missing(page: &mut String, lang: Lang, title: &str) {
    let (anchor, title) = (super::anchor(title), escape(title));
    let _ = writeln!(page, "<section class=\"chapter\" id=\"{anchor}\">\n<h2>{title}</h2>");
    paragraph(page, words::NOT_PLAYED.say(lang));
    page.push_str("</section>\n");
}

/// The page's end.
pub(super) fn end(page: &mut String) {
    page.push_str("</body>\n</html>\n");
}

/// A chapter.
pub(super) fn chapter(page: &mut String, chapter: &Chapter) {
    let lang = chapter.lang;
    let anchor = super::anchor(&chapter.title);
    let title = escape(&chapter.title);
    let _ = writeln!(page, "<section class=\"chapter\" id=\"{anchor}\">\n<h2>{title}</h2>");
    setup(page, chapter);
    if let Some(screens) = &chapter.screens {
        self::screens(page, screens, lang);
    }
    heading(page, words::LADDER.say(lang));
    let _ = writeln!(page, "<p class=\"key\">{}</p>", words::LADDER_KEY.say(lang));
    svg::pictures(page, &chapter.ladder, (&anchor, lang), &|number| chapter.lists(number));
    if chapter.ladder.of_others > 0 {
        paragraph(page, &words::of_others(lang, chapter.ladder.of_others));
    }
    frames(page, chapter, &anchor);
    analysis(page, chapter, &anchor);
    heading(page, words::PROTOCOL.say(lang));
    for entry in &chapter.entries {
        shown(page, chapter, entry, &anchor);
    }
    if let Some(unlisted) = chapter.unlisted() {
        paragraph(page, &unlisted);
    }
    page.push_str("</section>\n");
}

fn heading(page: &mut String, words: &str) {
    let _ = writeln!(page, "<h3>{}</h3>", escape(words));
}

fn paragraph(page: &mut String, words: &str) {
    let _ = writeln!(page, "<p>{}</p>", escape(words));
}

fn setup(page: &mut String, chapter: &Chapter) {
    heading(page, words::SETUP.say(chapter.lang));
    page.push_str("<table class=\"facts\">\n");
    for (name, value) in chapter.setup.iter().chain(&chapter.capture) {
        let (name, value) = (escape(name.say(chapter.lang)), escape(value));
        let _ = writeln!(page, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    }
    page.push_str("</table>\n");
    let (columns, hosts) = chapter.hosts();
    if hosts.is_empty() {
        return;
    }
    page.push_str("<div class=\"wide\"><table>\n");
    words_head(page, &columns, chapter.lang);
    for host in &hosts {
        let cells: Vec<_> = host.iter().map(|cell| escape(cell)).collect();
        row(page, "", &cells);
    }
    page.push_str("</table></div>\n");
}

fn head(page: &mut String, names: &[&str]) {
    page.push_str("<thead><tr>");
    for name in names {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escape(name));
    }
    page.push_str("</tr></thead>\n");
}

fn words_head(page: &mut String, names: &[Word], lang: Lang) {
    let names: Vec<_> = names.iter().map(|name| name.say(lang)).collect();
    head(page, &names);
}

/// A row of cells that are HTML already.
fn row(page: &mut String, class: &str, cells: &[String]) {
    let _ = writeln!(page, "<tr class=\"{class}\"><td>{}</td></tr>", cells.join("</td><td>"));
}

/// A column for each role; a line stands below all that was said before it.
fn screens(page: &mut String, screens: &Screens, lang: Lang) {
    heading(page, words::SCREENS.say(lang));
    page.push_str("<div class=\"wide\"><table class=\"screens\">\n");
    let heads: Vec<_> = screens.heads.iter().map(String::as_str).collect();
    head(page, &heads);
    for (role, line, error) in &screens.lines {
        let class = if *error { "error" } else { "" };
        let mut cells = vec![String::new(); heads.len()];
        if let Some(cell) = cells.get_mut(*role) {
            *cell = escape(line);
        }
        row(page, class, &cells);
    }
    page.push_str("</table></div>\n");
    if screens.left_out > 0 {
        paragraph(page, &words::lines_left_out(lang, screens.left_out));
    }
}

fn frames(page: &mut String, chapter: &Chapter, anchor: &str) {
    heading(page, words::FRAMES_HEADING.say(chapter.lang));
    page.push_str("<div class=\"wide\"><table class=\"frames\">\n");
    words_head(page, &words::FRAME_COLUMNS, chapter.lang);
    for entry in &chapter.entries {
        let (told, short) = (&entry.told, entry.in_short());
        let n = told.number;
        let number = format!("<a href=\"#{anchor}-{n}\">{n}</a>");
        let time = format!("{:.4}", told.since_start_ns as f64 / 1e9);
        let texts = [&told.src, &told.dst, &told.what, &short].map(|text| escape(text));
        row(page, svg::tone(told.tone), &[&[number, time][..], &texts].concat());
    }
    page.push_str("</table></div>\n");
    if let Some(unlisted) = chapter.unlisted() {
        paragraph(page, &unlisted);
    }
}

fn analysis(page: &mut String, chapter: &Chapter, anchor: &str) {
    let lang = chapter.lang;
    heading(page, words::ANALYSIS.say(lang));
    for group in chapter.grouped() {
        page.push_str("<ul class=\"analysis\">\n");
        for block in group {
            let say = linked(&block.say, chapter, anchor);
            let _ = writeln!(page, "<li class=\"{}\">{say}</li>", block.topic);
        }
        page.push_str("</ul>\n");
    }
    if chapter.blocks_left_out > 0 {
        paragraph(page, &words::blocks_left_out(lang, chapter.blocks_left_out));
    }
    for note in chapter.all_notes() {
        let note = linked(note, chapter, anchor);
        let _ = writeln!(page, "<p class=\"note\"><b>{}:</b> {note}</p>", words::NOTE.say(lang));
    }
    let summary = escape(&chapter.summary);
    let _ =
        writeln!(page, "<p class=\"summary\"><b>{}:</b> {summary}</p>", words::SUMMARY.say(lang));
}

/// A frame's line, and its fields folded.
fn shown(page: &mut String, chapter: &Chapter, entry: &Entry, anchor: &str) {
    let (lang, told) = (chapter.lang, &entry.told);
    let tone = svg::tone(told.tone);
    let _ = writeln!(page, "<article class=\"{tone}\" id=\"{anchor}-{}\">", told.number);
    let who = escape(&format!("{}→{}", told.src, told.dst));
    let (what, text) = (escape(&told.what), escape(&told.text));
    let _ = writeln!(
        page,
        "<p><b>#{}</b> <span class=\"who\">{who}</span> <span class=\"what\">{what}</span> \
         <code>{text}</code></p>",
        told.number
    );
    if !told.say.is_empty() {
        let _ = writeln!(page, "<p class=\"say\">{}</p>", linked(&told.say, chapter, anchor));
    }
    for note in &entry.notes {
        let _ = writeln!(page, "<p class=\"note\">{}</p>", escape(note));
    }
    let count = entry.layers.iter().map(|layer| layer.fields.len()).sum();
    let _ = writeln!(page, "<details><summary>{}</summary>", words::fields(lang, count));
    for layer in &entry.layers {
        fields(page, layer, lang);
    }
    if entry.fields_left_out > 0 {
        paragraph(page, &words::fields_left_out(lang, entry.fields_left_out));
    }
    let mut bytes = Vec::with_capacity(BYTES_MAX * 5);
    // A vector takes all that it is given.
    let _ = dump::bytes(&mut bytes, &entry.bytes, 0, "");
    let _ = writeln!(page, "<pre>{}</pre>", escape(&String::from_utf8_lossy(&bytes)));
    if entry.bytes_left_out > 0 {
        paragraph(page, &words::bytes_left_out(lang, entry.bytes_left_out));
    }
    page.push_str("</details>\n</article>\n");
}

fn fields(page: &mut String, layer: &Layer, lang: Lang) {
    let name = words::layer(lang, layer.proto, layer.off, layer.off + layer.len);
    let _ = writeln!(page, "<table class=\"fields\"><caption>{}</caption>", escape(&name));
    words_head(page, &words::FIELD_COLUMNS, lang);
    for field in &layer.fields {
        let value = field.value.to_string();
        let cells = [&dump::place(field), field.name, &value, field.spec];
        row(page, "", &cells.map(escape));
    }
    page.push_str("</table>\n");
}

/// Text in which `#6` leads to frame 6, if that is listed.
fn linked(text: &str, chapter: &Chapter, anchor: &str) -> String {
    let mut parts = text.split('#');
    let mut safe = escape(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        match number.parse() {
            Ok(n) if chapter.lists(n) => {
                let _ = write!(safe, "<a href=\"#{anchor}-{n}\">#{n}</a>");
            }
            _ => {
                let _ = write!(safe, "#{number}");
            }
        }
        safe.push_str(&escape(rest));
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_from_the_wire_is_html() {
        let escaped = "&lt;script&gt;&amp;&quot;&#39;";
        assert_eq!(escape("<script>&\"'"), escaped);
    }
}
