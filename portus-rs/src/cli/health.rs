//! `health`: the answer of the health page, found out without the server and fast enough for a container's probe.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    database::{self, Database, State},
    queries::by_name,
    remote::RegistryClients,
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
    /// Look at this part only: database, clair, ldap or registry; may be repeated
    #[arg(short, long = "component", value_name = "NAME")]
    component: Vec<String>,
}

/// Parts that have a name, whether or not they are in use here.
const KNOWN: [&str; 4] = ["database", "clair", "ldap", "registry"];
/// For each part.
const PATIENCE: Duration = Duration::from_secs(3);

type Found = (bool, String);

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
        report.push(("database", database(session).await?));
    }
    if wanted("registry") {
        report.push(("registry", registry(session).await?));
    }
    let good = report.iter().all(|(_, (success, _))| *success);
    if !quiet {
        let components: serde_json::Map<String, serde_json::Value> = report
            .into_iter()
            .map(|(name, (success, msg))| {
                let value = serde_json::json!({"msg": msg, "success": success});
                (name.to_owned(), value)
            })
            .collect();
        say(format!("{:#}", serde_json::Value::from(components)));
    }
    if good { Ok(()) } else { Err(Failure::Code(1)) }
}

async fn database(session: &Session) -> Result<Found, Failure> {
    let connection = session.connection()?;
    let (success, text) = match timeout(PATIENCE, database::state(&connection)).await {
        Err(_) => (false, "database timed out"),
        Ok(State::Ready) => (true, "database is up-to-date"),
        Ok(State::Empty) => (false, "database is initializing"),
        Ok(State::Missing) => (false, "database has not been created"),
        Ok(State::Down(_)) => (false, "cannot connect to database"),
        Ok(State::Newer(_) | State::Portus | State::Unknown(_)) => (false, "unknown error"),
    };
    Ok((success, text.to_owned()))
}

async fn registry(session: &Session) -> Result<Found, Failure> {
    let answer = timeout(PATIENCE, registries(session)).await;
    Ok(match answer {
        Err(_) => (false, "registry timed out".to_owned()),
        Ok(found) => found?,
    })
}

async fn registries(session: &Session) -> Result<Found, Failure> {
    let connection = session.connection()?;
    // Looking must not make a database that was not there.
    let rows = if database::state(&connection).await == State::Ready {
        match Database::connect(&connection).await {
            Ok(database) => by_name::registries(&database).await?,
            Err(_) => return Ok((false, "registry is not reachable".to_owned())),
        }
    } else {
        Vec::new()
    };
    if rows.is_empty() {
        return Ok((false, "no registry configured".to_owned()));
    }
    let clients = RegistryClients::new(&session.loaded()?.config)?;
    let mut failures = Vec::new();
    for row in &rows {
        if let Err(error) = clients.reachable(&row.hostname, row.use_ssl).await {
            failures.push(match rows.len() {
                1 => error.to_string(),
                _ => format!("{}: {error}", row.name),
            });
        }
    }
    Ok(if failures.is_empty() {
        (true, "registry is reachable".to_owned())
    } else {
        (false, failures.join("; "))
    })
}
