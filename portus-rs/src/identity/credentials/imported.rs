//! Application tokens brought along from Portus: slow hashes, of which an account has a few. A guess costs as many whatever
//! its name, so that what it costs tells of no account.

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{Identified, Method, usable};
use crate::{
    actions::change::Change,
    app::App,
    entities::application_token,
    error::Result,
    identity::{actor::Actor, password::Checked, secret, throttle},
    policy::{Permit, Reach, guard::KeepBooks},
    queries::facts::{Facts, Login},
};

/// What came of comparing with the tokens brought along from Portus.
pub(super) enum Compared {
    Good(Box<Identified>),
    /// So many hashes were computed in vain.
    Wrong(u64),
}

/// The account if this is one of its imported tokens. In vain it costs as many hashes whatever the name, and nothing where
/// nobody has any.
pub(super) async fn imported_token(
    app: &App,
    facts: &Facts,
    login: Option<&Login>,
    shown: throttle::Shown<'_>,
) -> Result<Option<Identified>> {
    match compare_imported(app, facts, login, shown).await? {
        Compared::Good(found) => Ok(Some(*found)),
        Compared::Wrong(compared) => {
            level(app, facts, compared, shown).await?;
            Ok(None)
        }
    }
}

/// Makes up for the hashes that a name with more imported tokens would have cost.
pub(super) async fn level(
    app: &App,
    facts: &Facts,
    compared: u64,
    shown: throttle::Shown<'_>,
) -> Result<()> {
    for _ in compared..facts.most_imported().await? {
        app.passwords.check_no_import(shown).await?;
    }
    Ok(())
}

/// Tokens brought along from Portus are bcrypt hashes; the first use turns one into a fingerprint.
pub(super) async fn compare_imported(
    app: &App,
    facts: &Facts,
    login: Option<&Login>,
    shown: throttle::Shown<'_>,
) -> Result<Compared> {
    if facts.most_imported().await? == 0 {
        return Ok(Compared::Wrong(0));
    }
    let login = login.filter(|it| !it.account.is_portus());
    // A name that nobody has is looked for as well.
    let tokens = imported(app, login.map_or(0, |it| it.account.id)).await?;
    let Some(login) = login else {
        return Ok(Compared::Wrong(0));
    };
    let mut compared = 0;
    for token in tokens {
        if token.expires_at.is_some_and(|end| end <= app.clock.now()) {
            continue;
        }
        let stored = token.token_bcrypt.clone().unwrap_or_default();
        let checked = app.passwords.check(&login.account, &stored, shown).await?;
        if checked == Checked::Wrong {
            compared += 1;
            continue;
        }
        usable(app, &login.account)?;
        let mut change = Change::begin(app, &Actor::Portus).await?;
        let books = change.books()?;
        let row = application_token::ActiveModel {
            id: Set(token.id),
            token_sha256: Set(Some(secret::fingerprint(shown.password))),
            token_bcrypt: Set(None),
            ..Default::default()
        };
        change.update::<_, Permit<KeepBooks>>(&books, row).await?;
        change
            .commit_unrecorded("the same token, stored better")
            .await?;
        return Ok(Compared::Good(Box::new(Identified {
            account: Arc::clone(&login.account),
            method: Method::ApplicationToken { id: token.id },
            reach: Reach {
                scope: token.scope,
                namespace: token.namespace_id,
                ends: token.expires_at.is_some(),
            },
            further: Vec::new(),
            application_token: Some(token.id),
        })));
    }
    Ok(Compared::Wrong(compared))
}

async fn imported(app: &App, user_id: i64) -> Result<Vec<application_token::Model>> {
    Ok(application_token::Entity::find()
        .filter(application_token::Column::UserId.eq(user_id))
        .filter(application_token::Column::TokenBcrypt.is_not_null())
        .all(app.database.reader())
        .await?)
}
