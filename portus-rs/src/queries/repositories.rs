//! Repositories that the caller may see, with what was pushed to them last.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder as _,
    QuerySelect, QueryTrait as _, Select,
    sea_query::{Expr, ExprTrait as _, LikeExpr, SubQueryStatement},
};

use super::{
    filter::{Filter, filters, named},
    list::{Listing, in_order},
    registries,
    stars::Stars,
    tags,
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::{dialect, namespace, registry, repository, tag},
    error::{Error, Result},
    policy::{self, NamespaceFacts},
    protocol::image_name::ImageName,
};

/// A repository as it is shown.
pub struct Row {
    pub repository: repository::Model,
    pub namespace: namespace::Model,
    /// What clients write before the name.
    pub registry_hostname: String,
    pub tags_count: i64,
    pub stars: i64,
    /// Whether the caller has given one of them.
    pub starred: bool,
    pub last_tag: Option<tags::Row>,
    /// Whether the caller may delete it.
    pub destroyable: bool,
}

/// Repositories that the caller may see, all of them or a part.
pub struct Repositories {
    pub viewer: Viewer,
    pub which: Which,
}

/// Which repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    OfNamespace(i64),
    /// Of the caller's own teams.
    Own,
    /// Of all other teams.
    Others,
}

impl Listing for Repositories {
    type Entity = repository::Entity;
    type Row = Row;

    fn select(&self) -> Select<repository::Entity> {
        let narrowed = visible(&self.viewer);
        let own = namespace::Entity::find()
            .select_only()
            .column(namespace::Column::Id)
            .filter(policy::visible::own_namespaces(self.viewer.who))
            .into_query();
        let of = repository::Column::NamespaceId;
        match self.which {
            Which::All => narrowed,
            Which::OfNamespace(id) => narrowed.filter(of.eq(id)),
            Which::Own => narrowed.filter(of.in_subquery(own)),
            Which::Others => narrowed.filter(of.not_in_subquery(own)),
        }
    }

    fn id() -> repository::Column {
        repository::Column::Id
    }

