//! The door for people with a shell: every command line that Portus had, and our own.
//!
//! `forms.rs` reduces a command line to what is meant, `rake.rs` reads the language of tasks, `native.rs` our own
//! commands; here each is handed to the file of its noun. Answers go to standard output, logs and faults to standard
//! error.

mod client;
mod console;
mod context;
mod database;
mod events;
mod explain;
mod failure;
mod forms;
mod health;
mod help;
mod ldap;
mod logins;
mod native;
mod progress;
pub mod rake;
mod registries;
mod registry_config;
pub mod serve;
mod settings;
mod sync;
mod tags;
mod tasks;
mod tokens;
mod users;

use std::process::ExitCode;

use clap::Parser as _;

use crate::config::Sources;
use console::{complain, say};
use context::Session;
use failure::{Failure, Outcome};
use forms::Form;
use native::{Cli, Command};
use serve::Role;
use tasks::Arguments;

/// Runs a command line, its first word being the name that the program was called by. Returns the exit code.
pub fn run(words: impl IntoIterator<Item = String>, sources: Sources) -> ExitCode {
    let mut words = words.into_iter();
    let program = words.next().unwrap_or_default();
    let form = forms::read(&program, words);
    let prefix = match &form {
        Form::Rake(_) => "rake aborted!\n",
        _ => "portus-rs: ",
    };
    let code = match obey(form, sources, true) {
        Ok(()) => 0,
        Err(Failure::Code(code)) => code,
        Err(Failure::Answer { code, text }) => {
            say(text);
            code
        }
        Err(Failure::Aborted(text)) => {
            complain(format!("{prefix}{text}"));
            1
        }
        Err(Failure::NoProgram(name)) => {
            complain(format!(
                "portus-rs: '{name}' is not available; see portus-rs help"
            ));
            127
        }
    };
    ExitCode::from(code)
}

fn obey(form: Form, sources: Sources, may_delegate: bool) -> Outcome {
    match form {
        Form::Entry => entry(sources, may_delegate),
        Form::Rake(words) => rake_tasks(&words, sources),
        Form::ListTasks(pattern) => {
            let list = tasks::list(pattern.as_deref());
            if !list.is_empty() {
                say(list);
            }
            Ok(())
        }
        Form::Native(words) => native_command(words, sources),
        Form::Unavailable(name) => Err(Failure::NoProgram(name)),
        Form::NothingToRun => Err(Failure::answer(1, "You mush provide at least an argument")),
        Form::Logs => {
            say(
                "portus-rs keeps no log files: it logs to standard output, where its service manager or container keeps it",
            );
            Ok(())
        }
        Form::Setup(_) => Err(Failure::NoProgram("portusctl setup".to_owned())),
    }
}

/// What the container runs: the background, the command of the environment, or the server.
fn entry(sources: Sources, may_delegate: bool) -> Outcome {
    let session = Session::new(sources.clone(), false);
    let loaded = session.load()?;
    let process = &loaded.config.process;
    if process.background_only {
        return serve(&session, Role::Jobs);
    }
    let Some(command) = process.init_command.clone() else {
        return serve(&session, Role::Everything);
    };
    if !may_delegate {
        return Err(Failure::aborted(
            "PORTUS_INIT_COMMAND names portus-rs without a command",
        ));
    }
    let words = command.expose().split_whitespace().map(str::to_owned);
    let mut words: Vec<String> = words.collect();
    if words
        .first()
        .is_some_and(|word| word.rsplit('/').next() == Some("portus-rs"))
    {
        words.remove(0);
    }
    match forms::read("portus-rs", words) {
        Form::Unavailable(name) => {
            complain(
                "portus-rs: PORTUS_INIT_COMMAND must be one of the commands that 'portus-rs help' lists",
            );
            Err(Failure::NoProgram(name))
        }
        form => obey(form, sources, false),
    }
}

fn rake_tasks(words: &[String], mut sources: Sources) -> Outcome {
    let request = rake::read(words).map_err(Failure::aborted)?;
    sources.env.extend(request.environment);
    if request.calls.is_empty() {
        say(tasks::list(None));
        return Ok(());
    }
    let session = Session::new(sources, request.trace);
    for call in &request.calls {
        if tasks::is_silent(&call.name) {
            continue;
        }
        let task = tasks::find(&call.name).ok_or_else(|| {
            Failure::Aborted(format!(
                "Don't know how to build task '{}'{}",
                call.name,
                help::did_you_mean(&call.name)
            ))
        })?;
        perform(&session, Arguments::of(task, call)?)?;
    }
    Ok(())
}

