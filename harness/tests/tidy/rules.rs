//! The house's limits, one function per rule: a file's path and text in, findings out.
//!
//! It knows the house's map (which crate is an engine, which file is which layer). It does not
//! know where files come from nor which findings are allowed; that is `tidy.rs`'s.

use super::source::{Source, names};

/// The crates that speak a protocol.
const PROTOCOLS: [&str; 4] = ["mqtt", "zmtp", "http", "echo"];
/// What an engine may depend on.
const ENGINE_DEPENDENCIES: [&str; 7] =
    ["mio", "bytes", "byteorder", "slab", "socket2", "log", "wirelab-reactor"];
/// Lines in a file of code, its test modules aside.
const FILE_LINES: usize = 400;
/// Lines in a function.
const FUNCTION_LINES: usize = 60;
/// Lines in a test, which is often a table.
const TEST_FUNCTION_LINES: usize = 100;
/// Characters in a line.
const COLUMNS: usize = 100;

/// One file of the workspace.
pub struct File {
    /// Its path from the workspace's root, with `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
    source: Source,
    tests: Vec<(usize, usize)>,
}

/// One breach of one rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, as the list of allowances has it.
    pub rule: &'static str,
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// How much it weighs: lines for the rules about length, else 1.
    pub size: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// All the rules.
pub const RULES: &[fn(&File) -> Vec<Finding>] = &[
    opening,
    file_length,
    function_length,
    width,
    unfinished,
    switched_off,
    machine_path,
    boundary,
    clock,
    layer,
    no_unsafe,
    forbid_unsafe,
    dependencies,
];

impl File {
    /// A file with its Rust, if it is Rust, taken apart.
    pub fn new(path: &str, text: &str) -> Self {
        let rust = is_rust(path);
        let source = Source::new(if rust { text } else { "" });
        let tests = source.test_lines();
        Self { path: path.to_owned(), text: text.to_owned(), source, tests }
    }

    /// The crate's directory.
    pub fn house(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// Is all of it test or benchmark?
    pub fn is_test_file(&self) -> bool {
        let mut parts = self.path.split('/').skip(1);
        parts.any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
    }

    /// Lines that are neither tests nor in a test file.
    pub fn code_lines(&self) -> usize {
        if self.is_test_file() {
            return 0;
        }
        (1..).zip(self.text.lines()).filter(|(line, _)| !self.in_tests(*line)).count()
    }

    fn in_tests(&self, line: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|&(a, b)| (a..=b).contains(&line))
    }

    fn is_protocol(&self) -> bool {
        // An example is a program like any other.
        PROTOCOLS.contains(&self.house()) && !self.path.contains("/examples/")
    }

    fn is_engine(&self) -> bool {
        self.house() == "reactor" || self.is_protocol()
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The blocking client of a protocol, or a part of it.
    fn is_blocking(&self) -> bool {
        self.name() == "blocking.rs" || self.path.contains("/src/blocking/")
    }

    /// The lines of code, without comments, literals and tests.
    fn working_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.source.code.lines()).filter(|(line, _)| !self.in_tests(*line))
    }

    /// A finding for each working line that names one of `words`.
    fn named(&self, rule: &'static str, words: &[&str], advice: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        for (line, code) in self.working_lines() {
            for word in words.iter().filter(|word| names(code, word)) {
                found.push(self.finding(rule, line, 1, format!("names `{word}`: {advice}")));
            }
        }
        found
    }

    fn finding(&self, rule: &'static str, line: usize, size: usize, message: String) -> Finding {
        Finding { rule, path: self.path.clone(), line, size, message }
    }
}

fn is_rust(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn opening(file: &File) -> Vec<Finding> {
    if !is_rust(&file.path) || file.text.starts_with("//!") {
        return Vec::new();
    }
    let message = "does not open with `//!`: say what it is, what it may name, and what it \
                   deliberately does not know";
    vec![file.finding("opening", 1, 1, message.to_owned())]
}

fn file_length(file: &File) -> Vec<Finding> {
    let lines = file.code_lines();
    if !is_rust(&file.path) || lines <= FILE_LINES {
        return Vec::new();
    }
    let message = format!("{lines} lines without its tests, over {FILE_LINES}: one idea per file");
    vec![file.finding("file-length", FILE_LINES + 1, lines, message)]
}

fn function_length(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in file.source.functions() {
        let lines = function.last - function.first + 1;
        let test = file.in_tests(function.first);
        let limit = if test { TEST_FUNCTION_LINES } else { FUNCTION_LINES };
        if lines > limit {
            let message = format!(
                "fn {} has {lines} lines, over {limit}: give its parts names",
                function.name
            );
            found.push(file.finding("function-length", function.first, lines, message));
        }
    }
    found
}

fn width(file: &File) -> Vec<Finding> {
    let kinds = ["rs", "py", "sh"];
    let extension = std::path::Path::new(&file.path).extension().unwrap_or_default();
    if !kinds.iter().any(|kind| extension == *kind) {
        return Vec::new();
    }
    let wide = (1..).zip(file.text.lines()).filter(|(_, text)| text.chars().count() > COLUMNS);
    wide.map(|(line, text)| {
        let message = format!("{} columns, over {COLUMNS}: break it", text.chars().count());
        file.finding("width", line, 1, message)
    })
    .collect()
}

/// What a reader is to finish is unfinished.
fn is_exercise(file: &File) -> bool {
    file.house() == "exercises"
}

fn unfinished(file: &File) -> Vec<Finding> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let macros = ["todo!", "unimplemented!", "dbg!"];
    let mut found = Vec::new();
    for (line, (code, prose)) in (1..).zip(file.source.code.lines().zip(file.source.prose.lines()))
    {
        for word in macros.iter().filter(|word| names(code, word.trim_end_matches('!'))) {
            if code.contains(*word) && !is_exercise(file) {
                let message = format!("`{word}`: finish it, or leave it out");
                found.push(file.finding("unfinished", line, 1, message));
            }
        }
        for mark in marks.iter().filter(|mark| names(prose, mark)) {
            let message = format!("{mark}: do it now, or write down why it is right as it is");
            found.push(file.finding("unfinished", line, 1, message));
        }
    }
    found
}

