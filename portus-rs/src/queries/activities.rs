//! Entries of the audit log, the newest first: what somebody may read of it, and all of it for admins.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use super::{
    feed,
    filter::{Filter, filters, named},
    list::{Listing, in_order},
    registries,
};
use crate::{
    activity::sentence::Hosts,
    app::App,
    entities::{activity, registry, team, user},
    error::Result,
    policy::{self, Who},
};

/// An entry with what its sentence needs.
pub struct Row {
    pub row: activity::Model,
    pub hosts: Arc<Hosts>,
}

/// What of the log this caller may read.
pub struct Activities {
    pub who: Who,
}

impl Listing for Activities {
    type Entity = activity::Entity;
    type Row = Row;

    fn select(&self) -> Select<activity::Entity> {
        activity::Entity::find().filter(policy::visible::activities(self.who))
    }

    fn id() -> activity::Column {
        activity::Column::Id
    }

    fn sort_column(name: &str) -> Option<activity::Column> {
        use activity::Column as C;
        Some(match name {
            "created_at" => C::CreatedAt,
            "key" => C::Key,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use activity::Column as C;
        filters! {
            "actor" is(C::ActorName) "Done by the account of this name, `portus` for the service itself.";
            "actor_id" id(C::ActorId) "Done by this account.";
            "action" scattered(|it| Condition::all().add(key(it)))
                "The entry's key, such as `repository.push`; one that ends in `*` means all that begin so.";
            "object_type" scattered(|it| Condition::all().add(C::TrackableType.eq(it).or(C::RecipientType.eq(it))))
                "About or to things of this kind, such as `Repository` or `User`.";
            "object_id" number(|it| Condition::all().add(C::TrackableId.eq(it).or(C::RecipientId.eq(it))))
                "About or to the thing of this id; give `object_type` too.";
            "object" scattered(object)
                "About the thing of this name: a namespace, `namespace/repository[:tag]`, team, account or token.";
            "registry" scattered(|it| Condition::all().add(C::RegistryId.in_subquery(named(
                registry::Entity,
                registry::Column::Id,
                registry::Column::Name.eq(it),
            )))) "In the registry of this name.";
            "registry_id" id(C::RegistryId) "In this registry.";
            "namespace_id" id(C::NamespaceId) "In this namespace.";
            "team_id" id(C::TeamId) "Of this team.";
            "created_after" after(C::CreatedAt) "Done after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Done before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Self::Row>> {
        let rows = activity::Entity::find()
            .filter(activity::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let hosts = hosts(app).await?;
        let rows = rows.into_iter().map(|row| {
            let hosts = Arc::clone(&hosts);
            (row.id, Row { row, hosts })
        });
        Ok(in_order(ids, rows))
    }
}

/// The number of the newest entry.
pub async fn latest(app: &App) -> Result<Option<i64>> {
    Ok(activity::Entity::find()
        .select_only()
        .column(activity::Column::Id)
        .order_by_desc(activity::Column::Id)
        .limit(1)
        .into_tuple()
        .one(app.database.reader())
        .await?)
}

/// The number of the newest entry that this caller may read.
pub async fn newest(app: &App, who: Who) -> Result<Option<i64>> {
    let found = feed::newest(app, who, &Condition::all(), 1).await?;
    Ok(found.first().copied())
}

async fn hosts(app: &App) -> Result<Arc<Hosts>> {
    let registries = registries::all(app).await?;
    let hosts = registries.into_iter().map(|row| (row.id, row.hostname));
    Ok(Arc::new(hosts.collect()))
}

/// Keys are compared as a range, so that an index finds those that begin alike and nothing in them is a pattern.
fn key(wanted: &str) -> sea_orm::sea_query::Expr {
    use activity::Column as C;
    match wanted.strip_suffix('*') {
        // No key has a sign behind this one.
        Some(start) => C::Key
            .gte(start)
            .and(C::Key.lt(format!("{start}\u{10ffff}"))),
        None => C::Key.eq(wanted),
    }
}

/// Everything that goes by a name, alive or gone.
fn object(name: &str) -> Condition {
    use activity::Column as C;
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    if let Some((namespace, repository)) = path.split_once('/') {
        let mut image = Condition::all()
            .add(C::NamespaceName.eq(namespace))
            .add(C::RepositoryName.eq(repository));
        if let Some(tag) = tag {
            image = image.add(C::TagName.eq(tag));
        }
        return image;
    }
    Condition::any()
        .add(C::NamespaceName.eq(name))
        .add(C::RepositoryName.eq(name))
        .add(C::TrackableName.eq(name))
        .add(C::RecipientName.eq(name))
        // What it was called when it happened need not be what it is called now.
        .add(
            Condition::all()
                .add(C::TrackableType.eq("Team"))
                .add(C::TeamId.in_subquery(named(
                    team::Entity,
                    team::Column::Id,
                    team::Column::Name.eq(name),
                ))),
        )
        .add(
            Condition::all()
                .add(C::RecipientType.eq("User"))
                .add(C::RecipientId.in_subquery(named(
                    user::Entity,
                    user::Column::Id,
                    user::Column::Username.eq(name),
                ))),
        )
}
