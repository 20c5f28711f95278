//! Whose signed tokens open a bot: said and taken back by whoever looks after the bot.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use url::Url;

use super::{application_tokens::visible_namespace, change::Change};
use crate::{
    activity::Activity,
    app::App,
    entities::{TokenScope, bot_trust, user},
    error::{Error, Invalid, Result, is_taken, wordings},
    identity::actor::Actor,
    policy::users::ManageTrusts,
    protocol::claims::Patterns,
    remote::destination,
};

/// Trusts that a bot may have.
pub const MOST: u64 = 20;

/// A trust to be made.
#[derive(Clone, Debug, Default)]
pub struct NewTrust {
    pub name: String,
    pub issuer: String,
    pub audience: String,
    /// Patterns by name of the claim.
    pub claims: BTreeMap<String, String>,
    pub scope: Option<TokenScope>,
    /// Names or ids of the only namespaces it is good for; empty is no limit.
    pub namespaces: Vec<String>,
}

/// A trust as somebody wrote it, to be read.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub name: String,
    pub issuer: String,
    pub audience: String,
    /// Each as `NAME=PATTERN`.
    pub claims: Vec<String>,
    pub scope: Option<String>,
    pub namespaces: Vec<String>,
}

impl Written {
    pub fn understood(self) -> Result<NewTrust> {
        let mut invalid = Invalid::default();
        let mut claims = BTreeMap::new();
        for written in self.claims {
            match written.split_once('=') {
                Some((name, pattern)) => {
                    let name = name.trim();
                    let before = claims.insert(name.to_owned(), pattern.to_owned());
                    if before.is_some() {
                        invalid.add("claims", wordings::CLAIM_TWICE.with(&[&name]));
                    }
                }
                None => invalid.add("claims", wordings::CLAIM_WITHOUT_PATTERN.with(&[&written])),
            }
        }
        let scope = match self.scope.filter(|it| !it.is_empty()).map(|it| it.parse()) {
            None => None,
            Some(Ok(scope)) => Some(scope),
            Some(Err(())) => {
                invalid.add("scope", "is not included in the list");
                None
            }
        };
        invalid.into_result()?;
        let namespaces = self.namespaces.into_iter();
        Ok(NewTrust {
            name: self.name,
            issuer: self.issuer,
            audience: self.audience,
            claims,
            scope,
            namespaces: namespaces.filter(|it| !it.is_empty()).collect(),
        })
    }
}

/// Lets jobs with such a token be the bot.
pub async fn create(app: &App, actor: &Actor, bot: i64, new: NewTrust) -> Result<bot_trust::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageTrusts>(bot).await?;
    let bot = permit.on().clone();
    // As many as allowed, also when several are asked for at once.
    change.take_turns().await?;
    let scope = new.scope.unwrap_or(TokenScope::Push);
    let mut invalid = Invalid::default();
    let issuer = check_issuer(app, &new.issuer, &mut invalid);
    for (field, text) in [("name", &new.name), ("audience", &new.audience)] {
        if text.trim().is_empty() {
            invalid.add(field, "can't be blank");
        } else if text.chars().count() > 255 {
            invalid.add(field, "is too long (maximum is 255 characters)");
        }
    }
    if let Err(fault) = Patterns::read(&new.claims) {
        invalid.add("claims", fault);
    }
    let mut ids = Vec::new();
    for name in &new.namespaces {
        match visible_namespace(&change, name).await? {
            Some(found) => ids.push(found.id),
            None => invalid.add("namespaces", wordings::NO_SUCH_NAME.with(&[name])),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    match scope {
        // A job that may do everything could make itself other credentials.
        TokenScope::Full if ids.len() != 1 => {
            invalid.add(
                "scope",
                "full needs exactly one namespace, to which it is limited",
            );
        }
        TokenScope::Read if ids.len() > 1 => {
            invalid.add(
                "namespaces",
                "must not be more than one where the scope reaches the API",
            );
        }
        _ => {}
    }
    invalid.into_result()?;
    let held = bot_trust::Entity::find()
        .filter(bot_trust::Column::UserId.eq(bot.id))
        .count(change.reader())
        .await?;
    if held >= MOST {
        let text = wordings::TOO_MANY_TRUSTS.with(&[&MOST]);
        return Err(Error::invalid("base", text));
    }
    let json = |error: serde_json::Error| Error::Internal(error.into());
    let namespaces = match ids.as_slice() {
        [] => None,
        ids => Some(serde_json::to_string(ids).map_err(json)?),
    };
    let row = bot_trust::ActiveModel {
        id: NotSet,
        user_id: Set(bot.id),
        name: Set(new.name.trim().to_owned()),
        issuer: Set(issuer),
        audience: Set(new.audience.trim().to_owned()),
        claims: Set(serde_json::to_string(&new.claims).map_err(json)?),
        scope: Set(scope),
        namespaces: Set(namespaces),
        created_at: Set(change.now()),
        last_used_at: Set(None),
        last_used_ip: Set(None),
        last_subject: Set(None),
    };
    let made = match change.insert(&permit, row).await {
        Err(error) if is_taken(&error) => {
            return Err(Error::invalid("name", "has already been taken"));
        }
        made => made?,
    };
    change
        .commit([Activity::trust_created(&made, &bot)])
        .await?;
    Ok(made)
}

/// The issuer as it is stored. It has to be somewhere where we may ask for its keys.
fn check_issuer(app: &App, text: &str, invalid: &mut Invalid) -> String {
    let settings = &app.config.workload_identity;
    let issuer = text.trim().to_owned();
    let Ok(url) = Url::parse(&issuer) else {
        invalid.add("issuer", "is not a URL");
        return issuer;
    };
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if issuer.len() > 255 || !plain || !matches!(url.scheme(), "http" | "https") {
        invalid.add("issuer", "is not the URL of an issuer");
    } else if !settings.issuers.is_empty()
        && !settings
            .issuers
            .iter()
            .any(|it| it == issuer.trim_end_matches('/'))
    {
        invalid.add("issuer", "is none of workload_identity.issuers");
    } else if destination::check_url(&url, &settings.places).is_err() {
        invalid.add(
            "issuer",
            "is at an address where issuers may not be (an admin can allow it with workload_identity.allow_private or \
             workload_identity.allow_hosts)",
        );
    } else if url.scheme() == "http" && !destination::is_exception(&url, &settings.places) {
        invalid.add("issuer", "must be https");
    }
    issuer
}

/// Takes a trust back: no job enters by it from the next request on.
pub async fn delete(app: &App, actor: &Actor, bot: i64, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageTrusts>(bot).await?;
    let row = bot_trust::Entity::find_by_id(id)
        .filter(bot_trust::Column::UserId.eq(bot))
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    change
        .delete_where::<bot_trust::Entity, _>(&permit, bot_trust::Column::Id.eq(row.id))
        .await?;
    let bot: user::Model = permit.into_inner();
    change.commit([Activity::trust_destroyed(&row, &bot)]).await
}
