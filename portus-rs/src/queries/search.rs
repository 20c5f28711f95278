//! Repositories by a part of their name, as `docker search` asks for them.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::LikeExpr,
};

use crate::{
    app::App,
    entities::{namespace, repository},
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

/// Finds what the caller may see, global repositories first, each part in the order of names.
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
        .order_by_desc(namespace::Column::Global)
        .order_by_asc(namespace::Column::Name)
        .order_by_asc(repository::Column::Name)
        .order_by_asc(repository::Column::Id)
        .offset((search.page - 1).saturating_mul(search.size).min(total))
        .limit(search.size)
        .all(reader)
        .await?;
    let hits = rows.into_iter().filter_map(|(row, namespace)| {
        let namespace = namespace?;
        Some(Hit {
            name: if namespace.global {
                row.name
            } else {
                format!("{}/{}", namespace.name, row.name)
            },
            description: row.description,
            // Nobody can star anything yet.
            stars: 0,
            global: namespace.global,
            registry_id: namespace.registry_id,
        })
    });
    Ok(Found {
        total,
        hits: hits.collect(),
    })
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
