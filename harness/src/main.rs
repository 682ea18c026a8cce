//! The binary: hands the command line to the library and its answer to the shell. It knows no more.

use std::process::ExitCode;

fn main() -> ExitCode {
    wirelab::cli::main()
}
