//! `health`: the answer of the health page, found out without the server and fast enough for a container's probe.

use crate::{
    database::{self, Connection, Database, State},
    entities::registry,
    error::Error,
    queries::{by_name, health},
    remote::{RegistryClients, ldap::Directory},
};

use super::{
    console::{complain, say},
    context::Session,
    failure::{Failure, Outcome},
};

/// Which parts to look at, and how to say what was found.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print nothing: the exit code says it
    #[arg(short, long)]
    quiet: bool,
    /// Look at this part only: database, clair, ldap, oauth or registry; may be repeated
    #[arg(short, long = "component", value_name = "NAME")]
    component: Vec<String>,
}

/// Parts that have a name, whether or not they are in use here.
const KNOWN: [&str; 5] = ["database", "clair", "ldap", "oauth", "registry"];

pub async fn check(session: &Session, options: Options) -> Outcome {
    let process = &session.loaded()?.config.process;
    let quiet = options.quiet || process.health_quiet;
    let chosen = if options.component.is_empty() {
        process.health_components.clone()
    } else {
        options.component
    };
    if let Some(stranger) = chosen.iter().find(|name| !KNOWN.contains(&name.as_str())) {
        complain(format!(
            "portus-rs: there is no component '{stranger}'; there are {}",
            KNOWN.join(", ")
        ));
        return Err(Failure::Code(1));
    }
    let wanted = |name: &str| chosen.is_empty() || chosen.iter().any(|it| it == name);
    let mut report = Vec::new();
    if wanted("database") {
        let connection = session.connection()?;
        report.push(health::of_database(database::state(&connection)).await);
    }
    if wanted("clair") {
        let config = &session.loaded()?.config;
        let clients = RegistryClients::new(config)?;
        report.extend(health::of_clair(config.security.clair.as_ref(), &clients).await);
    }
    if wanted("ldap") {
        let directory = Directory::new(&session.loaded()?.config)?;
        if let Some(component) = health::of_directory(directory.as_ref()).await {
            report.push(match kept(&session.connection()?).await? {
                Some(database) => health::with_departures(component, &database).await,
                None => component,
            });
        }
    }
    if wanted("oauth")
        && let Some(database) = kept(&session.connection()?).await?
    {
        let settings = &session.loaded()?.config.oauth;
        report.extend(health::of_providers(settings, &database).await);
    }
    if wanted("registry") {
        let clients = RegistryClients::new(&session.loaded()?.config)?;
        let connection = session.connection()?;
        report.push(Box::pin(health::of_registries(registries(&connection), &clients)).await);
    }
    let good = report.iter().all(|component| component.success);
    if !quiet {
        let components: serde_json::Map<String, serde_json::Value> = report
            .into_iter()
            .map(|component| {
                let value = serde_json::json!({"msg": component.msg, "success": component.success});
                (component.name.to_owned(), value)
            })
            .collect();
        say(format!("{:#}", serde_json::Value::from(components)));
    }
    if good { Ok(()) } else { Err(Failure::Code(1)) }
}

async fn registries(connection: &Connection) -> Result<Vec<registry::Model>, Error> {
    match kept(connection).await? {
        Some(database) => by_name::registries(&database).await,
        None => Ok(Vec::new()),
    }
}

/// The database, if it is there and has our tables: looking must not make one.
async fn kept(connection: &Connection) -> Result<Option<Database>, Error> {
    if database::state(connection).await != State::Ready {
        return Ok(None);
    }
    Ok(Some(Database::connect(connection).await?))
}
