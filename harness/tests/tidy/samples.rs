//! A bad and a good sample for each rule, so that no rule can fall asleep.

use super::rules::{File, RULES};

fn broken(path: &str, text: &str) -> Vec<(&'static str, usize)> {
    let file = File::new(path, text);
    RULES.iter().flat_map(|rule| rule(&file)).map(|found| (found.rule, found.line)).collect()
}

fn assert_red(path: &str, text: &str, rule: &'static str, line: usize) {
    assert_eq!(broken(path, text), [(rule, line)], "{path}:\n{text}");
}

fn assert_green(path: &str, text: &str) {
    assert_eq!(broken(path, text), [], "{path}:\n{text}");
}

#[test]
fn a_file_opens_with_what_it_is() {
    assert_red("mqtt/src/a.rs", "fn a() {}\n", "opening", 1);
    assert_green("mqtt/src/a.rs", "//! A.\nfn a() {}\n");
}

#[test]
fn a_file_of_code_has_400_lines_without_its_tests() {
    let code = "//! A.\n".to_owned() + &"const A: u8 = 1;\n".repeat(400);
    assert_red("mqtt/src/a.rs", &code, "file-length", 401);
    let tests = "//! A.\n#[cfg(test)]\nmod tests {\n".to_owned() + &"use a;\n".repeat(400) + "}\n";
    assert_green("mqtt/src/a.rs", &tests);
    assert_green("mqtt/tests/a.rs", &code);
}

#[test]
fn a_function_has_60_lines_and_a_test_100() {
    let function = |lines: usize| format!("fn a() {{\n{}}}\n", "    b();\n".repeat(lines - 2));
    let code = |lines: usize| format!("//! A.\n{}", function(lines));
    assert_red("mqtt/src/a.rs", &code(61), "function-length", 2);
    assert_green("mqtt/src/a.rs", &code(60));
    let test =
        |lines: usize| format!("//! A.\n#[cfg(test)]\nmod tests {{\n{}}}\n", function(lines));
    assert_red("mqtt/src/a.rs", &test(101), "function-length", 4);
    assert_green("mqtt/src/a.rs", &test(100));
}

#[test]
fn a_line_has_100_columns() {
    let line = |columns: usize| format!("//! {}\n", "é".repeat(columns - 4));
    assert_red("harness/src/a.rs", &line(101), "width", 1);
    assert_green("harness/src/a.rs", &line(100));
    assert_red("harness/tests/lab/a.py", &"#".repeat(101), "width", 1);
}

#[test]
fn nothing_is_left_unfinished() {
    for end in ["todo!()", "unimplemented!()", "dbg!(1)"] {
        assert_red("mqtt/src/a.rs", &format!("//! A.\nfn a() {{ {end} }}\n"), "unfinished", 2);
    }
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
        assert_red("mqtt/src/a.rs", &format!("//! A.\n// {mark}: b\n"), "unfinished", 2);
    }
    assert_green("mqtt/src/a.rs", "//! A.\nconst TODOS: &str = \"a todo! list\";\n");
}

#[test]
fn no_test_is_switched_off() {
    let ignored = "//! A.\n#[test]\n#[ignore]\nfn a() {}\n";
    assert_red("mqtt/tests/a.rs", ignored, "switched-off", 3);
    assert_red("mqtt/tests/a.rs", "//! A.\n// #[test]\nfn a() {}\n", "switched-off", 2);
    assert_red("mqtt/tests/a.rs", "//! A.\n    // assert_eq!(1, 2);\n", "switched-off", 2);
    assert_green("mqtt/src/a.rs", "//! A.\n/// assert_eq!(1, 1);\nfn a() {}\n");
}

#[test]
fn no_path_of_one_machine() {
    for root in ["work", "root", "home", "Users", "tmp"] {
        assert_red("README.md", &format!("Look\nin /{root}/a.\n"), "machine-path", 2);
        assert_green("README.md", &format!("https://example.org/{root}/a ../{root}/a\n"));
    }
}

