//! What `help` prints: every command in its group, and how to begin.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use super::{
    console::say,
    failure::{Failure, Outcome},
    native::Cli,
    tasks,
};

/// Every command, by what people want to do. A test checks that none is missing.
const GROUPS: &[(&str, &[&str])] = &[
    ("Run", &["serve", "background", "crono", "job"]),
    ("Connect a registry", &["registry-config", "sync", "client"]),
    ("People", &["token", "logins", "ldap:confirm"]),
    (
        "Look",
        &[
            "explain",
            "events",
            "health",
            "ldap:check",
            "check_db",
            "check-config",
            "config",
        ],
    ),
    ("Other", &["secret", "completion", "version", "help"]),
];

const BEGIN: &str = "\
portus-rs decides who may push to and pull from a Docker registry, and shows what it holds.

Usage: portus-rs COMMAND
       portus-rs TASK[ARGUMENT,…]
";

const EXAMPLES: &str = "\
Begin:
  portus-rs serve
  portus-rs portus:create_registry[main,registry.example.com:5000,true]
  portus-rs registry-config                     put this into the registry's config.yml
  portus-rs portus:create_user[ada,ada@example.com,-,true]
  portus-rs explain ada repository:team/app:push

Old command lines go on working: bundle exec rake TASK, portusctl exec …, rails r bin/health.rb.
'portus-rs help COMMAND' and 'portus-rs help TASK' tell more. Settings: 'portus-rs config'.";

/// `help [TOPIC]`.
pub fn print(topic: Option<&str>) -> Outcome {
    let Some(topic) = topic else {
        say(overview());
        return Ok(());
    };
    if let Some(task) = tasks::find(topic.split('[').next().unwrap_or(topic)) {
        say(tasks::describe(task));
        return Ok(());
    }
    let mut cli = Cli::command();
    cli.build();
    match cli.find_subcommand_mut(topic) {
        Some(command) => {
            say(command.render_long_help().to_string().trim_end());
            Ok(())
        }
        None => Err(Failure::Aborted(format!(
            "there is no command or task '{topic}'{}; see portus-rs help",
            did_you_mean(topic)
        ))),
    }
}

/// The whole list.
pub fn overview() -> String {
    let cli = Cli::command();
    let mut text = BEGIN.to_owned();
    for (title, names) in GROUPS {
        let _ = write!(text, "\n{title}:\n");
        for name in *names {
            let about = cli.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {name:16} {about}");
        }
    }
    text.push_str("\nTasks, as rake had them:\n");
    for line in tasks::list(None).lines() {
        let _ = writeln!(text, "  {}", line.replacen("  # ", "  ", 1));
    }
    text.push('\n');
    text.push_str(EXAMPLES);
    text
}

/// `; did you mean 'X'?`, or nothing.
pub fn did_you_mean(word: &str) -> String {
    let word = word.split('[').next().unwrap_or(word);
    let commands = GROUPS.iter().flat_map(|(_, names)| names.iter().copied());
    let names = commands.chain(tasks::TASKS.iter().map(|task| task.name));
    let near = names
        .map(|name| (strsim(word, name), name))
        .filter(|(distance, name)| *distance <= (name.len() / 4).max(1))
        .min_by_key(|(distance, _)| *distance);
    // A task is often written without its first words.
    let tail = || {
        tasks::TASKS
            .iter()
            .find(|task| !word.is_empty() && task.name.rsplit(':').next() == Some(word))
            .map(|task| task.name)
    };
    match near.map(|(_, name)| name).or_else(tail) {
        Some(name) => format!("; did you mean '{name}'?"),
        None => String::new(),
    }
}

/// Letters to insert, drop or replace to get from one word to the other.
fn strsim(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().take(64).collect();
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_group() {
        let cli = Cli::command();
        let mut commands: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        commands.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(commands, grouped);
    }

    #[test]
    fn a_near_miss_is_answered_with_the_name_that_was_meant() {
        assert_eq!(did_you_mean("serv"), "; did you mean 'serve'?");
        assert_eq!(
            did_you_mean("create_user"),
            "; did you mean 'portus:create_user'?"
        );
        assert_eq!(
            did_you_mean("portus:make_amdin[x]"),
            "; did you mean 'portus:make_admin'?"
        );
        assert_eq!(did_you_mean("make_coffee"), "");
    }
}
