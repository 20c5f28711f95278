//! The forms in which users' scripts call Portus, reduced to what is meant: `bundle exec rake …`, `portusctl exec …`,
//! `rails r bin/X.rb`, links named like those programs. Pure.

use std::path::Path;

/// What a command line means.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// No words: what the container's entry does.
    Entry,
    /// Words for rake, be they tasks or flags.
    Rake(Vec<String>),
    /// `-T [PATTERN]` and its kin.
    ListTasks(Option<String>),
    /// A command of our own with its words.
    Native(Vec<String>),
    /// A program of the old image that does not exist here.
    Unavailable(String),
    /// `portusctl rake` or `exec` without anything to run.
    NothingToRun,
    /// `portusctl logs`.
    Logs,
    /// `portusctl setup`, with its flags.
    Setup(Vec<String>),
}

/// Programs that the old image had and whose names may be links to this one.
const LINKS: &[&str] = &["bundle", "rake", "rails", "portusctl", "crono"];

/// Reads a command line: the name the program was called by, and the words behind it.
pub fn read(program: &str, words: impl IntoIterator<Item = String>) -> Form {
    let mut words: Vec<String> = words.into_iter().collect();
    let link = basename(program);
    if LINKS.contains(&link) {
        words.insert(0, link.to_owned());
    }
    if words.is_empty() {
        return Form::Entry;
    }
    reduce(words)
}

fn reduce(words: Vec<String>) -> Form {
    let mut rest = words.into();
    // Behind these a word names a program, not one of our commands.
    let mut wrapped = false;
    loop {
        rest = match step(rest, &mut wrapped) {
            Step::Again(rest) => rest,
            Step::Done(form) => return form,
        };
    }
}

enum Step {
    Again(std::collections::VecDeque<String>),
    Done(Form),
}

fn step(mut rest: std::collections::VecDeque<String>, wrapped: &mut bool) -> Step {
    let Some(first) = rest.front().cloned() else {
        return Step::Done(Form::NothingToRun);
    };
    let second = rest.get(1).map(String::as_str);
    match (first.as_str(), second) {
        ("bundle", Some("exec")) => {
            rest.drain(..2);
            *wrapped = true;
            Step::Again(rest)
        }
        ("portusctl", Some("exec")) => {
            rest.drain(..2);
            drop_exec_flags(&mut rest);
            *wrapped = true;
            Step::Again(rest)
        }
        ("portusctl", Some("rake")) => {
            rest.pop_front();
            if rest.len() == 1 {
                return Step::Done(Form::NothingToRun);
            }
            Step::Again(rest)
        }
        ("portusctl", Some("make_admin")) => {
            let name = rest.get(2).cloned().unwrap_or_default();
            let task = if name.is_empty() {
                "portus:make_admin".to_owned()
            } else {
                format!("portus:make_admin[{}]", name.replace(',', "\\,"))
            };
            Step::Done(Form::Rake(vec![task]))
        }
        ("portusctl", Some("logs")) => Step::Done(Form::Logs),
        ("portusctl", Some("setup")) => Step::Done(Form::Setup(rest.drain(2..).collect())),
        ("portusctl", _) => {
            rest.pop_front();
            if rest.is_empty() {
                rest.push_back("help".to_owned());
            }
            Step::Again(rest)
        }
        ("rake" | "bin/rake", _) => {
            rest.pop_front();
            Step::Done(rake(rest.into()))
        }
        ("rails" | "bin/rails", _) => {
            rest.pop_front();
            Step::Done(rails(rest.into()))
        }
        _ => Step::Done(plain(rest.into(), *wrapped)),
    }
}

/// `-l PATH`, `--local PATH`, `-v`, `--vendor` of the Go program.
fn drop_exec_flags(rest: &mut std::collections::VecDeque<String>) {
    while let Some(flag) = rest.front() {
        let takes_path = matches!(flag.as_str(), "-l" | "--local");
        let alone =
            matches!(flag.as_str(), "-v" | "--vendor" | "--") || flag.starts_with("--local=");
        if !takes_path && !alone {
            return;
        }
        rest.pop_front();
        if takes_path {
            rest.pop_front();
        }
    }
}

