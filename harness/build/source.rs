//! Rust source as text: which characters are code, which are prose (comments and string
//! literals), and on which lines test modules and functions begin and end.
//!
//! The build script reads the citations of clauses with it, and the tests of the house's limits
//! read the code with it. It knows the lexical grammar of Rust and some brackets. It does not
//! know items, types or files.

/// One file's text, taken apart. Both halves have the text's own lines and columns: what belongs
/// to the other half is blank.
#[derive(Clone, Debug)]
pub struct Source {
    /// The text without the contents of comments and literals.
    pub code: String,
    /// The contents of comments and string literals alone.
    pub prose: String,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of `fn`, from 1.
    pub first: usize,
    /// The line of its closing brace.
    pub last: usize,
}

impl Source {
    /// Takes `text` apart. Any text is taken: what is not Rust yields halves of little use.
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let (mut code, mut prose) = (String::new(), String::new());
        let mut at = 0;
        while at < chars.len() {
            let (kind, end) = piece(&chars, at);
            for (i, c) in (at..end).zip(&chars[at..end]) {
                let edge = kind == Kind::Literal && (i == at || i + 1 == end);
                let (in_code, in_prose) = (kind == Kind::Code || edge, kind != Kind::Code);
                let space = c.is_whitespace();
                code.push(if in_code || space { *c } else { ' ' });
                prose.push(if in_prose || space { *c } else { ' ' });
            }
            at = end;
        }
        Self { code, prose }
    }

    /// The first and last lines of what stands under `#[cfg(test)]`: modules, functions, imports.
    pub fn test_lines(&self) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (line, text) in (1..).zip(self.code.lines()) {
            let inside = found.last().is_some_and(|&(_, last)| line <= last);
            if !inside && is_test_attribute(text) {
                let start = line_offset(&self.code, line);
                let end = item_end(&self.code, start).unwrap_or(self.code.len().max(1));
                found.push((line, line_of(&self.code, end - 1)));
            }
        }
        found
    }

    /// The modules in files of their own that are only compiled for tests.
    pub fn test_modules(&self) -> Vec<String> {
        let lines: Vec<&str> = self.code.lines().collect();
        let mut names = Vec::new();
        for (first, last) in self.test_lines() {
            let item = lines[first - 1..last].join(" ");
            let words: Vec<&str> = item.split_whitespace().collect();
            if let Some(at) = words.iter().position(|word| *word == "mod")
                && let Some(name) = words.get(at + 1).and_then(|word| word.strip_suffix(';'))
            {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Every function that has a body, in the order of their first lines.
    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("fn ") {
            if self.code[..at].chars().next_back().is_some_and(is_word) {
                continue;
            }
            let name: String =
                self.code[at + 3..].trim_start().chars().take_while(|c| is_word(*c)).collect();
            let Some(end) = item_end(&self.code, at) else { continue };
            if !name.is_empty() && self.code[..end].ends_with('}') {
                let (first, last) = (line_of(&self.code, at), line_of(&self.code, end - 1));
                found.push(Function { name, first, last });
            }
        }
        found
    }
}

/// Can `c` be part of a name?
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Does `text` hold `word` with no letter, digit or underscore on either side?
pub fn names(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + word.len()..].chars().next().is_some_and(is_word)
    })
}

fn is_test_attribute(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test")
}

/// The byte offset at which line `line` (from 1) begins.
fn line_offset(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line - 1).map(str::len).sum()
}

/// The line (from 1) on which the byte at `offset` stands.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

/// Where the item that begins at `start` ends: after the `;` or the `}` that closes its first
/// brace, whichever comes first outside of parentheses and square brackets.
fn item_end(code: &str, start: usize) -> Option<usize> {
    let (mut round, mut braces) = (0_usize, 0_usize);
    for (at, byte) in (start..).zip(code.as_bytes()[start..].iter()) {
        match byte {
            b'(' | b'[' => round += 1,
            b')' | b']' => round = round.saturating_sub(1),
            b';' if round == 0 && braces == 0 => return Some(at + 1),
            b'{' => braces += 1,
            b'}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 && round == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The comment, the literal or the single character of code at `at`, and where it ends.
fn piece(chars: &[char], at: usize) -> (Kind, usize) {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => {
            (Kind::Comment, (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len()))
        }
        '/' if next == Some('*') => (Kind::Comment, block_end(chars, at)),
        '"' => (Kind::Literal, string_end(chars, at)),
        'r' if at == 0 || !is_word(chars[at - 1]) || matches!(chars[at - 1], 'b' | 'c') => {
            raw_end(chars, at).map_or((Kind::Code, at + 1), |end| (Kind::Literal, end))
        }
        '\'' if next == Some('\\') => {
            let close = (at + 3..chars.len()).find(|i| chars[*i] == '\'');
            (Kind::Literal, close.map_or(at + 1, |i| i + 1))
        }
        // A lifetime has no closing quote two characters on.
        '\'' if chars.get(at + 2) == Some(&'\'') => (Kind::Literal, at + 3),
        _ => (Kind::Code, at + 1),
    }
}

/// Where the block comment at `at` ends; block comments nest.
fn block_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0_usize, at);
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

/// Where the string literal whose opening quote stands at `at` ends.
fn string_end(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// Where the raw string literal whose `r` stands at `at` ends, if it is one.
fn raw_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes = |i: &usize| {
        chars[*i] == '"'
            && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    Some((open + 1..chars.len()).find(closes).map_or(chars.len(), |i| i + 1 + hashes))
}

#[cfg(test)]
mod tests {
    use super::{Function, Source, names};

    #[test]
    fn comments_and_literals_are_prose_and_the_rest_is_code() {
        let source = Source::new("let a = \"x // y\"; // z 'q\n/* b /* c */ d */ let e = '\"';");
        assert_eq!(source.code, "let a = \"      \";        \n                  let e = ' ';");
        assert!(source.prose.contains("\"x // y\"") && source.prose.contains("// z 'q"));
        assert!(source.prose.contains("d */") && !source.prose.contains("let"));
    }

    #[test]
    fn raw_strings_and_lifetimes_do_not_run_away() {
        let source = Source::new("fn f<'a>(x: &'a str) { g(r#\"a\"b{\"#, br\"{\", '\\'', '{') }");
        assert!(!source.code.contains("a\"b") && source.code.matches('{').count() == 1);
        assert_eq!(source.functions().len(), 1);
        let cut = Source::new("let x = \"never closed");
        assert!(cut.prose.contains("never closed"));
    }

    #[test]
    fn functions_and_test_modules_have_lines() {
        let text = "fn a() -> [u8; 2] {\n}\ntrait T { fn b(); }\n#[cfg(test)]\nmod tests {\n\
                    fn c() {}\n}\n#[cfg(test)]\nmod far;\nfn d() {}\n";
        let source = Source::new(text);
        let name = |name: &str, first, last| Function { name: name.to_owned(), first, last };
        let all = [name("a", 1, 2), name("c", 6, 6), name("d", 10, 10)];
        assert_eq!(source.functions(), all);
        assert_eq!(source.test_lines(), [(4, 7), (8, 9)]);
        assert_eq!(source.test_modules(), ["far"]);
    }

    #[test]
    fn a_name_is_a_whole_word() {
        assert!(names("use mio::Poll;", "mio"));
        assert!(!names("use wirelab_mio;", "mio") && !names("miom", "mio"));
    }
}
