//! The commands of portus-rs' own, as clap reads them. Whatever it does not know may be a task of rake.

use clap::{CommandFactory as _, Parser, Subcommand};

use super::{client, events, explain, health, ldap, logins, registry_config, sync, tokens};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "portus-rs",
    about = "Authorization, teams and a console for an existing Docker registry",
    disable_help_subcommand = true,
    disable_version_flag = true,
    arg_required_else_help = false,
    max_term_width = 100
)]
pub struct Cli {
    /// Log everything to standard error
    #[arg(long, global = true, hide = true)]
    pub trace: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// What portus-rs can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service: HTTP and background jobs in one process
    #[command(visible_aliases = ["server", "s"])]
    Serve {
        /// Leave the background jobs to another process
        #[arg(long)]
        no_jobs: bool,
    },
    /// Run the background jobs without HTTP
    Background {
        /// Do everything there is to do once, and end
        #[arg(long)]
        one_shot: bool,
    },
    #[command(
        about = "Synchronise with the registry again and again, every CATALOG_CRON, and do nothing else"
    )]
    Crono,
    /// Compare with the registry once, now
    Sync(sync::Options),
    /// Run a background job once, now
    Job {
        #[command(subcommand)]
        deed: sync::JobDeed,
    },
    /// Print the registry's side of the configuration: its auth.token and notifications sections
    RegistryConfig(registry_config::Options),
    /// Say what somebody may do in the registry, by which rule, and what would change it
    Explain(explain::Options),
    /// Issue an application token for a user: for the API, and for docker in place of the password
    Token(tokens::Options),
    /// List where somebody is signed in, end it, take a lost second factor off, let in who is held back
    Logins {
        #[command(subcommand)]
        deed: logins::Deed,
    },
    #[command(
        name = "ldap:check",
        about = "Walk the steps of a login through the LDAP directory, and say what each found"
    )]
    LdapCheck(ldap::Options),
    #[command(
        name = "ldap:confirm",
        about = "Take people out of use whom the LDAP directory does not have any more, where they are too many at once"
    )]
    LdapConfirm,
    /// Ask the registry itself: its catalog, a manifest, whether it answers
    Client(client::Options),
    /// List notifications of the registry that could not be applied, and try them again
    Events {
        #[command(subcommand)]
        deed: events::Deed,
    },
    /// Print the state of each part the service needs, and end with code 1 if one is not well
    Health(health::Options),
    #[command(
        name = "check_db",
        alias = "check-db",
        about = "Print the database's state in one word: DB_READY, DB_EMPTY, DB_MISSING, DB_DOWN or DB_UNKNOWN"
    )]
    CheckDb {
        /// End with code 1 unless the database is ready
        #[arg(long)]
        exit_code: bool,
    },
    /// Say what is wrong with the configuration, without starting anything
    CheckConfig,
    /// Print the configuration in force, secrets masked
    Config,
    #[command(about = "Print a random secret, fit for PORTUS_SECRET_KEY_BASE")]
    Secret,
    /// Print a script that completes commands in a shell
    Completion {
        /// The shell to complete in
        shell: clap_complete::Shell,
    },
    /// Print the version
    Version,
    /// Explain a command or a task, or list them all
    Help {
        /// The command or task to explain
        topic: Option<String>,
    },
    /// A task of rake
    #[command(external_subcommand)]
    Rake(Vec<String>),
}

/// Whether a word is a command of ours.
pub fn knows(word: &str) -> bool {
    Cli::command().get_subcommands().any(|command| {
        command.get_name() == word || command.get_all_aliases().any(|alias| alias == word)
    })
}
