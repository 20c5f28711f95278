//! `make bench`: the numbers that portus-rs holds itself to, as ratios from one run on one machine.
//!
//! `cargo bench -- [--strict] [GROUP…]`. Prints a table and ends with 0 when everything could be measured; with
//! `--strict`, a bar missed by more than 20 % ends it with 1. Groups: token, storm, event, sync, list, page, process.

#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "counts far below 2^52; a benchmark that cannot go on says where"
)]

mod around;
mod events;
mod fake_registry;
mod lists;
mod load;
mod openssl;
mod pages;
mod process;
mod real_registry;
mod stage;
mod storm;
#[path = "../../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the tests' own harness, of which this needs a part"
)]
mod support;
mod sync;
mod table;
mod tokens;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use table::Table;

/// A group's name and what measures it.
type Group = (&'static str, fn(&mut Table));

const GROUPS: [Group; 7] = [
    ("process", process::measure),
    ("token", tokens::measure),
    ("storm", storm::measure),
    ("event", events::measure),
    ("list", lists::measure),
    ("page", pages::measure),
    ("sync", sync::measure),
];

fn main() -> ExitCode {
    // `cargo bench` adds this to what its user wrote.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let strict = words.iter().any(|word| word == "--strict");
    let wanted: Vec<&String> = words
        .iter()
        .filter(|word| !word.starts_with("--"))
        .collect();
    if let Some(unknown) = wanted
        .iter()
        .find(|word| GROUPS.iter().all(|(name, _)| *name != word.as_str()))
    {
        let names = GROUPS.map(|(name, _)| name).join(", ");
        eprintln!("'{unknown}' is no group of this benchmark; there are: {names}");
        return ExitCode::from(2);
    }
    let mut table = Table::default();
    let mut broken = Vec::new();
    for (name, measure) in GROUPS {
        if !wanted.is_empty() && !wanted.iter().any(|word| word.as_str() == name) {
            continue;
        }
        eprintln!("measuring: {name}");
        // One group that cannot be measured must not hide the others' figures.
        if catch_unwind(AssertUnwindSafe(|| measure(&mut table))).is_err() {
            broken.push(name);
        }
    }
    table.print();
    if !broken.is_empty() {
        eprintln!("could not be measured: {}", broken.join(", "));
        return ExitCode::FAILURE;
    }
    let missed = table.missed_by(0.2);
    if strict && missed > 0 {
        eprintln!("{missed} bars are missed by more than 20 %");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