#[test]
fn only_the_reactor_names_the_sockets_of_the_system() {
    assert_red("mqtt/src/a.rs", "//! A.\nuse mio::Poll;\n", "boundary", 2);
    assert_red("harness/src/a.rs", "//! A.\nlet s = socket2::new();\n", "boundary", 2);
    assert_green("reactor/src/a.rs", "//! A.\nuse mio::Poll;\n");
    assert_green("mqtt/src/a.rs", "//! A. Not mio.\n// mio is below\n");
}

#[test]
fn a_protocol_stands_alone() {
    assert_red("mqtt/src/a.rs", "//! A.\nuse wirelab_zmtp::b;\n", "boundary", 2);
    assert_red("reactor/src/a.rs", "//! A.\nuse wirelab_zmtp::b;\n", "boundary", 2);
    assert_green("mqtt/src/a.rs", "//! A.\nuse wirelab_mqtt::b;\nuse wirelab_reactor::Io;\n");
    assert_green("harness/src/a.rs", "//! A.\nuse wirelab_zmtp::b;\nuse wirelab_mqtt::c;\n");
}

#[test]
fn a_protocol_has_no_socket_no_thread_and_no_clock() {
    assert_red("echo/src/a.rs", "//! A.\nuse std::net::TcpStream;\n", "boundary", 2);
    assert_red("echo/src/a.rs", "//! A.\nuse std::thread;\n", "boundary", 2);
    assert_green("echo/src/blocking.rs", "//! A.\nuse std::thread;\n");
    assert_green("echo/src/blocking/keeper.rs", "//! A.\nuse std::thread;\n");
    assert_green("echo/examples/lat.rs", "//! A.\nuse std::time::Instant;\n");
    assert_red("echo/src/blocking.rs", "//! A.\nuse std::time::Instant;\n", "clock", 2);
    assert_green("echo/src/a.rs", "//! A.\nuse std::net::SocketAddr;\n");
    assert_green("echo/tests/a.rs", "//! A.\nuse std::net::TcpStream;\n");
    assert_green("reactor/src/a.rs", "//! A.\nuse std::time::Instant;\n");
}

#[test]
fn bytes_and_machines_know_nothing_of_the_loop() {
    for path in ["mqtt/src/packet/publish.rs", "zmtp/src/frame.rs", "http/src/connection.rs"] {
        assert_red(path, "//! A.\nfn a(io: &mut Io) {}\n", "layer", 2);
    }
    assert_green("mqtt/src/broker.rs", "//! A.\nfn a(io: &mut Io) {}\n");
    assert_green("mqtt/src/session.rs", "//! A. Not `Io`.\nuse std::io;\n");
}

#[test]
fn unsafe_is_forbidden_in_engines_and_counted_elsewhere() {
    assert_red("mqtt/src/lib.rs", "//! A.\nfn a() {}\n", "forbid-unsafe", 1);
    assert_green("mqtt/src/lib.rs", "//! A.\n#![forbid(unsafe_code)]\nfn a() {}\n");
    assert_red("harness/src/a.rs", "//! A.\nfn a() { unsafe { b() } }\n", "unsafe", 2);
}

#[test]
fn an_engine_depends_on_little() {
    let manifest =
        |section: &str, line: &str| format!("[package]\nname = \"a\"\n[{section}]\n{line}\n");
    let path = "mqtt/Cargo.toml";
    assert_red(path, &manifest("dependencies", "tokio.workspace = true"), "dependencies", 4);
    assert_red(path, &manifest("dependencies", "mio.workspace = true"), "dependencies", 4);
    assert_red(path, &manifest("dependencies.serde", "version = \"1\""), "dependencies", 3);
    let foreign = manifest("target.'cfg(unix)'.dependencies", "libc = \"0.2\"");
    assert_red(path, &foreign, "dependencies", 4);
    assert_green(path, &manifest("dependencies", "# Why.\nbytes.workspace = true"));
    assert_green(path, &manifest("dev-dependencies", "proptest.workspace = true"));
    assert_green("reactor/Cargo.toml", &manifest("dependencies", "mio = \"1\""));
}
