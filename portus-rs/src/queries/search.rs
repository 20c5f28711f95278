//! Repositories by a part of their name, as `docker search` asks for them.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
    sea_query::{Expr, LikeExpr, SubQueryStatement},
};

use super::stars;
use crate::{
    app::App,
    entities::{namespace, repository, star},
    error::Result,
    policy::{self, Who},
};

/// What is looked for, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub who: Who,
    /// Only in this registry; in all of them without.
    pub registry_id: Option<i64>,
    /// A part of `namespace/name`, taken literally; nothing means everything.
    pub term: &'a str,
    /// From 1 on.
    pub page: u64,
    pub size: u64,
}

/// A repository that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// As a client writes it behind the registry's host.
    pub name: String,
    pub description: Option<String>,
    pub stars: i64,
    /// In the global namespace, where only admins put things.
    pub global: bool,
    pub registry_id: i64,
}

/// One page of what was found, and how much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub total: u64,
    pub hits: Vec<Hit>,
}

/// Finds what the caller may see: what most people like first, then what is global, then by name.
pub async fn repositories(app: &App, search: Search<'_>) -> Result<Found> {
    let Some(named) = holds(search.term) else {
        return Ok(Found::default());
    };
    let mut select = repository::Entity::find()
        .find_also_related(namespace::Entity)
        .filter(policy::visible::namespaces(search.who))
        .filter(named);
    if let Some(id) = search.registry_id {
        select = select.filter(namespace::Column::RegistryId.eq(id));
    }
    let reader = app.database.reader();
    let total = select.clone().count(reader).await?;
    let rows = select
        .order_by_desc(star_count())
        .order_by_desc(namespace::Column::Global)
        .order_by_asc(namespace::Column::Name)
        .order_by_asc(repository::Column::Name)
        .order_by_asc(repository::Column::Id)
        .offset((search.page - 1).saturating_mul(search.size).min(total))
        .limit(search.size)
        .all(reader)
        .await?;
    let ids: Vec<i64> = rows.iter().map(|(row, _)| row.id).collect();
    let stars = stars::counts(app, &ids).await?;
    let hits = rows.into_iter().filter_map(|(row, namespace)| {
        let namespace = namespace?;
        Some(Hit {
            stars: stars.get(&row.id).copied().unwrap_or(0),
            name: if namespace.global {
                row.name
            } else {
                format!("{}/{}", namespace.name, row.name)
            },
            description: row.description,
            global: namespace.global,
            registry_id: namespace.registry_id,
        })
    });
    Ok(Found {
        total,
        hits: hits.collect(),
    })
}

/// How many like the repository of the row: one step into an index.
fn star_count() -> Expr {
    use sea_orm::sea_query::ExprTrait as _;
    let count = star::Entity::find()
        .select_only()
        .column_as(star::Column::Id.count(), "stars")
        .filter(
            Expr::col((star::Entity, star::Column::RepositoryId))
                .equals((repository::Entity, repository::Column::Id)),
        )
        .into_query();
    Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(count)))
}

/// Which rows hold the term in their full names; `None` if no name can.
///
/// The slash between namespace and name is in no column, so a term with slashes may lie in the name alone, or its first
/// slash may be that one.
fn holds(term: &str) -> Option<Condition> {
    use sea_orm::sea_query::ExprTrait as _;
    let term = term.to_ascii_lowercase();
    let possible = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-/".contains(&c);
    if term.len() > 255 || !term.bytes().all(possible) {
        return None;
    }
    let of_a_team = || namespace::Column::Global.eq(false);
    let literal = |text: &str| text.replace('_', "!_");
    let like = |pattern: String| LikeExpr::new(pattern).escape('!');
    let anywhere = format!("%{}%", literal(&term));
    let mut found = Condition::any().add(
        repository::Column::Name
            .into_expr()
            .like(like(anywhere.clone())),
    );
    match term.split_once('/') {
        None => {
            let namespace = namespace::Column::Name.into_expr().like(like(anywhere));
            found = found.add(of_a_team().and(namespace));
        }
        Some((end, begin)) => {
            let namespace = namespace::Column::Name.into_expr();
            let name = repository::Column::Name.into_expr();
            found = found.add(
                of_a_team()
                    .and(namespace.like(like(format!("%{}", literal(end)))))
                    .and(name.like(like(format!("{}%", literal(begin))))),
            );
        }
    }
    Some(found)
}
