//! Accounts, with the personal namespace that Portus' clients know them by.

use std::collections::HashMap;

use openssl::hash::{MessageDigest, hash};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _, RelationTrait as _, Select,
};

use super::{
    filter::{Filter, filters, named},
    list::{Listing, in_order},
};
use crate::{
    app::App,
    entities::{Role, login_failure, namespace, team, team_user, user},
    error::{Error, Result},
    identity::{actor::PORTUS, names},
    keys::files::hex,
};

/// An account as it is shown.
pub struct Row {
    pub user: user::Model,
    /// Their namespace in the oldest registry.
    pub namespace_id: Option<i64>,
}

/// A member of a team as it is shown.
pub struct Member {
    pub row: Row,
    pub member_id: i64,
    pub role: Role,
}

/// All accounts, for admins.
pub struct Users;

impl Listing for Users {
    type Entity = user::Entity;
    type Row = Row;

    fn select(&self) -> Select<user::Entity> {
        user::Entity::find()
    }

    fn id() -> user::Column {
        user::Column::Id
    }

    fn sort_column(name: &str) -> Option<user::Column> {
        use user::Column as C;
        Some(match name {
            "username" => C::Username,
            "email" => C::Email,
            "current_sign_in_at" => C::CurrentSignInAt,
            "last_sign_in_at" => C::LastSignInAt,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            "admin" => C::Admin,
            "enabled" => C::Enabled,
            "locked_at" => C::LockedAt,
            "display_name" => C::DisplayName,
            "bot" => C::Bot,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use user::Column as C;
        filters! {
            "name" text(|it| Condition::all().add(C::CanonicalName.eq(names::canonical(&it)))) "Of exactly this username.";
            "username" text(|it| Condition::all().add(C::CanonicalName.eq(names::canonical(&it)))) "The same as `name`.";
            "name_contains" contains(C::Username) "With this in the username, sign by sign.";
            "email" text(|it| Condition::all().add(C::Email.eq(it.trim().to_lowercase()))) "With exactly this address.";
            "admin" flag(C::Admin) "Admins, or everybody else.";
            "enabled" flag(C::Enabled) "Enabled, or disabled.";
            "bot" flag(C::Bot) "Bots, or people.";
            "current_sign_in_after" after(C::CurrentSignInAt) "Signed in last after this moment.";
            "current_sign_in_before" before(C::CurrentSignInAt) "Signed in last before this moment.";
            "last_sign_in_after" after(C::LastSignInAt) "Signed in the time before that after this moment.";
            "last_sign_in_before" before(C::LastSignInAt) "Signed in the time before that before this moment.";
            "locked_after" after(C::LockedAt) "Locked after this moment.";
            "locked_before" before(C::LockedAt) "Locked before this moment.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let rows = user::Entity::find()
            .filter(user::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let rows = with_homes(app, rows).await?;
        Ok(in_order(
            ids,
            rows.into_iter().map(|row| (row.user.id, row)),
        ))
    }
}

/// The members of one team, disabled ones included.
pub struct Members {
    pub team_id: i64,
}

impl Listing for Members {
    type Entity = team_user::Entity;
    type Row = Member;

    fn select(&self) -> Select<team_user::Entity> {
        team_user::Entity::find().filter(team_user::Column::TeamId.eq(self.team_id))
    }

    fn id() -> team_user::Column {
        team_user::Column::Id
    }

    fn sort_column(_: &str) -> Option<team_user::Column> {
        None
    }

    fn filters() -> &'static [Filter] {
        use team_user::Column as C;
        filters! {
            "username" text(|it| Condition::all().add(C::UserId.in_subquery(named(
                user::Entity,
                user::Column::Id,
                user::Column::CanonicalName.eq(names::canonical(&it)),
            )))) "Of exactly this username.";
            "name_contains" text(|it| Condition::all().add(C::UserId.in_subquery(named(
                user::Entity,
                user::Column::Id,
                user::Column::Username.contains(it),
            )))) "With this in the username, sign by sign.";
            "role" word(&["viewer", "contributor", "owner"], |it| {
                it.parse::<Role>().map_or_else(
                    |()| Condition::all(),
                    |it| Condition::all().add(C::Role.eq(it)),
                )
            }) "In this role.";
            "created_after" after(C::CreatedAt) "Joined after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Joined before this moment.";
            "updated_after" after(C::UpdatedAt) "In their role since after this moment.";
            "updated_before" before(C::UpdatedAt) "In their role since before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Member>> {
        let found = team_user::Entity::find()
            .filter(team_user::Column::Id.is_in(ids.iter().copied()))
            .find_also_related(user::Entity)
            .all(app.database.reader())
            .await?;
        let mut memberships = Vec::with_capacity(found.len());
        let mut people = Vec::with_capacity(found.len());
        for (membership, person) in found {
            if let Some(person) = person {
                memberships.push((membership.id, membership.role));
                people.push(person);
            }
        }
        let rows = with_homes(app, people).await?;
        let members = memberships
            .into_iter()
            .zip(rows)
            .map(|((member_id, role), row)| {
                let member = Member {
                    row,
                    member_id,
                    role,
                };
                (member_id, member)
            });
        Ok(in_order(ids, members))
    }
}

/// All accounts but the hidden one, with what each belongs to, for the pages of admins.
pub struct People;

impl Listing for People {
    type Entity = user::Entity;
    type Row = (Row, Counts);

    fn select(&self) -> Select<user::Entity> {
        user::Entity::find().filter(user::Column::Username.ne(user::PORTUS))
    }

    fn id() -> user::Column {
        user::Column::Id
    }

    fn sort_column(name: &str) -> Option<user::Column> {
        Users::sort_column(name)
    }

    fn filters() -> &'static [Filter] {
        Users::filters()
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<(Row, Counts)>> {
        let rows = Users.load(app, ids).await?;
        let mut counts = counts_of(app, ids).await?;
        let with = rows.into_iter().map(|row| {
            let counts = counts.remove(&row.user.id).unwrap_or_default();
            (row, counts)
        });
        Ok(with.collect())
    }
}

/// How much these accounts belong to, by two queries; those that belong to nothing are left out.
async fn counts_of(app: &App, ids: &[i64]) -> Result<HashMap<i64, Counts>> {
    let of = || {
        team_user::Entity::find()
            .select_only()
            .column(team_user::Column::UserId)
            .column_as(team_user::Column::Id.count(), "count")
            .filter(team_user::Column::UserId.is_in(ids.iter().copied()))
            .group_by(team_user::Column::UserId)
    };
    let in_teams = namespace::Entity::belongs_to(team_user::Entity)
        .from(namespace::Column::TeamId)
        .to(team_user::Column::TeamId)
        .into();
    let mut found: HashMap<i64, Counts> = HashMap::new();
    let namespaces: Vec<(i64, i64)> = of()
        .join_rev(JoinType::InnerJoin, in_teams)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    for (id, count) in namespaces {
        found.entry(id).or_default().namespaces = count;
    }
    let teams: Vec<(i64, i64)> = of()
        .join(JoinType::InnerJoin, team_user::Relation::Team.def())
        .filter(team::Column::Hidden.eq(false))
        .into_tuple()
        .all(app.database.reader())
        .await?;
    for (id, count) in teams {
        found.entry(id).or_default().teams = count;
    }
    Ok(found)
}

/// Addresses from which an account is held back now after too many wrong passwords, and until when.
pub async fn held(app: &App, row: &user::Model) -> Result<Vec<login_failure::Model>> {
    Ok(login_failure::Entity::find()
        .filter(login_failure::Column::Account.eq(row.canonical_name.as_str()))
        .filter(login_failure::Column::HeldUntil.gt(app.clock.now()))
        .order_by_desc(login_failure::Column::HeldUntil)
        .limit(20)
        .all(app.database.reader())
        .await?)
}

/// The teams that an account is in, hidden ones aside, by their names.
pub async fn memberships(app: &App, user_id: i64) -> Result<Vec<(team::Model, Role)>> {
    let found = team_user::Entity::find()
        .filter(team_user::Column::UserId.eq(user_id))
        .find_also_related(team::Entity)
        .filter(team::Column::Hidden.eq(false))
        .order_by_asc(team::Column::Name)
        .all(app.database.reader())
        .await?;
    let rows = found.into_iter();
    Ok(rows
        .filter_map(|(row, team)| Some((team?, row.role)))
        .collect())
}

/// How much an account belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Of all its teams, hidden ones too.
    pub namespaces: i64,
    /// Hidden ones do not count.
    pub teams: i64,
}

pub async fn counts(app: &App, user_id: i64) -> Result<Counts> {
    let teams_of = team_user::Entity::find()
        .select_only()
        .column(team_user::Column::TeamId)
        .filter(team_user::Column::UserId.eq(user_id))
        .into_query();
    let namespaces = namespace::Entity::find()
        .filter(namespace::Column::TeamId.in_subquery(teams_of.clone()))
        .count(app.database.reader())
        .await?;
    let teams = team::Entity::find()
        .filter(team::Column::Id.in_subquery(teams_of))
        .filter(team::Column::Hidden.eq(false))
        .count(app.database.reader())
        .await?;
    let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Counts {
        namespaces: signed(namespaces),
        teams: signed(teams),
    })
}

/// The accounts of these names, by name; the hidden one is nobody's to see.
pub async fn ids_of(app: &App, names: &[&str]) -> Result<HashMap<String, i64>> {
    let found: Vec<(String, i64)> = user::Entity::find()
        .select_only()
        .columns([user::Column::Username, user::Column::Id])
        .filter(user::Column::Username.is_in(names.iter().copied()))
        .filter(user::Column::Username.ne(PORTUS))
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(found.into_iter().collect())
}

/// The name that pages call an account by.
pub fn display_name<'a>(app: &App, user: &'a user::Model) -> &'a str {
    other_name(app, user.display_name.as_deref()).unwrap_or(&user.username)
}