fn switched_off(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    let lines = file.source.code.lines().zip(file.source.prose.lines());
    for (line, (code, prose)) in (1..).zip(lines) {
        if code.contains("#[ignore") && !is_exercise(file) {
            let message =
                "an ignored test: make it run, or make it say why it cannot (libtest-mimic)";
            found.push(file.finding("switched-off", line, 1, message.to_owned()));
        }
        let comment = prose.trim_start().strip_prefix("//").unwrap_or_default();
        let asleep = ["#[test]", "assert!(", "assert_eq!(", "assert_ne!("];
        if asleep.iter().any(|start| comment.trim_start().starts_with(start)) {
            let message = "a test commented out: delete it or make it pass";
            found.push(file.finding("switched-off", line, 1, message.to_owned()));
        }
    }
    found
}

fn machine_path(file: &File) -> Vec<Finding> {
    let roots = ["work", "root", "home", "Users", "tmp"];
    let mut found = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for root in roots {
            let path = format!("/{root}/");
            let starts = |at: usize| {
                let before = text[..at].chars().next_back();
                before.is_none_or(|c| !c.is_alphanumeric() && !"/._-~$*}>)".contains(c))
            };
            if text.match_indices(&path).any(|(at, _)| starts(at)) {
                let message = format!("a path of one machine, {path}…: make it relative");
                found.push(file.finding("machine-path", line, 1, message));
            }
        }
    }
    found
}

fn boundary(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    // The benches run a bare mio loop beside ours; everybody else goes through `Io`.
    if !matches!(file.house(), "reactor" | "benches") {
        let advice = "only the reactor knows the system's sockets; go through `Io`";
        found.extend(file.named("boundary", &["mio", "socket2"], advice));
    }
    if file.is_engine() {
        let others: Vec<String> = PROTOCOLS
            .iter()
            .filter(|house| **house != file.house())
            .map(|house| format!("wirelab_{house}"))
            .collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let advice = "a protocol stands alone; what two share belongs in the reactor";
        found.extend(file.named("boundary", &others, advice));
    }
    if file.is_protocol() {
        let streams = ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "UnixListener"];
        let advice = "a protocol never holds a socket; go through `Io`";
        found.extend(file.named("boundary", &streams, advice));
        if !file.is_blocking() {
            let advice = "threads are for blocking.rs and blocking/ alone";
            found.extend(file.named("boundary", &["thread"], advice));
        }
    }
    found
}

fn clock(file: &File) -> Vec<Finding> {
    if !file.is_protocol() {
        return Vec::new();
    }
    let advice = "time comes in as a value (`Io::now`)";
    file.named("clock", &["Instant", "SystemTime"], advice)
}

fn layer(file: &File) -> Vec<Finding> {
    let pure = ["frame.rs", "head.rs", "session.rs", "peer.rs", "connection.rs"];
    let is_pure = pure.contains(&file.name()) || file.path.contains("/src/packet/");
    if !file.is_protocol() || !is_pure {
        return Vec::new();
    }
    let advice = "bytes, values and machines know nothing of the loop";
    file.named("layer", &["Io", "ConnId", "wirelab_reactor"], advice)
}

fn no_unsafe(file: &File) -> Vec<Finding> {
    let advice = "use nix or socket2; where it must be, put it on the list of allowances";
    file.named("unsafe", &["unsafe"], advice)
}

fn forbid_unsafe(file: &File) -> Vec<Finding> {
    let root = file.is_engine() && file.path.ends_with("/src/lib.rs");
    let empty = file.source.code.trim().is_empty();
    if !root || empty || file.source.code.contains("#![forbid(unsafe_code)]") {
        return Vec::new();
    }
    let message = "an engine without `#![forbid(unsafe_code)]`: add it below the opening";
    vec![file.finding("forbid-unsafe", 1, 1, message.to_owned())]
}

fn dependencies(file: &File) -> Vec<Finding> {
    if !file.is_engine() || file.name() != "Cargo.toml" {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut section = String::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        if let Some(name) = text.trim().strip_prefix('[') {
            section = name.trim_end_matches(']').into();
            // `[dependencies.mio]` names one in the heading itself.
            if let Some(name) = section.strip_prefix("dependencies.") {
                found.extend(dependency(file, line, name));
            }
        } else if section == "dependencies" || section.ends_with(".dependencies") {
            let name = text.split(['=', '.', ' ']).next().unwrap_or_default();
            found.extend(dependency(file, line, name));
        }
    }
    found
}

fn dependency(file: &File, line: usize, name: &str) -> Option<Finding> {
    let sockets = matches!(name, "mio" | "socket2") && file.house() != "reactor";
    let known = ENGINE_DEPENDENCIES.contains(&name) && !sockets;
    if name.is_empty() || name.starts_with('#') || known {
        return None;
    }
    let may = if file.house() == "reactor" { "" } else { " (and of these not mio, socket2)" };
    let message =
        format!("`{name}`: an engine depends on {} at most{may}", ENGINE_DEPENDENCIES.join(", "));
    Some(file.finding("dependencies", line, 1, message))
}
