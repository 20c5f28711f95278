//! The registries this service speaks for, and whether another one could join them.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect as _, QueryTrait as _, Select,
};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
};
use crate::{
    app::App,
    entities::{namespace, registry, repository},
    error::{Invalid, Result, wordings},
};

pub async fn all(app: &App) -> Result<Vec<registry::Model>> {
    Ok(registry::Entity::find()
        .order_by_asc(registry::Column::Id)
        .all(app.database.reader())
        .await?)
}

/// All registries, for admins.
pub struct Registries;

impl Listing for Registries {
    type Entity = registry::Entity;
    type Row = registry::Model;

    fn select(&self) -> Select<registry::Entity> {
        registry::Entity::find()
    }

    fn id() -> registry::Column {
        registry::Column::Id
    }

    fn sort_column(name: &str) -> Option<registry::Column> {
        use registry::Column as C;
        Some(match name {
            "name" => C::Name,
            "hostname" => C::Hostname,
            "external_hostname" => C::ExternalHostname,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use registry::Column as C;
        filters! {
            "name" is(C::Name) "Of exactly this name.";
            "name_contains" contains(C::Name) "With this in the name, sign by sign.";
            "hostname" text(|it| Condition::any()
                .add(C::Hostname.eq(it.as_str()))
                .add(C::ExternalHostname.eq(it.as_str())))
                "At this address, be it for this service or for users.";
            "use_ssl" flag(C::UseSsl) "Reached over TLS, or not.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<registry::Model>> {
        let rows = registry::Entity::find()
            .filter(registry::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        Ok(in_order(ids, rows.into_iter().map(|row| (row.id, row))))
    }
}

/// Things in or about the registry that goes by this name or address.
pub fn of_named(column: impl ColumnTrait, named: &str) -> Condition {
    let ids = registry::Entity::find()
        .select_only()
        .column(registry::Column::Id)
        .filter(
            Condition::any()
                .add(registry::Column::Name.eq(named))
                .add(registry::Column::Hostname.eq(named)),
        )
        .into_query();
    Condition::all().add(column.in_subquery(ids))
}

/// A registry as somebody thinks of setting it up.
pub struct Candidate<'a> {
    pub name: &'a str,
    pub hostname: &'a str,
    pub external_hostname: Option<&'a str>,
    pub use_ssl: bool,
    /// What it is to show with its events, where somebody has chosen that.
    pub events_secret: Option<&'a str>,
    /// Whether to ask it for an answer.
    pub ask: bool,
}

/// What stands against a candidate.
pub struct Complaints {
    pub invalid: Invalid,
    /// Nothing is wrong with its hostname but that nobody answers there as a registry does.
    pub silent: bool,
}

/// Everything that stands against a candidate.
pub async fn complaints(app: &App, new: &Candidate<'_>) -> Result<Complaints> {
    let mut invalid = check(new.name, new.hostname, new.external_hostname);
    check_secret(new.events_secret, &mut invalid);
    let about_host = |invalid: &Invalid| invalid.fields().any(|(field, _)| field == "hostname");
    let sound = !about_host(&invalid);
    let names = (new.name, new.hostname);
    check_taken(app.database.reader(), names, None, &mut invalid).await?;
    let mut silent = false;
    if new.ask
        && sound
        && let Err(reason) = app
            .registries
            .reachable(new.hostname.trim(), new.use_ssl)
            .await
    {
        silent = !about_host(&invalid);
        invalid.add("hostname", reason.to_string());
    }
    Ok(Complaints { invalid, silent })
}

/// Whether nothing was ever pushed to a registry, or all of it has gone.
pub async fn is_empty(app: &App, id: i64) -> Result<bool> {
    let namespaces = namespace::Entity::find()
        .select_only()
        .column(namespace::Column::Id)
        .filter(namespace::Column::RegistryId.eq(id))
        .into_query();
    let found = repository::Entity::find()
        .filter(repository::Column::NamespaceId.in_subquery(namespaces))
        .one(app.database.reader())
        .await?;
    Ok(found.is_none())
}

/// Which of a registry's name and hostname another one has; `own` is the registry that is to have them, if it is there.
pub async fn check_taken(
    connection: &impl ConnectionTrait,
    (name, hostname): (&str, &str),
    own: Option<i64>,
    invalid: &mut Invalid,
) -> Result<()> {
    let (name, hostname) = (name.trim(), hostname.trim());
    let mut others = registry::Entity::find()
        .filter(
            Condition::any()
                .add(registry::Column::Name.eq(name))
                .add(registry::Column::Hostname.eq(hostname)),
        )
        .all(connection)
        .await?;
    others.retain(|row| own != Some(row.id));
    if others.iter().any(|row| row.name == name) {
        invalid.add("name", TAKEN);
    }
    if others.iter().any(|row| row.hostname == hostname) {
        invalid.add("hostname", TAKEN);
    }
    Ok(())
}

/// What is said of a name that another registry has.
pub const TAKEN: &str = "has already been taken";

/// What is wrong with a registry's names, whether or not somebody has them.
pub fn check(name: &str, hostname: &str, external: Option<&str>) -> Invalid {
    let mut invalid = Invalid::default();
    if name.trim().is_empty() {
        invalid.add("name", "can't be blank");
    } else if name.len() > 255 {
        invalid.add("name", "is too long (maximum is 255 characters)");
    }
    if hostname.trim().is_empty() {
        invalid.add("hostname", "can't be blank");
    } else if !is_host(hostname.trim()) {
        invalid.add("hostname", "is invalid");
    }
    if external.is_some_and(|it| !it.trim().is_empty() && !is_host(it.trim())) {
        invalid.add("external_hostname", "is invalid");
    }
    invalid
}

/// Shorter secrets can be guessed.
const SHORTEST_SECRET: usize = 16;

/// What is wrong with the secret that a registry is to show.
pub fn check_secret(secret: Option<&str>, invalid: &mut Invalid) {
    if secret.is_some_and(|it| it.chars().count() < SHORTEST_SECRET) {
        invalid.add(
            "events_secret",
            wordings::TOO_SHORT.with(&[&SHORTEST_SECRET]),
        );
    }
}

/// `host` or `host:port`, nothing before or behind it.
fn is_host(text: &str) -> bool {
    text.len() <= 255
        && !text.contains(['/', '@', '?', '#', '\\', '%'])
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && url::Url::parse(&format!("http://{text}/")).is_ok_and(|url| url.host().is_some())
}
