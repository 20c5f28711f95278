//! Whether the parts this service needs are there. Asked at most every few seconds, however many ask.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::{sync::Mutex, time::timeout};

use super::{departures, jobs, registries};
use crate::{
    app::App,
    config::{Clair, OAuth},
    database::{self, Database, State},
    entities::registry,
    error::Result,
    remote::{RegistryClients, ldap::Directory},
};

const REMEMBERED: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(3);

/// How one part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub name: &'static str,
    pub success: bool,
    pub msg: String,
    /// What may be said to everybody where details are for admins.
    pub brief: &'static str,
}

/// The last report.
#[derive(Default)]
pub struct Health {
    last: Mutex<Option<(Instant, Vec<Component>)>>,
}

/// How all parts are, in the order in which they are listed.
pub async fn report(app: &App) -> Vec<Component> {
    // Whoever comes while it is being found out waits for that answer.
    let mut last = app.health.last.lock().await;
    if let Some((since, report)) = last.as_ref()
        && since.elapsed() < REMEMBERED
    {
        return report.clone();
    }
    let (database, scanner, directory, providers, registry) = tokio::join!(
        database(app),
        of_clair(app.config.security.clair.as_ref(), &app.registries),
        directory(app),
        of_providers(&app.config.oauth, &app.database),
        registry(app)
    );
    let report: Vec<Component> = std::iter::once(database)
        .chain(scanner)
        .chain(directory)
        .chain(providers)
        .chain([registry])
        .collect();
    *last = Some((Instant::now(), report.clone()));
    report
}

/// Whether requests can be served: the database answers and has our schema.
pub async fn ready(app: &App) -> bool {
    matches!(
        timeout(PATIENCE, database::look(&app.database)).await,
        Ok(State::Ready)
    )
}

async fn database(app: &App) -> Component {
    of_database(database::look(&app.database)).await
}

/// How the database is, from looking at it.
pub async fn of_database(look: impl Future<Output = State>) -> Component {
    let (success, msg) = match timeout(PATIENCE, look).await {
        Err(_) => (false, "database timed out"),
        Ok(State::Ready) => (true, "database is up-to-date"),
        Ok(State::Empty) => (false, "database is initializing"),
        Ok(State::Missing) => (false, "database has not been created"),
        Ok(State::Down(_)) => (false, "cannot connect to database"),
        Ok(State::Newer(_) | State::Portus | State::Unknown(_)) => (false, "unknown error"),
    };
    Component {
        name: "database",
        success,
        msg: msg.to_owned(),
        brief: msg,
    }
}

/// How Clair is, where it is configured: it tells its health on a port of its own.
pub async fn of_clair(settings: Option<&Clair>, clients: &RegistryClients) -> Option<Component> {
    const NO: &str = "clair is not reachable";
    let settings = settings?;
    let mut url = settings.server.url().clone();
    url.set_path("/health");
    url.set_query(None);
    let fault = if url.set_port(Some(settings.health_port)).is_err() {
        Err(Some("neither HTTP nor HTTPS"))
    } else {
        let asked = timeout(PATIENCE, clients.scanner_is_well(url)).await;
        asked.unwrap_or(Err(Some("connection timed out")))
    };
    let (success, msg, brief) = match fault {
        Ok(()) => (true, "clair is reachable".to_owned(), "clair is reachable"),
        Err(None) => (false, NO.to_owned(), NO),
        Err(Some(why)) => (false, format!("{NO}: {why}"), NO),
    };
    Some(Component {
        name: "clair",
        success,
        msg,
        brief,
    })
}

/// How the LDAP directory is, where one is configured.
pub async fn of_directory(directory: Option<&Directory>) -> Option<Component> {
    const NO: &str = "LDAP server is not reachable";
    let (success, msg) = match timeout(PATIENCE, directory?.reach()).await {
        Err(_) => (false, "LDAP server timed out".to_owned()),
        Ok(Ok(())) => (true, "LDAP server is reachable".to_owned()),
        Ok(Err(fault)) => (false, fault.to_string()),
    };
    Some(Component {
        name: "ldap",
        success,
        brief: if success {
            "LDAP server is reachable"
        } else {
            NO
        },
        msg,
    })
}

async fn directory(app: &App) -> Option<Component> {
    let component = of_directory(app.directory.as_ref()).await?;
    Some(with_departures(component, &app.database).await)
}

/// The directory, and whether many of its people seem to have left at once.
pub async fn with_departures(mut component: Component, database: &Database) -> Component {
    // Without the database nobody knows, and its own line says so.
    let held = timeout(PATIENCE, departures::held(database)).await;
    if let Some(held) = held.ok().and_then(Result::ok).flatten()
        && component.success
    {
        component.success = false;
        component.msg = held.sentence();
        component.brief = "too many people of the directory are missing";
    }
    component
}

/// Whether identity providers could be asked the last time whether people are still theirs.
pub async fn of_providers(settings: &OAuth, database: &Database) -> Option<Component> {
    const YES: &str = "identity providers answer";
    const NO: &str = "an identity provider does not answer";
    settings.recheck?;
    settings.providers.first()?;
    // Without the database nobody knows, and its own line says so.
    let last = timeout(PATIENCE, jobs::last_error(database, jobs::PROVIDERS)).await;
    let fault = last.ok().and_then(Result::ok).flatten();
    Some(Component {
        name: "oauth",
        success: fault.is_none(),
        brief: if fault.is_some() { NO } else { YES },
        msg: fault.unwrap_or_else(|| YES.to_owned()),
    })
}

async fn registry(app: &App) -> Component {
    of_registries(registries::all(app), &app.registries).await
}

/// How the registries are, from asking each of them.
pub async fn of_registries(
    rows: impl Future<Output = Result<Vec<registry::Model>>>,
    clients: &RegistryClients,
) -> Component {
    let (success, msg, brief) = match timeout(PATIENCE, ask(rows, clients)).await {
        Err(_) => (false, "registry timed out".to_owned(), UNREACHABLE),
        Ok(Ok(())) => (true, REACHABLE.to_owned(), REACHABLE),
        Ok(Err((msg, brief))) => (false, msg, brief),
    };
    Component {
        name: "registry",
        success,
        msg,
        brief,
    }
}

const REACHABLE: &str = "registry is reachable";
const UNREACHABLE: &str = "registry is not reachable";

async fn ask(
    rows: impl Future<Output = Result<Vec<registry::Model>>>,
    clients: &RegistryClients,
) -> Result<(), (String, &'static str)> {
    const NONE: &str = "no registry configured";
    let all = rows
        .await
        .map_err(|_| (UNREACHABLE.to_owned(), UNREACHABLE))?;
    if all.is_empty() {
        return Err((NONE.to_owned(), NONE));
    }
    let answers = join_all(
        all.iter()
            .map(|row| clients.reachable(&row.hostname, row.use_ssl)),
    )
    .await;
    let failures: Vec<String> = all
        .iter()
        .zip(answers)
        .filter_map(|(row, answer)| {
            let reason = answer.err()?;
            // Only where there are several does a name help.
            Some(if all.len() > 1 {
                format!("{}: {reason}", row.name)
            } else {
                reason.to_string()
            })
        })
        .collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err((failures.join("; "), UNREACHABLE))
    }
}
