//! What each job does when its time has come: one function a job, which says what it came to.

use std::{pin::Pin, sync::Arc};

use super::{
    Stop, catalog_sync, ldap_sync, manifest_details,
    provider_check::{self, Whom},
    storage,
};
use crate::{
    actions::{
        identities, mails, passkeys, password_resets, refresh_tokens, sessions, sync_runs, webhooks,
    },
    app::App,
    config::SyncStrategy,
    entities::SyncState,
    error::{Error, Result},
    identity::{seen, throttle},
    queries::{self, sync},
    remote::{Deletes, RegistryClient, Trust},
};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Sync(Option<SyncStrategy>),
    /// What somebody asked for, whatever is configured.
    Requested,
    /// Looking for jobs that somebody wants run.
    Wanted,
    Details,
    SelfTest,
    Mail,
    /// Telling other servers what happened.
    Webhooks,
    Usage,
    Housekeeping,
    /// How much room images take.
    Storage,
    /// Who of the directory's people is still there.
    People,
    /// Who of them is in which group.
    Groups,
    /// Who of the identity providers' people is still theirs.
    Providers,
    /// The same, also of those who have just been asked about.
    EveryProvider,
}

/// What a run came to that was not cut short by an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ran {
    /// How much it did, in the job's own measure.
    pub did: u64,
    /// Why there is nothing left to do until the next start.
    pub over: Option<&'static str>,
}

impl Ran {
    fn did(count: impl TryInto<u64>) -> Self {
        Self {
            did: count.try_into().unwrap_or(u64::MAX),
            ..Self::default()
        }
    }
}

const ONCE: &str = "task was ordered to execute once, and this has already been performed";
/// Boxed one by one, since the compiler cannot see through all of them at once.
pub(super) fn run<'a>(
    app: &'a Arc<App>,
    work: Work,
    stop: &'a Stop,
) -> Pin<Box<dyn Future<Output = Result<Ran>> + Send + 'a>> {
    match work {
        Work::Sync(strategy) => Box::pin(synchronise(app, strategy, stop)),
        Work::Requested => Box::pin(answer_requests(app, stop)),
        Work::Wanted => Box::pin(ring(app)),
        Work::Details => Box::pin(describe(app, stop)),
        Work::SelfTest => Box::pin(test_registries(app)),
        Work::Mail => Box::pin(send_mail(app)),
        Work::Webhooks => Box::pin(tell_webhooks(app)),
        Work::Usage => Box::pin(write_usage(app)),
        Work::Housekeeping => Box::pin(keep_house(app)),
        Work::Storage => Box::pin(async move { Ok(Ran::did(storage::run(app, stop).await?)) }),
        Work::People => {
            Box::pin(async move { Ok(Ran::did(ldap_sync::check_people(app, stop).await?)) })
        }
        Work::Groups => {
            Box::pin(async move { Ok(Ran::did(ldap_sync::check_groups(app, stop).await?)) })
        }
        Work::Providers => Box::pin(ask_providers(app, Whom::Due, stop)),
        Work::EveryProvider => Box::pin(ask_providers(app, Whom::Everybody, stop)),
    }
}

/// Begins what is due, whichever process was told that somebody wants it.
async fn ring(app: &Arc<App>) -> Result<Ran> {
    for name in queries::jobs::due(app).await? {
        app.wake.look_at(&name);
    }
    Ok(Ran::default())
}

/// A pass that failed says so in its row, and is not tried again by itself.
async fn answer_requests(app: &Arc<App>, stop: &Stop) -> Result<Ran> {
    catalog_sync::run_requested(app, stop).await?;
    Ok(Ran::default())
}

async fn describe(app: &Arc<App>, stop: &Stop) -> Result<Ran> {
    let done = manifest_details::run(app, stop).await?;
    Ok(Ran::did(done.described))
}

/// A letter that fails is put off by itself; the others go out all the same.
async fn send_mail(app: &Arc<App>) -> Result<Ran> {
    let done = mails::send_due(app).await?;
    if done.sent > 0 {
        tracing::debug!("sent {} letters", done.sent);
    }
    Ok(Ran::did(done.sent))
}