/// A display name, where pages show one instead of the user name.
pub fn other_name<'a>(app: &App, display_name: Option<&'a str>) -> Option<&'a str> {
    display_name.filter(|name| app.config.display_name && !name.is_empty())
}

/// Adds each account's namespace; the order stays.
pub async fn with_homes(app: &App, users: Vec<user::Model>) -> Result<Vec<Row>> {
    let homes: Vec<(Option<i64>, i64)> = namespace::Entity::find()
        .select_only()
        .columns([namespace::Column::PersonalUserId, namespace::Column::Id])
        .filter(namespace::Column::PersonalUserId.is_in(users.iter().map(|user| user.id)))
        .order_by_desc(namespace::Column::RegistryId)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    // The oldest registry comes last and stays.
    let homes: HashMap<i64, i64> = homes
        .into_iter()
        .filter_map(|(owner, id)| Some((owner?, id)))
        .collect();
    Ok(users
        .into_iter()
        .map(|user| Row {
            namespace_id: homes.get(&user.id).copied(),
            user,
        })
        .collect())
}

/// One account with its namespace.
pub async fn with_home(app: &App, user: user::Model) -> Result<Row> {
    with_homes(app, vec![user])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// What their namespace in the oldest registry is called.
pub async fn home_name(app: &App, id: i64) -> Result<Option<String>> {
    Ok(namespace::Entity::find()
        .select_only()
        .column(namespace::Column::Name)
        .filter(namespace::Column::PersonalUserId.eq(id))
        .order_by_asc(namespace::Column::RegistryId)
        .into_tuple()
        .one(app.database.reader())
        .await?)
}

/// An account; [`Error::NotFound`] without one.
pub async fn by_id(app: &App, id: i64) -> Result<user::Model> {
    user::Entity::find_by_id(id)
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)
}