fn perform(session: &Session, arguments: Arguments) -> Outcome {
    use database::Then;
    match arguments.task.name {
        "cconfig:info" => {
            settings::info(session, false);
            Ok(())
        }
        "portus:info" => {
            settings::info(session, true);
            Ok(())
        }
        "secret" => settings::secret(),
        "db:create" => context::run(database::create(session)),
        "db:migrate" => context::run(database::migrate(session)),
        "db:migrate:status" => context::run(database::status(session)),
        "db:setup" => context::run(database::set_up(session, true)),
        "portus:db:configure" => context::run(database::set_up(session, false)),
        "db:seed" => context::run(database::seed(session)),
        "db:drop" | "portus:db:drop_tables" => {
            context::run(database::drop_all(session, arguments, Then::Nothing))
        }
        "db:schema:load" | "db:migrate:reset" => {
            context::run(database::drop_all(session, arguments, Then::Schema))
        }
        "db:reset" | "portus:db:reset" => {
            context::run(database::drop_all(session, arguments, Then::Seed))
        }
        "migrate:update_ldap_names" => users::update_ldap_names(session),
        "migrate:update_personal_namespaces" => {
            say("Nothing to do: every account has its personal namespace.");
            Ok(())
        }
        "portus:clear_passwords" => context::run(users::clear_passwords(session, arguments)),
        "portus:create_api_account" => context::run(users::create_api_account(session)),
        "portus:create_registry" => context::run(registries::create(session, arguments)),
        "portus:create_user" => context::run(users::create(session, arguments)),
        "portus:make_admin" => context::run(users::make_admin(session, arguments)),
        "portus:update_tags" => context::run(tags::update(session, arguments)),
        other => Err(Failure::Aborted(format!(
            "Don't know how to build task '{other}'"
        ))),
    }
}

fn native_command(words: Vec<String>, sources: Sources) -> Outcome {
    match words[0].as_str() {
        "--help" | "-h" => return help::print(None),
        "--version" | "-V" => {
            say(settings::VERSION);
            return Ok(());
        }
        _ => {}
    }
    let words = std::iter::once("portus-rs".to_owned()).chain(words);
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // Clap knows by itself which stream its text belongs on.
            let _ = error.print();
            return if error.use_stderr() {
                Err(Failure::Code(1))
            } else {
                Ok(())
            };
        }
    };
    let session = Session::new(sources, cli.trace);
    match cli.command {
        Command::Serve { no_jobs } => serve(
            &session,
            if no_jobs {
                Role::Http
            } else {
                Role::Everything
            },
        ),
        Command::Background { one_shot: true } => {
            let loaded = session.loaded_to_serve()?;
            context::run(async { Ok(Box::pin(serve::one_shot(loaded)).await?) })
        }
        Command::Background { one_shot: false } => serve(&session, Role::Jobs),
        Command::Crono => serve(&session, Role::Sync),
        Command::Sync(options) => context::run(sync::run(&session, options)),
        Command::Job { deed } => context::run(sync::job(&session, deed)),
        Command::RegistryConfig(options) => context::run(registry_config::print(&session, options)),
        Command::Token(options) => context::run(tokens::issue(&session, options)),
        Command::Explain(options) => context::run(explain::print(&session, options)),
        Command::Logins { deed } => context::run(logins::perform(&session, deed)),
        Command::LdapCheck(options) => context::run(ldap::check(&session, options)),
        Command::LdapConfirm => context::run(ldap::confirm(&session)),
        Command::Health(options) => context::run(health::check(&session, options)),
        Command::Client(options) => context::run(client::ask(&session, options)),
        Command::Events { deed } => context::run(events::perform(&session, deed)),
        Command::CheckDb { exit_code } => context::run(database::check(&session, exit_code)),
        Command::CheckConfig => settings::check(&session),
        Command::Config => {
            settings::info(&session, false);
            Ok(())
        }
        Command::Secret => settings::secret(),
        Command::Completion { shell } => {
            use clap::CommandFactory as _;
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "portus-rs", &mut script);
            say(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Command::Version => {
            say(settings::VERSION);
            Ok(())
        }
        Command::Help { topic } => help::print(topic.as_deref()),
        Command::Rake(words) => unknown(&words, &session),
    }
}

/// What is no command of ours: a task, or a mistake.
fn unknown(words: &[String], session: &Session) -> Outcome {
    let name = words.first().map_or("", String::as_str);
    if tasks::knows(name) {
        return rake_tasks(words, session.sources().clone());
    }
    Err(Failure::Aborted(format!(
        "Don't know how to build task '{name}'{}\nSee portus-rs help.",
        help::did_you_mean(name)
    )))
}

fn serve(session: &Session, role: Role) -> Outcome {
    let loaded = session.loaded_to_serve()?;
    let names: Vec<&str> = session.sources().env.keys().map(String::as_str).collect();
    tracing::debug!("the environment has {}", names.join(" "));
    context::run(async { Ok(Box::pin(serve::serve(loaded, role)).await?) })
}