/// What fails is put off by itself, or given up.
async fn tell_webhooks(app: &Arc<App>) -> Result<Ran> {
    Ok(Ran::did(webhooks::sending::send_due(app).await?))
}

async fn write_usage(app: &Arc<App>) -> Result<Ran> {
    app.usage.write(app).await?;
    Ok(Ran::default())
}

async fn synchronise(app: &Arc<App>, strategy: Option<SyncStrategy>, stop: &Stop) -> Result<Ran> {
    let reports = catalog_sync::run_all(app, strategy, stop).await?;
    if let Some(failed) = reports
        .iter()
        .find(|report| report.state == SyncState::Failed)
    {
        let message = failed.message.as_deref().unwrap_or_default();
        return Err(Error::Remote(format!("{}: {message}", failed.registry)));
    }
    let strategy = strategy.unwrap_or(app.config.background.sync.strategy);
    let did: i64 = reports
        .iter()
        .map(|it| it.counts.added + it.counts.changed + it.counts.removed)
        .sum();
    let once = matches!(strategy, SyncStrategy::OnStart | SyncStrategy::Initial);
    let whole = !reports.is_empty() && reports.iter().all(|report| report.counts.errors == 0);
    Ok(Ran {
        over: (once && whole).then_some(ONCE),
        ..Ran::did(did)
    })
}

async fn ask_providers(app: &Arc<App>, whom: Whom, stop: &Stop) -> Result<Ran> {
    Ok(Ran::did(provider_check::run(app, whom, stop).await?))
}

/// Asks each registry whether it takes our tokens, and whether it deletes; the health page shows the answers. Fails when
/// one does not, so that it is asked again soon: registries that start with us may not be there yet.
async fn test_registries(app: &Arc<App>) -> Result<Ran> {
    let mut troubles = Vec::new();
    for registry in sync::registries(app, None).await? {
        if !registry.events_enforced && app.config.background.registry {
            tracing::warn!(
                "Until the registry {} has sent its secret once, anybody may tell events in its name: give it the \
                 Authorization header that `portus-rs registry-config` prints",
                registry.name
            );
        }
        let client = RegistryClient::new(app, &registry);
        match client.check_token().await {
            Trust::Accepted => {
                tracing::debug!("The registry {} accepts our tokens", registry.name);
            }
            Trust::Open => tracing::warn!(
                "The registry {} asks nobody for a token: whoever reaches it may do everything",
                registry.name
            ),
            Trust::Failed(error) => {
                troubles.push(format!("{}: {error}", registry.name));
                continue;
            }
        }
        let wanted = app.config.delete.enabled && !registry.proxy;
        if client.check_deletion().await == Deletes::No && wanted {
            tracing::warn!(
                "The registry {} deletes nothing, although delete.enabled is on here: start it with \
                 REGISTRY_STORAGE_DELETE_ENABLED=true",
                registry.name
            );
        }
    }
    if troubles.is_empty() {
        Ok(Ran::default())
    } else {
        Err(Error::Remote(troubles.join("; ")))
    }
}

/// What fails does not keep the rest from being cleared away; the first reason is told in the end.
async fn keep_house(app: &Arc<App>) -> Result<Ran> {
    let cleared = [
        ("unused logins", refresh_tokens::expire(app).await),
        ("ended sessions", sessions::expire(app).await),
        ("old synchronization runs", sync_runs::purge(app).await),
        (
            "old deliveries of webhooks",
            webhooks::deliveries::purge(app).await,
        ),
        ("forgiven failures", throttle::expire(app).await),
        ("links for passwords", password_resets::expire(app).await),
        ("letters", mails::expire(app).await),
        ("unfinished sign-ins", identities::expire(app).await),
        (
            "grants of identity providers",
            identities::upkeep::expire(app).await,
        ),
        ("questions to passkeys", passkeys::expire(app).await),
        ("tokens of jobs that were seen", seen::expire(app).await),
    ];
    let mut gone = 0;
    for (what, result) in cleared {
        let rows = result?;
        if rows > 0 {
            tracing::debug!("removed {rows} {what}");
        }
        gone += rows;
    }
    Ok(Ran::did(gone))
}
