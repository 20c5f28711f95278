//! Linking an account that is here already with one at a provider that has the same address: its owner shows that it is
//! theirs, by everything that it asks for. Until then nothing of it changes.

use std::sync::Arc;

use super::{
    Entering, Guest, Pending, Step, TRY_AGAIN, admit, fail, link,
    pending::{self, Claimed},
};
use crate::{
    actions::{
        change::Change,
        sessions::{First, Origin, Way},
    },
    app::App,
    entities::user,
    error::{Error, Result},
    identity::{
        actor::{Account, Actor},
        credentials::{self, Attempt, Method},
        oauth::{Recognised, ended_well, recognise},
    },
    queries::facts::Facts,
    remote::oauth::Provider,
};

fn stale() -> Error {
    Error::Refused(TRY_AGAIN.to_owned())
}

/// Links the account that has the address, once its owner has shown the password, and lets them in; where the account
/// asks for more, it is linked when that has been shown too.
pub async fn claim(
    app: &App,
    facts: &Facts,
    provider: Provider<'_>,
    pending: &Pending,
    password: &str,
    guest: &Guest<'_>,
) -> Result<Step> {
    let claimed = pending.claims.as_ref().ok_or_else(stale)?;
    let shown = prove(app, facts, provider, claimed, password, guest).await?;
    let user = claimable(app, pending, &shown).await?;
    if shown.second_factor {
        ended_well(app, guest.address).await;
        let first = First {
            method: provider.key().to_owned(),
            way: Way::Claiming(pending.id()),
        };
        return Ok(Step::Half(shown, first));
    }
    let entering = take(app, provider, pending, user).await?;
    admit(app, provider, &entering, guest).await
}

/// Links an account whose owner has shown all that it asks for.
pub async fn link_claimed(app: &App, pending: i64, account: &Account) -> Result<Option<Origin>> {
    let pending = pending::by_id(app, pending).await?.ok_or_else(stale)?;
    let provider = app.providers.named(&pending.profile.provider);
    let provider = provider.ok_or_else(stale)?;
    let user = claimable(app, &pending, account).await?;
    let entering = take(app, provider, &pending, user).await?;
    Ok(entering.origin(app))
}

/// Whose password it is.
async fn prove(
    app: &App,
    facts: &Facts,
    provider: Provider<'_>,
    claimed: &Claimed,
    password: &str,
    guest: &Guest<'_>,
) -> Result<Arc<Account>> {
    let attempt = Attempt {
        username: &claimed.username,
        secret: password,
        address: guest.address,
    };
    match credentials::check_first(app, facts, attempt).await {
        Ok(shown) if shown.method == Method::Password && shown.account.id == claimed.id => {
            Ok(shown.account)
        }
        // A token is for programs, and proves nothing here.
        Ok(_) => {
            fail(app, provider, guest.address, None, "no password").await?;
            Err(Error::NotSignedIn(
                "Invalid Username or password.".to_owned(),
            ))
        }
        Err(error) => {
            if let Error::NotSignedIn(text) | Error::Unproved(text) = &error {
                fail(app, provider, guest.address, None, text).await?;
            }
            Err(error)
        }
    }
}

/// What was true of the address when the provider told it has to be true now.
async fn claimable(app: &App, pending: &Pending, account: &Account) -> Result<user::Model> {
    match recognise(app.database.reader(), &pending.profile).await? {
        Recognised::Claimable(user) if user.id == account.id => Ok(user),
        _ => Err(stale()),
    }
}

/// Uses up what was kept, and links.
async fn take(
    app: &App,
    provider: Provider<'_>,
    pending: &Pending,
    user: user::Model,
) -> Result<Entering> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    if !pending.take(&mut change, &books).await? {
        return Err(stale());
    }
    change
        .commit_unrecorded("the link itself is recorded")
        .await?;
    let grant = pending.grant.as_ref();
    link(app, provider, user, &pending.profile, grant, "password").await
}