/// The name itself, or the first of `NAME_01` to `NAME_998` that nobody has; the name where all are taken.
pub async fn free_name(app: &App, base: &str) -> Result<String> {
    let numbered = (1..999).map(|number| format!("{base}_{number:02}"));
    let mut candidates = std::iter::once(base.to_owned()).chain(numbered);
    for size in [1, 9, usize::MAX] {
        let wanted: Vec<String> = candidates.by_ref().take(size).collect();
        let canonical: Vec<String> = wanted.iter().map(|it| names::canonical(it)).collect();
        let taken: Vec<String> = user::Entity::find()
            .select_only()
            .column(user::Column::CanonicalName)
            .filter(user::Column::CanonicalName.is_in(&canonical))
            .into_tuple()
            .all(app.database.reader())
            .await?;
        let free = wanted.into_iter().zip(&canonical);
        if let Some((name, _)) = free.into_iter().find(|(_, it)| !taken.contains(it)) {
            return Ok(name);
        }
    }
    Ok(base.to_owned())
}

/// Whose e-mail address this is, however it is spelled: addresses are kept in lower case.
pub async fn by_email(app: &App, email: &str) -> Result<user::Model> {
    user::Entity::find()
        .filter(user::Column::Email.eq(email.trim().to_lowercase()))
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)
}

/// Somebody's picture at Gravatar, if that is switched on and there is an e-mail address to find it by.
pub fn avatar_url(app: &App, email: Option<&str>) -> Option<String> {
    let email = email.map(str::trim).filter(|it| !it.is_empty())?;
    if !app.config.gravatar {
        return None;
    }
    // MD5 is how Gravatar names people, and hides nothing.
    let digest = hash(MessageDigest::md5(), email.to_lowercase().as_bytes()).ok()?;
    Some(format!(
        "https://secure.gravatar.com/avatar/{}?d=identicon&r=G&s=40",
        hex(&digest)
    ))
}
