//! Tags with their authors and what is known of their manifests.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, JoinType, QueryFilter, QueryOrder as _,
    QuerySelect as _, Select,
    sea_query::{Alias, Expr, Query},
};

use super::{
    filter::{Filter, filters, named},
    list::{BATCH, Listing, ids, in_order},
    repositories,
    viewer::Viewer,
    vulnerabilities::{self, Weaknesses},
};
use crate::{
    app::App,
    entities::{manifest, repository, tag, user},
    error::{Error, Result},
};

/// A tag as it is shown.
pub struct Row {
    pub tag: tag::Model,
    /// Who pushed it, while the account exists.
    pub author: Option<user::Model>,
    pub manifest: Option<manifest::Model>,
    /// What scanners found; `None` without a scanner and while a scan is to come.
    pub weaknesses: Option<Weaknesses>,
}

impl Row {
    /// `os/architecture[/variant]` of what lies behind the tag.
    pub fn platforms(&self) -> Vec<String> {
        let text = self
            .manifest
            .as_ref()
            .and_then(|it| it.platforms.as_deref());
        text.map(platforms).unwrap_or_default()
    }
}

/// Platforms are kept in one text, separated by commas.
fn platforms(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Tags, of everything (for admins) or of one repository that has been looked at before.
pub struct Tags {
    pub repository_id: Option<i64>,
}

impl Listing for Tags {
    type Entity = tag::Entity;
    type Row = Row;

    fn select(&self) -> Select<tag::Entity> {
        match self.repository_id {
            Some(id) => tag::Entity::find().filter(tag::Column::RepositoryId.eq(id)),
            None => tag::Entity::find(),
        }
    }

    fn id() -> tag::Column {
        tag::Column::Id
    }

    fn sort_column(name: &str) -> Option<tag::Column> {
        use tag::Column as C;
        Some(match name {
            "name" => C::Name,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            "pushed_at" => C::PushedAt,
            "pulled_at" => C::PulledAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use tag::Column as C;
        filters! {
            "name" is(C::Name) "Of exactly this name.";
            "name_contains" contains(C::Name) "With this in the name, sign by sign.";
            "digest" is(C::Digest) "Of exactly this digest.";
            "repository" text(|it| Condition::all().add(C::RepositoryId.in_subquery(named(repository::Entity, repository::Column::Id, repository::Column::Name.eq(it))))) "In repositories of this name.";
            "repository_id" id(C::RepositoryId) "In this repository.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
            "pushed_after" after(C::PushedAt) "Pushed last after this moment.";
            "pushed_before" before(C::PushedAt) "Pushed last before this moment.";
            "pulled_after" after(C::PulledAt) "Pulled last after this moment.";
            "pulled_before" before(C::PulledAt) "Pulled last before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        whole_by_ids(app, ids).await
    }
}

/// Tags by id, in that order, with what scanners found behind them, by three queries.
async fn whole_by_ids(app: &App, ids: &[i64]) -> Result<Vec<Row>> {
    let mut rows = by_ids(app, ids).await?;
    let mut found = vulnerabilities::of_tags(app, rows.iter().map(|row| &row.tag)).await?;
    for row in &mut rows {
        row.weaknesses = found.remove(&row.tag.id);
    }
    Ok(rows)
}

/// Tags by id, in that order, by two queries.
pub(super) async fn by_ids(app: &App, ids: &[i64]) -> Result<Vec<Row>> {
    let found = tag::Entity::find()
        .filter(tag::Column::Id.is_in(ids.iter().copied()))
        .find_also_related(user::Entity)
        .all(app.database.reader())
        .await?;
    let same_digest = manifest::Entity::belongs_to(tag::Entity)
        .from((manifest::Column::RepositoryId, manifest::Column::Digest))
        .to((tag::Column::RepositoryId, tag::Column::Digest))
        .into();
    let manifests = manifest::Entity::find()
        .join(JoinType::InnerJoin, same_digest)
        .filter(tag::Column::Id.is_in(ids.iter().copied()))
        .all(app.database.reader())
        .await?;
    let manifests: HashMap<(i64, String), manifest::Model> = manifests
        .into_iter()
        .map(|row| ((row.repository_id, row.digest.clone()), row))
        .collect();
    let rows = found.into_iter().map(|(tag, author)| {
        let manifest = tag
            .digest
            .as_ref()
            .and_then(|digest| manifests.get(&(tag.repository_id, digest.clone())))
            .cloned();
        let row = Row {
            author,
            manifest,
            weaknesses: None,
            tag,
        };
        (row.tag.id, row)
    });
    Ok(in_order(ids, rows))
}

/// The names of the tags of each of these repositories that were pushed last, the newest first; one query.
pub async fn newest_names(
    app: &App,
    repository_ids: &[i64],
    most: i64,
) -> Result<HashMap<i64, Vec<String>>> {
    let place = Alias::new("place");
    let ranked = Query::select()
        .columns([tag::Column::Id])
        .expr_as(
            Expr::cust(
                "ROW_NUMBER() OVER (PARTITION BY repository_id ORDER BY pushed_at DESC, id DESC)",
            ),
            place.clone(),
        )
        .from(tag::Entity)
        .and_where(Expr::col(tag::Column::RepositoryId).is_in(repository_ids.iter().copied()))
        // Tags of this form say something about another image.
        .and_where(Expr::col(tag::Column::Name).not_like("sha256-%"))
        .to_owned();
    let first = Query::select()
        .column(tag::Column::Id)
        .from_subquery(ranked, Alias::new("ranked"))
        .and_where(Expr::col(place).lte(most))
        .to_owned();
    let rows: Vec<(i64, String)> = tag::Entity::find()
        .select_only()
        .columns([tag::Column::RepositoryId, tag::Column::Name])
        .filter(tag::Column::Id.in_subquery(first))
        .order_by_desc(tag::Column::PushedAt)
        .order_by_desc(tag::Column::Id)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    let mut found: HashMap<i64, Vec<String>> = HashMap::new();
    for (id, name) in rows {
        found.entry(id).or_default().push(name);
    }
    Ok(found)
}

/// How many tags each of these repositories has, those left out that say something about another image.
pub async fn counts_of_images(app: &App, repository_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let counted: Vec<(i64, i64)> = tag::Entity::find()
        .select_only()
        .column(tag::Column::RepositoryId)
        .column_as(tag::Column::Id.count(), "tags")
        .filter(tag::Column::RepositoryId.is_in(repository_ids.iter().copied()))
        .filter(tag::Column::Name.starts_with("sha256-").not())
        .group_by(tag::Column::RepositoryId)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(counted.into_iter().collect())
}

/// A tag in a repository that the caller may see; of that very repository if one is named.
pub async fn show(app: &App, viewer: &Viewer, id: i64, repository_id: Option<i64>) -> Result<Row> {
    let row = whole_by_ids(app, &[id])
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    if repository_id.is_some_and(|wanted| wanted != row.tag.repository_id) {
        return Err(Error::NotFound);
    }
    repositories::show(app, viewer, row.tag.repository_id).await?;
    Ok(row)
}

/// Tags by manifest, the group whose first tag moved last ahead; tags without a digest are one group.
pub async fn grouped<L>(app: &App, list: &L) -> Result<Vec<Vec<Row>>>
where
    L: Listing<Entity = tag::Entity>,
{
    let ids = ids(app, list, "id", false, None).await?;
    let mut groups: Vec<Vec<Row>> = Vec::new();
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    for batch in ids.chunks(BATCH) {
        for row in whole_by_ids(app, batch).await? {
            let place = *places.entry(row.tag.digest.clone()).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(place) {
                group.push(row);
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.first().map(|row| row.tag.updated_at)));
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::platforms;

    #[test]
    fn platforms_are_read_one_by_one() {
        assert_eq!(
            platforms("linux/amd64,linux/arm64/v8"),
            ["linux/amd64", "linux/arm64/v8"]
        );
        assert_eq!(platforms(""), Vec::<String>::new());
    }
}
