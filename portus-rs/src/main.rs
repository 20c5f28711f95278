use std::process::ExitCode;

use portus_rs::{cli, config::Sources};

fn main() -> ExitCode {
    // Words that are not UTF-8 name no command, task or file of ours, and an error says so better than a panic.
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    cli::run(words, Sources::from_process())
}
