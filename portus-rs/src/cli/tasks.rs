//! Every task there is, by the name that rake knew it by, and the arguments a call gives it.

use std::fmt::Write as _;

use super::{
    console,
    failure::{Failure, Outcome},
    rake::Call,
};

/// A task: what it takes and what it is for.
#[derive(Debug)]
pub struct Task {
    pub name: &'static str,
    /// In the order of the bracket list.
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
    /// Flags without a value.
    pub switches: &'static [&'static str],
    pub about: &'static str,
}

const fn task(name: &'static str, about: &'static str) -> Task {
    Task {
        name,
        required: &[],
        optional: &[],
        switches: &[],
        about,
    }
}

impl Task {
    const fn takes(mut self, required: &'static [&'static str]) -> Self {
        self.required = required;
        self
    }

    const fn may_take(mut self, optional: &'static [&'static str]) -> Self {
        self.optional = optional;
        self
    }

    const fn switches(mut self, switches: &'static [&'static str]) -> Self {
        self.switches = switches;
        self
    }

    /// `name[a,b]`, as the list of tasks shows it.
    pub fn signature(&self) -> String {
        let names: Vec<&str> = self.names().collect();
        if names.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}[{}]", self.name, names.join(","))
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.required.iter().chain(self.optional).copied()
    }
}

/// In the order of the alphabet, as `rake -T` lists them.
pub const TASKS: &[Task] = &[
    task(
        "cconfig:info",
        "Print the configuration in force, secrets masked",
    )
    .may_take(&["prefix"]),
    task(
        "db:create",
        "Create the database, if the server has none of that name",
    ),
    task(
        "db:drop",
        "Drop the tables of portus-rs with all that is in them",
    )
    .switches(&["yes"]),
    task(
        "db:migrate",
        "Bring the schema up to date; the server does so by itself when it starts",
    ),
    task(
        "db:migrate:reset",
        "Drop the tables of portus-rs and make them anew, empty",
    )
    .switches(&["yes"]),
    task(
        "db:migrate:status",
        "Print which steps of the schema the database has",
    ),
    task(
        "db:reset",
        "Drop the tables of portus-rs, make them anew and seed them",
    )
    .switches(&["yes"]),
    task(
        "db:schema:load",
        "Drop the tables of portus-rs and make them anew, empty",
    )
    .switches(&["yes"]),
    task(
        "db:seed",
        "Create the hidden account 'portus' in an empty database",
    ),
    task(
        "db:setup",
        "Create the database, its schema and the hidden account; never drops anything",
    ),
    task(
        "migrate:update_ldap_names",
        "Rename accounts of Portus 2.0 to their names in LDAP",
    ),
    task(
        "migrate:update_personal_namespaces",
        "Nothing: every account has its namespace",
    ),
    task(
        "portus:clear_passwords",
        "Clear local passwords, so that people log in through LDAP only",
    )
    .switches(&["yes", "force"]),
    task(
        "portus:create_api_account",
        "Create the hidden account 'portus', or give it the password PORTUS_PASSWORD again",
    ),
    task(
        "portus:create_registry",
        "Set up a registry, with its global and personal namespaces",
    )
    .takes(&["name", "hostname", "use_ssl"])
    .may_take(&["external"])
    .switches(&["force"]),
    task(
        "portus:create_user",
        "Create a user; '-' as the password reads it from standard input",
    )
    .takes(&["username", "email", "password", "admin"])
    .switches(&["password-stdin"]),
    task(
        "portus:db:configure",
        "Create the database and bring it up to date; never drops anything",
    ),
    task(
        "portus:db:drop_tables",
        "Drop the tables of portus-rs with all that is in them",
    )
    .switches(&["yes"]),
    task(
        "portus:db:reset",
        "Drop the tables of portus-rs, make them anew and seed them",
    )
    .switches(&["yes"]),
    task(
        "portus:info",
        "Print the configuration in force, secrets masked, and the version",
    ),
    task("portus:make_admin", "Make a user an admin").takes(&["username"]),
    task(
        "portus:update_tags",
        "Ask the registry again for the digests and sizes of tags that lack them",
    )
    .may_take(&["update"]),
    task(
        "secret",
        "Print a random secret, fit for PORTUS_SECRET_KEY_BASE",
    ),
];

/// Tasks of Portus that did something to its own checkout; image builds still call them.
const SILENT: &[&str] = &["assets:precompile", "assets:clean", "environment"];

pub fn find(name: &str) -> Option<&'static Task> {
    TASKS.iter().find(|task| task.name == name)
}

pub fn knows(name: &str) -> bool {
    find(name).is_some() || is_silent(name)
}

pub fn is_silent(name: &str) -> bool {
    SILENT.contains(&name)
}

/// The lines of `-T`, those that contain the pattern.
pub fn list(pattern: Option<&str>) -> String {
    let shown: Vec<&Task> = TASKS
        .iter()
        .filter(|task| pattern.is_none_or(|pattern| task.name.contains(pattern)))
        .collect();
    let width = shown
        .iter()
        .map(|task| task.signature().len())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = shown
        .iter()
        .map(|task| format!("{:width$}  # {}", task.signature(), task.about))
        .collect();
    lines.join("\n")
}