fn rake(words: Vec<String>) -> Form {
    match words.first().map(String::as_str) {
        None => Form::ListTasks(None),
        Some("--help" | "-h" | "-H") => Form::Native(vec!["help".to_owned()]),
        Some("--version" | "-V") => Form::Native(vec!["version".to_owned()]),
        _ => list(&words).unwrap_or(Form::Rake(words)),
    }
}

/// The flags of rake that ask which tasks there are.
fn list(words: &[String]) -> Option<Form> {
    let position = words.iter().position(|word| {
        matches!(
            word.as_str(),
            "-T" | "--tasks" | "-P" | "--prereqs" | "-D" | "--describe" | "-A" | "--all" | "-W"
        )
    });
    let Some(position) = position else {
        let joined = words
            .iter()
            .find_map(|word| word.strip_prefix("--tasks="))?;
        return Some(Form::ListTasks(Some(joined.to_owned())));
    };
    // Only `--trace` and its like may stand before.
    if words[..position].iter().any(|word| !word.starts_with('-')) {
        return None;
    }
    let pattern = words[position + 1..]
        .iter()
        .find(|word| !word.starts_with('-'));
    Some(Form::ListTasks(pattern.cloned()))
}

fn rails(words: Vec<String>) -> Form {
    let mut words = words.into_iter();
    match words.next().as_deref() {
        Some("s" | "server") => Form::Native(vec!["serve".to_owned()]),
        Some("r" | "runner") => {
            let mut words = words.skip_while(|word| word.starts_with('-'));
            match words.next() {
                Some(script) => script_call(&script, words),
                None => Form::Unavailable("rails runner".to_owned()),
            }
        }
        Some("-h" | "--help" | "help") | None => Form::Native(vec!["help".to_owned()]),
        // Since Rails 5 the tasks of rake are commands of rails too.
        Some(task) if task.contains(':') => {
            Form::Rake(std::iter::once(task.to_owned()).chain(words).collect())
        }
        Some(other) => Form::Unavailable(format!("rails {other}")),
    }
}

/// A file of `bin/` with its words.
fn script_call(script: &str, words: impl Iterator<Item = String>) -> Form {
    const SCRIPTS: &[&str] = &[
        "background",
        "check_db",
        "client",
        "crono",
        "health",
        "security",
    ];
    let name = basename(script);
    let name = name.strip_suffix(".rb").unwrap_or(name);
    // `rails runner ping host` is how the script's own usage text puts it.
    if SCRIPTS.contains(&name) {
        Form::Native(std::iter::once(name.to_owned()).chain(words).collect())
    } else {
        Form::Unavailable(script.to_owned())
    }
}

fn plain(words: Vec<String>, wrapped: bool) -> Form {
    if let Some(listing) = list(&words) {
        return listing;
    }
    let first = words[0].as_str();
    let script = Path::new(first).extension().is_some_and(|it| it == "rb")
        || first.starts_with("bin/")
        || first.contains("/bin/");
    if script {
        return script_call(first, words.iter().skip(1).cloned());
    }
    match first {
        "puma" => return Form::Native(vec!["serve".to_owned()]),
        "pumactl" if words.iter().any(|word| word == "start") => {
            return Form::Native(vec!["serve".to_owned()]);
        }
        "pumactl" | "bundle" => return Form::Unavailable(first.to_owned()),
        _ => {}
    }
    // One command of ours has a colon too.
    let is_task =
        (first.contains([':', '[']) && !super::native::knows(first)) || first == "--trace";
    if is_task {
        Form::Rake(words)
    } else if wrapped && !super::native::knows(first) && !super::tasks::knows(first) {
        Form::Unavailable(first.to_owned())
    } else {
        Form::Native(words)
    }
}

fn basename(program: &str) -> &str {
    Path::new(program)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or(program)
}

#[cfg(test)]
mod tests;