    fn sort_column(name: &str) -> Option<repository::Column> {
        use repository::Column as C;
        Some(match name {
            "name" => C::Name,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            "description" => C::Description,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use repository::Column as C;
        filters! {
            "name" is(C::Name) "Of exactly this name.";
            "name_contains" contains(C::Name) "With this in the name, sign by sign.";
            "called" with(called) "With this in `namespace/name`, sign by sign.";
            "namespace" text(|it| Condition::all().add(C::NamespaceId.in_subquery(named(namespace::Entity, namespace::Column::Id, namespace::Column::Name.eq(it))))) "In namespaces of this name.";
            "namespace_id" id(C::NamespaceId) "In this namespace.";
            "registry" text(|it| Condition::all().add(C::NamespaceId.in_subquery(named(
                namespace::Entity,
                namespace::Column::Id,
                namespace::Column::RegistryId.in_subquery(named(registry::Entity, registry::Column::Id, registry::Column::Name.eq(it))),
            )))) "In the registry of this name.";
            "registry_id" number(|it| Condition::all().add(C::NamespaceId.in_subquery(named(namespace::Entity, namespace::Column::Id, namespace::Column::RegistryId.eq(it))))) "In this registry.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        by_ids(app, &self.viewer, ids).await
    }
}

fn visible(viewer: &Viewer) -> Select<repository::Entity> {
    let all = repository::Entity::find();
    let visible = policy::visible::namespaces(viewer.who);
    if visible.is_empty() {
        return all;
    }
    let namespaces = namespace::Entity::find()
        .select_only()
        .column(namespace::Column::Id)
        .filter(visible)
        .into_query();
    all.filter(repository::Column::NamespaceId.in_subquery(namespaces))
}

/// Repositories by id, in that order, with what belongs to them.
pub(super) async fn by_ids(app: &App, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Row>> {
    let found = repository::Entity::find()
        .filter(repository::Column::Id.is_in(ids.iter().copied()))
        .find_also_related(namespace::Entity)
        .all(app.database.reader())
        .await?;
    dress(app, viewer, ids, found).await
}

/// Which repositories hold a text in `namespace/name`: in either, or across the slash between them.
pub fn called(text: &str, backend: DatabaseBackend) -> Condition {
    let holds = |column: Expr, text: &str| dialect::contains(backend, column, text.to_owned());
    let of = |which: Expr| {
        repository::Column::NamespaceId.in_subquery(named(
            namespace::Entity,
            namespace::Column::Id,
            namespace::Column::Global.eq(false).and(which),
        ))
    };
    let name = || repository::Column::Name.into_expr();
    let space = || namespace::Column::Name.into_expr();
    let mut found = Condition::any()
        .add(holds(name(), text))
        .add(of(holds(space(), text)));
    if let Some((end, begin)) = text.split_once('/') {
        let like = |pattern: String| LikeExpr::new(pattern).escape('!');
        let literal = |text: &str| {
            text.replace('!', "!!")
                .replace('_', "!_")
                .replace('%', "!%")
        };
        let across = Condition::all()
            .add(of(space().like(like(format!("%{}", literal(end))))))
            .add(name().like(like(format!("{}%", literal(begin)))));
        found = found.add(across);
    }
    found
}

/// Adds registry, counts, stars and last tags, by a fixed number of queries.
async fn dress(
    app: &App,
    viewer: &Viewer,
    ids: &[i64],
    found: Vec<(repository::Model, Option<namespace::Model>)>,
) -> Result<Vec<Row>> {
    let hosts: HashMap<i64, String> = registries::all(app)
        .await?
        .into_iter()
        .map(|row| (row.id, row.shown_host().to_owned()))
        .collect();
    let counts: HashMap<i64, i64> = tag::Entity::find()
        .select_only()
        .column(tag::Column::RepositoryId)
        .column_as(tag::Column::Id.count(), "tags")
        .filter(tag::Column::RepositoryId.is_in(ids.iter().copied()))
        .group_by(tag::Column::RepositoryId)
        .into_tuple::<(i64, i64)>()
        .all(app.database.reader())
        .await?
        .into_iter()
        .collect();
    let stars = Stars::of(app, viewer, ids).await?;
    let mut last = last_tags(app, ids).await?;
    let rows = found.into_iter().filter_map(|(repository, namespace)| {
        let namespace = namespace?;
        let id = repository.id;
        let standing = viewer.standing_in(&namespace);
        let row = Row {
            registry_hostname: hosts
                .get(&namespace.registry_id)
                .cloned()
                .unwrap_or_default(),
            tags_count: counts.get(&id).copied().unwrap_or(0),
            stars: stars.count(id),
            starred: stars.is_own(id),
            last_tag: last.remove(&id),
            destroyable: policy::namespaces::delete(standing, &app.rules).granted,
            repository,
            namespace,
        };
        Some((id, row))
    });
    Ok(in_order(ids, rows))
}

/// What was pushed last, by repository: one step into an index for each.
async fn last_tags(app: &App, ids: &[i64]) -> Result<HashMap<i64, tags::Row>> {
    let newest = tag::Entity::find()
        .select_only()
        .column(tag::Column::Id)
        .filter(
            Expr::col((tag::Entity, tag::Column::RepositoryId))
                .equals((repository::Entity, repository::Column::Id)),
        )
        // Tags of this form say something about another image.
        .filter(tag::Column::Name.starts_with("sha256-").not())
        .order_by_desc(tag::Column::PushedAt)
        .order_by_desc(tag::Column::Id)
        .limit(1)
        .into_query();
    let newest = Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(newest)));
    let found: Vec<Option<i64>> = repository::Entity::find()
        .select_only()
        .expr_as(newest, "tag_id")
        .filter(repository::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(app.database.reader())
        .await?;
    let found: Vec<i64> = found.into_iter().flatten().collect();
    Ok(tags::by_ids(app, &found)
        .await?
        .into_iter()
        .map(|row| (row.tag.repository_id, row))
        .collect())
}

/// A repository that the caller may see.
pub async fn show(
    app: &App,
    viewer: &Viewer,
    id: i64,
) -> Result<(repository::Model, namespace::Model)> {
    let (row, namespace) = repository::Entity::find_by_id(id)
        .find_also_related(namespace::Entity)
        .one(app.database.reader())
        .await?
        .and_then(|(row, namespace)| Some((row, namespace?)))
        .ok_or(Error::NotFound)?;
    let facts = NamespaceFacts::from(&namespace);
    if policy::namespaces::pull(viewer.standing_in(&namespace), &facts).granted {
        Ok((row, namespace))
    } else {
        Err(Error::NotFound)
    }
}

/// One repository with what belongs to it.
pub async fn shown(
    app: &App,
    viewer: &Viewer,
    row: repository::Model,
    namespace: namespace::Model,
) -> Result<Row> {
    let id = row.id;
    dress(app, viewer, &[id], vec![(row, Some(namespace))])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// The repositories of these names in these registries, by both.
pub async fn ids_of(app: &App, names: &[(i64, &str)]) -> Result<HashMap<(i64, String), i64>> {
    let reader = app.database.reader();
    let parts = names
        .iter()
        .filter_map(|(registry_id, name)| Some((*registry_id, ImageName::parse(name).ok()?)));
    let parts: Vec<(i64, ImageName)> = parts.collect();
    if parts.is_empty() {
        return Ok(HashMap::new());
    }
    let spaces = parts.iter().filter_map(|(_, it)| it.namespace());
    let spaces: Vec<namespace::Model> = namespace::Entity::find()
        .filter(namespace::Column::RegistryId.is_in(parts.iter().map(|it| it.0)))
        .filter(
            Condition::any()
                .add(namespace::Column::Name.is_in(spaces))
                .add(namespace::Column::Global.eq(true)),
        )
        .all(reader)
        .await?;
    let found: Vec<(i64, String, i64)> = repository::Entity::find()
        .select_only()
        .columns([
            repository::Column::NamespaceId,
            repository::Column::Name,
            repository::Column::Id,
        ])
        .filter(repository::Column::NamespaceId.is_in(spaces.iter().map(|it| it.id)))
        .filter(repository::Column::Name.is_in(parts.iter().map(|(_, it)| it.repository())))
        .into_tuple()
        .all(reader)
        .await?;
    let known = found.into_iter().filter_map(|(space, name, id)| {
        let space = spaces.iter().find(|it| it.id == space)?;
        let whole = if space.global {
            name
        } else {
            format!("{}/{name}", space.name)
        };
        Some(((space.registry_id, whole), id))
    });
    Ok(known.collect())
}
