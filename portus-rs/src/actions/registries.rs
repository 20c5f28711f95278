//! Setting up registries.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, RelationTrait as _,
};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{TokenHeader, namespace, registry, repository},
    error::{Error, Result, is_taken},
    identity::{
        actor::Actor,
        secret::{self, Kind},
    },
    policy::registries::{CreateRegistry, ManageRegistry},
    queries::registries::{self, TAKEN},
};

/// A registry to be set up.
#[derive(Clone, Debug, Default)]
pub struct NewRegistry {
    pub name: String,
    /// `host[:port]`, also the service that tokens are made out for.
    pub hostname: String,
    pub use_ssl: bool,
    pub external_hostname: Option<String>,
    /// Unless said otherwise, the certificate goes along with each token.
    pub token_header: Option<TokenHeader>,
    /// It only passes on what another registry has.
    pub proxy: bool,
    /// What it proves itself with; without one, [`renew_events_secret`] makes it.
    pub events_secret: Option<String>,
    pub events_enforced: bool,
}

/// What is to be different about a registry; `None` leaves a field alone.
#[derive(Clone, Debug, Default)]
pub struct RegistryChanges {
    pub name: Option<String>,
    pub hostname: Option<String>,
    pub use_ssl: Option<bool>,
    pub external_hostname: Option<String>,
    pub token_header: Option<TokenHeader>,
    pub proxy: Option<bool>,
    /// A new secret for events; [`renew_events_secret`] makes one.
    pub events_secret: Option<String>,
    pub events_enforced: Option<bool>,
}

/// Sets up a registry: global namespace, a personal namespace for everybody. Whether it answers is asked before, by
/// whoever wants to know.
pub async fn create(app: &App, actor: &Actor, new: NewRegistry) -> Result<registry::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<CreateRegistry>(())?;
    let mut invalid = registries::check(&new.name, &new.hostname, new.external_hostname.as_deref());
    registries::check_secret(new.events_secret.as_deref(), &mut invalid);
    let names = (new.name.as_str(), new.hostname.as_str());
    registries::check_taken(change.reader(), names, None, &mut invalid).await?;
    invalid.into_result()?;
    let row = registry::ActiveModel {
        id: NotSet,
        name: Set(new.name.trim().to_owned()),
        hostname: Set(new.hostname.trim().to_owned()),
        external_hostname: Set(blank_is_none(new.external_hostname.as_deref())),
        use_ssl: Set(new.use_ssl),
        token_header: Set(new.token_header.unwrap_or(TokenHeader::X5c)),
        proxy: Set(new.proxy),
        events_secret_sha256: Set(new.events_secret.as_deref().map(secret::fingerprint)),
        events_enforced: Set(new.events_enforced),
        created_at: Set(change.now()),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let made = match change.insert(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(Error::invalid("hostname", TAKEN)),
        made => made?,
    };
    change.furnish(&permit, &made).await?;
    change.commit([Activity::registry_created(&made)]).await?;
    Ok(made)
}

/// Sets up a registry with a new secret for its events, which is shown now and never again.
pub async fn create_with_secret(
    app: &App,
    actor: &Actor,
    new: NewRegistry,
) -> Result<(registry::Model, String)> {
    let plain = secret::generate(Kind::Events)?;
    let new = NewRegistry {
        events_secret: Some(plain.clone()),
        ..new
    };
    Ok((create(app, actor, new).await?, plain))
}

/// Changes a registry. Its hostname stays once it holds repositories.
pub async fn update(
    app: &App,
    actor: &Actor,
    id: i64,
    changes: RegistryChanges,
) -> Result<registry::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageRegistry>(id).await?;
    let old = permit.on().clone();
    let name = changes
        .name
        .as_deref()
        .map_or(old.name.as_str(), str::trim)
        .to_owned();
    let hostname = changes
        .hostname
        .as_deref()
        .map_or(old.hostname.as_str(), str::trim)
        .to_owned();
    let external = match &changes.external_hostname {
        Some(text) => blank_is_none(Some(text)),
        None => old.external_hostname.clone(),
    };
    let mut invalid = registries::check(&name, &hostname, external.as_deref());
    registries::check_secret(changes.events_secret.as_deref(), &mut invalid);
    registries::check_taken(change.reader(), (&name, &hostname), Some(id), &mut invalid).await?;
    if hostname != old.hostname && has_repositories(&change, id).await? {
        invalid.add("hostname", "Registry is not empty, cannot change hostname");
    }
    invalid.into_result()?;
    let mut row = registry::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    let mut fields = Vec::new();
    if name != old.name {
        row.name = Set(name);
        fields.push("name");
    }
    if hostname != old.hostname {
        row.hostname = Set(hostname);
        fields.push("hostname");
    }
    if external != old.external_hostname {
        row.external_hostname = Set(external);
        fields.push("external_hostname");
    }
    if let Some(use_ssl) = changes.use_ssl.filter(|it| *it != old.use_ssl) {
        row.use_ssl = Set(use_ssl);
        fields.push("use_ssl");
    }
    if let Some(header) = changes.token_header.filter(|it| *it != old.token_header) {
        row.token_header = Set(header);
        fields.push("token_header");
    }
    if let Some(proxy) = changes.proxy.filter(|it| *it != old.proxy) {
        row.proxy = Set(proxy);
        fields.push("proxy");
    }
    if let Some(secret) = changes.events_secret {
        row.events_secret_sha256 = Set(Some(secret::fingerprint(&secret)));
        fields.push("events_secret");
    }
    if let Some(enforced) = changes
        .events_enforced
        .filter(|it| *it != old.events_enforced)
    {
        row.events_enforced = Set(enforced);
        fields.push("events_enforced");
    }
    if fields.is_empty() {
        return Ok(old);
    }
    row.updated_at = Set(change.now());
    let updated = match change.update(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(Error::invalid("hostname", TAKEN)),
        done => done?,
    };
    change
        .commit([Activity::registry_updated(&updated, &fields)])
        .await?;
    Ok(updated)
}

/// Makes a new secret for a registry's events. It is shown now and never again; the old one ends with it.
pub async fn renew_events_secret(app: &App, actor: &Actor, id: i64) -> Result<String> {
    let plain = secret::generate(Kind::Events)?;
    let changes = RegistryChanges {
        events_secret: Some(plain.clone()),
        ..RegistryChanges::default()
    };
    update(app, actor, id, changes).await?;
    Ok(plain)
}

fn blank_is_none(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
}

async fn has_repositories(change: &Change<'_>, registry_id: i64) -> Result<bool> {
    let count = repository::Entity::find()
        .join(
            sea_orm::JoinType::InnerJoin,
            repository::Relation::Namespace.def(),
        )
        .filter(namespace::Column::RegistryId.eq(registry_id))
        .limit(1)
        .count(change.reader())
        .await?;
    Ok(count > 0)
}
