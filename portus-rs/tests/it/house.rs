//! The rules of the house that a compiler does not check.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rooms, from the doors down: each may use its neighbours of the same floor and the floors below. Doors do not see
/// each other, but that the command line starts the other two and runs jobs by hand.
const FLOORS: &[&[&str]] = &[
    &["web", "cli", "jobs"],
    &["actions", "queries", "identity"],
    &["policy", "activity", "remote"],
    &["entities", "protocol", "keys"],
];

fn may_use(room: &str, target: &str) -> bool {
    let floor = |name: &str| FLOORS.iter().position(|rooms| rooms.contains(&name));
    match (floor(room), floor(target)) {
        _ if room == target => true,
        (Some(0), Some(0)) => room == "cli",
        (Some(from), Some(to)) => to >= from,
        _ => true,
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

pub fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rooms that a file names with `crate::room`.
fn used(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("crate::") {
        rest = &rest[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ if depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
                    ',' if depth == 0 => word.clear(),
                    ':' if depth == 0 && !word.is_empty() => rooms.push(std::mem::take(&mut word)),
                    _ => {}
                }
            }
        } else {
            rooms.push(
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    rooms
}

#[test]
fn arrows_between_rooms_point_one_way() {
    let source = root().join("portus-rs/src");
    let mut wrong = Vec::new();
    for file in files(&source, "rs") {
        let inside = file.strip_prefix(&source).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap();
        for target in used(&fs::read_to_string(&file).unwrap()) {
            if !may_use(room, &target) {
                wrong.push(format!("{} uses {target}", inside.display()));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn paths_named_in_the_documentation_exist() {
    let root = root();
    let mut missing = Vec::new();
    let mut pages = files(&root.join("docs"), "md");
    pages.push(root.join("README.md"));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for named in text.split('`').skip(1).step_by(2) {
            let first = named.split('/').next().unwrap_or_default();
            let ours = [
                "portus-rs",
                "migrations",
                "views",
                "assets",
                "examples",
                "compose",
                "docs",
            ]
            .contains(&first);
            let plain = named
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            if named.contains('/') && ours && plain && !root.join(named).exists() {
                missing.push(format!("{}: {named}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn tests_named_in_the_documentation_exist() {
    let root = root();
    let tests: String = files(&root.join("portus-rs/tests/it"), "rs")
        .into_iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let page = fs::read_to_string(root.join("docs/AUTHORIZATION.md")).unwrap();
    let named = page.split('`').skip(1).step_by(2);
    let named: Vec<&str> = named
        .filter_map(|it| Some(it.rsplit_once("::")?.1))
        .collect();
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<&&str> = named
        .iter()
        .filter(|name| !tests.contains(&format!("fn {name}(")))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn no_source_file_outgrows_its_question() {
    let root = root();
    let mut long = Vec::new();
    for directory in ["portus-rs/src", "portus-rs/tests", "migrations/src"] {
        for file in files(&root.join(directory), "rs") {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            if lines > 500 {
                long.push(format!("{lines} {}", file.display()));
            }
        }
    }
    assert!(
        long.is_empty(),
        "split by the question they answer: {long:#?}"
    );
}

#[test]
fn every_key_of_the_audit_log_is_documented_and_no_other() {
    let root = root();
    // What reads entries also knows those of old Portus, which nothing writes any more.
    let readers = ["sentence.rs", "csv.rs", "tests.rs"];
    let source: String = files(&root.join("portus-rs/src/activity"), "rs")
        .iter()
        .filter(|file| !readers.iter().any(|name| file.ends_with(name)))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let nouns = [
        "team",
        "job",
        "namespace",
        "repository",
        "user",
        "application_token",
        "registry",
        "comment",
        "vulnerability",
        "webhook",
        "session",
        "second_factor",
        "passkey",
    ];
    let is_key = |text: &&str| {
        let noun = text.split(['.', ':']).next().unwrap_or_default();
        let plain = text
            .chars()
            .all(|c| c.is_ascii_lowercase() || "_.:".contains(c));
        nouns.contains(&noun) && plain && text.len() > noun.len() + 1
    };
    let mut written: Vec<&str> = source
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(is_key)
        .collect();
    let page = fs::read_to_string(root.join("docs/AUDIT.md")).unwrap();
    let lines = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut documented: Vec<&str> = lines.filter_map(|line| line.split('`').next()).collect();
    written.sort_unstable();
    written.dedup();
    documented.sort_unstable();
    assert!(written.len() > 20, "{written:?}");
    assert_eq!(written, documented);
}

/// Promises that were made and have to be kept.
const PROMISES: [&str; 24] = [
    "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "P1", "P2", "P3", "P4", "P5",
    "P6", "P7", "P8", "P9", "W7", "W8", "W9", "W12", "W13",
];

#[test]
fn every_promise_of_security_is_shown_by_tests_that_exist() {
    let root = root();
    let mut sources = files(&root.join("portus-rs/tests"), "rs");
    sources.extend(files(&root.join("portus-rs/src"), "rs"));
    let written: Vec<String> = sources
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let exists = |name: &str| {
        let head = format!("fn {name}(");
        written.iter().any(|text| text.contains(&head))
    };
    let page = fs::read_to_string(root.join("docs/SECURITY.md")).unwrap();
    let mut kept = Vec::new();
    let mut missing = Vec::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, promise, _, tests, _] = cells[..] else {
            continue;
        };
        let short = promise.len() < 4 && promise.ends_with(|c: char| c.is_ascii_digit());
        if !short {
            continue;
        }
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if !names.is_empty() {
            kept.push(promise);
        }
        missing.extend(names.into_iter().filter(|name| !exists(name)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
    for promise in PROMISES {
        assert!(kept.contains(&promise), "{promise} has no test");
    }
}
