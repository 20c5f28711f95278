//! The application tokens of an account, of which at most a handful exist.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect as _, Select,
};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::{TokenScope, application_token, namespace, user},
    error::{Error, Result},
    policy::{self, Standing},
};

/// A token as it is shown.
pub struct Row {
    pub token: application_token::Model,
    /// The name of the only namespace it is good for; none if it is gone, and with it all use.
    pub namespace: Option<String>,
    /// Whether its time is over.
    pub expired: bool,
}

/// The tokens of an account: for itself, for admins, and for the owners of the team that a bot belongs to.
///
/// Whoever may not look learns nothing about which accounts there are.
pub async fn of(app: &App, viewer: &Viewer, user_id: i64) -> Result<Vec<Row>> {
    let list = list(app, viewer, user_id).await?;
    let tokens = list
        .select()
        .order_by_asc(application_token::Column::Id)
        .all(app.database.reader())
        .await?;
    dress(app, tokens).await
}

/// The same as a list of which parts can be asked for.
pub async fn list(app: &App, viewer: &Viewer, user_id: i64) -> Result<Tokens> {
    let owner = user::Entity::find_by_id(user_id)
        .one(app.database.reader())
        .await?;
    let standing = match owner.as_ref().and_then(|it| it.owner_team_id) {
        Some(team) => viewer.standing(team),
        None => Standing {
            who: viewer.who,
            role: None,
        },
    };
    match &owner {
        Some(owner) => policy::users::manage_tokens_of(standing, owner),
        // In the same words, whether the account exists or not.
        None => policy::users::manage_tokens(standing, user_id),
    }
    .granted()?;
    let owner = owner.ok_or(Error::NotFound)?;
    Ok(Tokens { user_id: owner.id })
}

/// The tokens of an account that has been looked at before.
pub struct Tokens {
    user_id: i64,
}

impl Listing for Tokens {
    type Entity = application_token::Entity;
    type Row = Row;

    fn select(&self) -> Select<application_token::Entity> {
        application_token::Entity::find().filter(application_token::Column::UserId.eq(self.user_id))
    }

    fn id() -> application_token::Column {
        application_token::Column::Id
    }

    fn sort_column(name: &str) -> Option<application_token::Column> {
        use application_token::Column as C;
        Some(match name {
            "application" => C::Application,
            "created_at" => C::CreatedAt,
            "expires_at" => C::ExpiresAt,
            "last_used_at" => C::LastUsedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use application_token::Column as C;
        filters! {
            "application" is(C::Application) "For exactly this application.";
            "name_contains" contains(C::Application) "With this in the application's name, sign by sign.";
            "scope" word(TokenScope::WORDS, |it| it.parse::<TokenScope>().map_or_else(
                |()| Condition::all(),
                |it| Condition::all().add(C::Scope.eq(it)),
            )) "With this much of the account's rights.";
            "namespace_id" id(C::NamespaceId) "Good for this namespace only.";
            "created_after" after(C::CreatedAt) "Issued after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Issued before this moment.";
            "expires_after" after(C::ExpiresAt) "Ends after this moment.";
            "expires_before" before(C::ExpiresAt) "Ends before this moment.";
            "last_used_after" after(C::LastUsedAt) "Used last after this moment, but for the last minute.";
            "last_used_before" before(C::LastUsedAt) "Used last before this moment, but for the last minute.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let tokens = application_token::Entity::find()
            .filter(application_token::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let rows = dress(app, tokens).await?;
        Ok(in_order(
            ids,
            rows.into_iter().map(|row| (row.token.id, row)),
        ))
    }
}

/// The tokens of accounts that the caller has been let near, by account.
pub(super) async fn of_all(app: &App, user_ids: &[i64]) -> Result<HashMap<i64, Vec<Row>>> {
    let tokens = application_token::Entity::find()
        .filter(application_token::Column::UserId.is_in(user_ids.iter().copied()))
        .order_by_asc(application_token::Column::Id)
        .all(app.database.reader())
        .await?;
    let mut owned: HashMap<i64, Vec<Row>> = HashMap::new();
    for row in dress(app, tokens).await? {
        owned.entry(row.token.user_id).or_default().push(row);
    }
    Ok(owned)
}

/// Adds names, and uses that have not been written yet.
async fn dress(app: &App, tokens: Vec<application_token::Model>) -> Result<Vec<Row>> {
    let names: HashMap<i64, String> = namespace::Entity::find()
        .select_only()
        .columns([namespace::Column::Id, namespace::Column::Name])
        .filter(namespace::Column::Id.is_in(tokens.iter().filter_map(|it| it.namespace_id)))
        .into_tuple::<(i64, String)>()
        .all(app.database.reader())
        .await?
        .into_iter()
        .collect();
    let now = app.clock.now();
    Ok(tokens
        .into_iter()
        .map(|mut token| {
            if let Some(last) = app.usage.of_token(token.id) {
                token.last_used_at = Some(last.at);
                token.last_used_ip = Some(last.address);
                token.last_used_client = Some(last.client);
            }
            Row {
                namespace: token.namespace_id.and_then(|id| names.get(&id).cloned()),
                expired: is_over(token.expires_at, now),
                token,
            }
        })
        .collect())
}

fn is_over(end: Option<NaiveDateTime>, now: NaiveDateTime) -> bool {
    end.is_some_and(|end| end <= now)
}

/// The limits of the token that a user has for an application.
pub async fn named(
    app: &App,
    user_id: i64,
    application: &str,
) -> Result<Option<application_token::Model>> {
    Ok(application_token::Entity::find()
        .filter(application_token::Column::UserId.eq(user_id))
        .filter(application_token::Column::Application.eq(application))
        .one(app.database.reader())
        .await?)
}
