//! No sentence of the analysis bypasses its languages: it is said with `say!` or `both!`, which
//! want all of them, or it does not pass here.
//!
//! What the dissectors find wrong needs no such watch: it is of the type `Text`, which has both.

#[path = "../build/source.rs"]
#[allow(dead_code)]
mod source;

#[path = "common/english.rs"]
mod english;

use source::Source;
use std::fs;
use std::path::{Path, PathBuf};

/// Who is given all the languages.
const SPEAKERS: [&str; 5] = ["say!(", "both!(", "Word::new(", "Noun::new(", "Rule::new("];

/// Words that are no language's: names of options, of Python's types, of ARP's destination, of
/// HTTP's option, and of ZMTP's first words.
const NAMES: [&str; 10] =
    ["window", "scale", "bool", "int", "float", "str", "bytes", "broadcast", "close", "greeting"];

/// Names of fields, where the bytes of a frame are no whole unit.
const FIELDS: [&str; 3] = ["part of a packet", "part of a frame", "part of a message"];

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of the source").flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

/// A string literal outside of tests.
struct Literal {
    line: usize,
    text: String,
    /// The speaker that has it, and the place where that one began.
    speaker: Option<(&'static str, usize)>,
}

fn literals(text: &str) -> Vec<Literal> {
    let source = Source::new(text);
    let (code, prose) = (chars(&source.code), chars(&source.prose));
    let tests = source.test_lines();
    let mut found = Vec::new();
    let (mut line, mut at) = (1, 0);
    // How deep the brackets are, and how deep they were where the speaker began.
    let (mut depth, mut speaker) = (0usize, None);
    while at < code.len() {
        let rest: String = code[at..code.len().min(at + 12)].iter().collect();
        if speaker.is_none()
            && let Some(name) = SPEAKERS.into_iter().find(|name| rest.starts_with(name))
        {
            speaker = Some((depth, (name, at)));
        }
        match code[at] {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                speaker = speaker.filter(|(before, _)| *before < depth);
            }
            '"' => {
                let end = (at + 1..code.len()).find(|i| code[*i] == '"').unwrap_or(code.len());
                let text = prose[at + 1..end.min(prose.len())].iter().collect();
                if !tests.iter().any(|&(a, b)| (a..=b).contains(&line)) {
                    let speaker = speaker.map(|(_, who)| who);
                    found.push(Literal { line, text, speaker });
                }
                line += code[at..end].iter().filter(|c| **c == '\n').count();
                at = end;
            }
            '\n' => line += 1,
            _ => {}
        }
        at += 1;
    }
    found
}

/// The Indonesian literals: each speaker's second, but of what is counted the third, behind the
/// singular and the plural.
fn indonesian(literals: &[Literal]) -> Vec<&Literal> {
    let groups = literals.chunk_by(|a, b| a.speaker.is_some() && a.speaker == b.speaker);
    let own = |group: &[Literal]| match group[0].speaker? {
        ("Noun::new(", _) => Some(2),
        _ => Some(1),
    };
    groups.filter_map(|group| group.get(own(group)?)).collect()
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn without_holes(literal: &str) -> String {
    let mut plain = String::new();
    let mut hole = false;
    for c in literal.chars() {
        match c {
            '{' => hole = true,
            '}' => hole = false,
            _ if hole => {}
            c => plain.push(c),
        }
    }
    plain
}

/// The words in small letters, but not those of placeholders.
fn words(literal: &str) -> Vec<String> {
    let plain = without_holes(literal);
    let parts = plain.split(|c: char| !c.is_alphanumeric());
    let small = |word: &&str| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase());
    parts.filter(small).map(str::to_owned).collect()
}

/// What of a file is a sentence that only one language has.
fn bypasses(text: &str, has_the_words: bool) -> Vec<String> {
    let mut found = Vec::new();
    for Literal { line, text: literal, speaker } in literals(text) {
        let words = words(&literal);
        // Outside of `texts` a single word is a key, or a name.
        let a_text = if has_the_words { !words.is_empty() } else { literal.trim().contains(' ') };
        let known = words.iter().all(|word| NAMES.contains(&word.as_str()));
        if a_text
            && !words.is_empty()
            && !known
            && speaker.is_none()
            && !FIELDS.contains(&&*literal)
        {
            found.push(format!("{line}: {literal:?}"));
        }
    }
    found
}

#[test]
fn no_sentence_of_the_analysis_has_one_language_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analysis");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 40, "only {} files: is the root right?", files.len());
    let mut complaints = Vec::new();
    let mut sentences = 0;
    for path in files {
        let text = fs::read_to_string(&path).expect("a file of the source");
        sentences += indonesian(&literals(&text)).len();
        let inside = path.strip_prefix(&root).expect("below the root");
        let has_the_words = inside.starts_with("texts") || inside == Path::new("texts.rs");
        let found = bypasses(&text, has_the_words);
        complaints.extend(found.iter().map(|what| format!("{}:{what}", path.display())));
    }
    assert!(sentences > 300, "only {sentences} sentences: were the speakers found?");
    assert!(complaints.is_empty(), "say! it in all languages:\n{}", complaints.join("\n"));
}

#[test]
fn no_english_stands_in_an_indonesian_sentence() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut complaints = Vec::new();
    for path in files.iter().filter(|path| !path.ends_with("lang.rs")) {
        let text = fs::read_to_string(path).expect("a file of the source");
        for literal in indonesian(&literals(&text)) {
            let (line, plain) = (literal.line, without_holes(&literal.text));
            let complaint = |word| format!("{}:{line}: {word:?} in {plain:?}", path.display());
            complaints.extend(english::left_in(&plain).map(complaint));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_indonesian_literals_are_found() {
    let text = r#"a(say!(lang, "one {n}", "satu {n}", n = count(lang, "x")), both!("two", "dua"));
        const A: Noun = Noun::new("byte", "bytes", "byte"); b("three")"#;
    let all = literals(text);
    let found: Vec<&str> = indonesian(&all).iter().map(|literal| &*literal.text).collect();
    assert_eq!(found, ["satu {n}", "dua", "byte"]);
}

#[test]
fn a_sentence_of_one_language_is_found() {
    let one = |text: &str, has_the_words| bypasses(text, has_the_words).len();
    for bypass in [
        r#"fn a() -> String { format!("{n} messages") }"#,
        r#"fn a() { text.push_str(", then nothing"); }"#,
        r#"const A: &str = "lost";"#,
        r#"fn a() { say!(lang, "closed", "ditutup"); b("closed") }"#,
    ] {
        assert_eq!(one(bypass, true), 1, "{bypass}");
    }
    for fine in [
        r#"fn a() { say!(lang, "closed ({n})", "ditutup ({n})", n = count(")")) }"#,
        r#"const BYTES: Noun = Noun::new("byte", "bytes", "byte");"#,
        r#"fn a() { format!("{name} #{frame} FIN → {who}, window scale {n}") }"#,
        "// \"a comment\"\n#[cfg(test)]\nmod tests { const A: &str = \"in a test\"; }",
    ] {
        assert_eq!(one(fine, true), 0, "{fine}");
    }
    assert_eq!(one(r#"push("handshake", say)"#, false), 0, "a key");
    assert_eq!(one(r#"push("the handshake", say)"#, false), 1);
}