/// What `help TASK` prints.
pub fn describe(task: &Task) -> String {
    let mut text = format!("{}\n\n    portus-rs {}\n", task.about, task.signature());
    let names: Vec<String> = task.names().map(|name| format!("--{name}=…")).collect();
    if !names.is_empty() {
        let _ = write!(
            text,
            "    portus-rs {} {}\n\nIn the list, write \\, for a comma within an argument.",
            task.name,
            names.join(" ")
        );
    }
    if !task.switches.is_empty() {
        let switches: Vec<String> = task
            .switches
            .iter()
            .map(|name| format!("--{name}"))
            .collect();
        let _ = write!(text, "\nFlags: {}", switches.join(", "));
    }
    text.trim_end().to_owned()
}

/// What a call gives a task.
#[derive(Debug)]
pub struct Arguments {
    pub task: &'static Task,
    values: Vec<(&'static str, String)>,
    switches: Vec<&'static str>,
    surplus: usize,
}

impl Arguments {
    /// Sorts a call's items and flags by the names of the task's arguments.
    pub fn of(task: &'static Task, call: &Call) -> Result<Self, Failure> {
        let mut arguments = Self {
            task,
            values: task.names().zip(call.items.iter().cloned()).collect(),
            switches: Vec::new(),
            surplus: call.items.len().saturating_sub(task.names().count()),
        };
        for (flag, value) in &call.flags {
            arguments.take_flag(flag, value.as_deref())?;
        }
        Ok(arguments)
    }

    fn take_flag(&mut self, flag: &str, value: Option<&str>) -> Outcome {
        let task = self.task;
        let named = task.names().find(|name| *name == flag);
        let switch = task.switches.iter().find(|name| **name == flag);
        match (named, switch, value) {
            (Some(name), _, Some(value)) => {
                self.values.retain(|(other, _)| *other != name);
                self.values.push((name, value.to_owned()));
                Ok(())
            }
            (Some(name), _, None) => Err(Failure::aborted(format!(
                "write --{name}=VALUE, with the equals sign"
            ))),
            (None, Some(name), None) => {
                self.switches.push(name);
                Ok(())
            }
            (None, Some(name), Some(_)) => {
                Err(Failure::aborted(format!("--{name} takes no value")))
            }
            (None, None, _) => {
                let known: Vec<String> = task
                    .names()
                    .map(|name| format!("--{name}=…"))
                    .chain(task.switches.iter().map(|name| format!("--{name}")))
                    .collect();
                let known = if known.is_empty() {
                    "it takes none".to_owned()
                } else {
                    format!("it takes {}", known.join(", "))
                };
                Err(Failure::aborted(format!(
                    "{} has no flag --{flag}; {known}",
                    task.name
                )))
            }
        }
    }

    pub fn has(&self, switch: &str) -> bool {
        self.switches.contains(&switch)
    }

    /// An argument's value; empty when it was not given.
    pub fn get(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    pub fn given(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Puts a value in that was read elsewhere.
    pub fn set(&mut self, name: &'static str, value: String) {
        self.values.retain(|(other, _)| *other != name);
        self.values.push((name, value));
    }

    /// The password of this name: `--password-stdin` and `-` read it from standard input, once.
    pub fn read_password(&mut self, name: &'static str) -> Outcome {
        let asked = self.has("password-stdin");
        if asked && self.given(name).is_some_and(|value| value != "-") {
            return Err(Failure::aborted(
                "--password-stdin reads the password, so leave it out of the list",
            ));
        }
        if asked || self.given(name) == Some("-") {
            // Stands for the line until the arguments are known to be complete.
            self.set(name, "-".to_owned());
        }
        Ok(())
    }

    /// Replaces `-` by the line of standard input that it stands for.
    pub fn resolve_password(&mut self, name: &'static str) -> Outcome {
        if self.get(name) == "-" {
            self.set(name, console::read_secret(name)?);
        }
        Ok(())
    }

    /// Portus' check of how many arguments there are, with its texts.
    pub fn check_count(&self) -> Outcome {
        let required = self.task.required.len();
        let all = required + self.task.optional.len();
        let count = self.values.len() + self.surplus;
        let complete = self
            .task
            .required
            .iter()
            .all(|name| self.given(name).is_some());
        if !(complete && (count == required || count == all)) {
            return Err(Failure::answer(
                255,
                format!("There are {required} required arguments"),
            ));
        }
        let empty = self
            .task
            .required
            .iter()
            .find(|name| self.get(name).is_empty());
        match empty {
            Some(name) => Err(Failure::answer(
                255,
                format!("You have to provide a value for `{name}'"),
            )),
            None => Ok(()),
        }
    }

    /// A yes or no, in words; `name` is the argument's.
    pub fn boolean(&self, name: &str) -> Result<bool, Failure> {
        boolean(self.get(name)).ok_or_else(|| {
            Failure::answer(255, format!("Wrong value for '{name}': use true or false"))
        })
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "on" => Some(true),
        "false" | "f" | "no" | "n" | "0" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
