//! What would go if something were deleted, told before anybody does it.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder as _,
    QuerySelect, QueryTrait as _, RelationTrait as _, Select,
    sea_query::{Expr, ExprTrait as _, Func, SelectStatement},
};

use super::{sync::full_name, teams, viewer::Viewer};
use crate::{
    app::App,
    entities::{dialect, manifest, manifest_child, namespace, repository, tag},
    error::Result,
    policy::{self, NamespaceFacts, Rule, Verdict},
};

/// Names and digests listed of each kind; the counts tell whether there are more.
pub const LISTED: u64 = 100;

/// What goes with a tag.
pub struct OfTag {
    /// Unknown where nobody has asked the registry yet.
    pub digest: Option<String>,
    /// Tags of the repository that point to the same manifest, itself included.
    pub tags: Vec<String>,
    pub tags_count: u64,
    /// Bytes of the image.
    pub size: Option<i64>,
    /// Indexes that list the manifest and stay without it: the registry does not mind, clients of that platform do.
    pub indexes: Vec<Related>,
    /// Signatures, attestations and the like that are about the manifest, and stay without it.
    pub referrers: Vec<Related>,
    /// No other tag is left in the repository, which goes too.
    pub repository_goes: bool,
    pub verdict: Verdict,
}

/// Another manifest of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub digest: String,
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub size: Option<i64>,
    pub tags: Vec<String>,
}

/// What lies in a repository, a namespace or a team.
pub struct Contents {
    pub namespaces_count: u64,
    pub repositories_count: u64,
    pub tags_count: u64,
    /// Bytes of what tags point to; layers that images share count for each of them.
    pub size: i64,
    /// Full names.
    pub repositories: Vec<String>,
}

/// What goes with a tag that the caller may see.
pub async fn of_tag(app: &App, viewer: &Viewer, id: i64) -> Result<OfTag> {
    let shown = super::tags::show(app, viewer, id, None).await?;
    let (row, manifest) = (shown.tag, shown.manifest);
    let (_, space) = super::repositories::show(app, viewer, row.repository_id).await?;
    let digest = row.digest.filter(|digest| !digest.is_empty());
    let reader = app.database.reader();
    let all = tag::Entity::find().filter(tag::Column::RepositoryId.eq(row.repository_id));
    let going = match &digest {
        Some(digest) => all.clone().filter(tag::Column::Digest.eq(digest.as_str())),
        None => all.clone().filter(tag::Column::Id.eq(row.id)),
    };
    let tags_count = going.clone().count(reader).await?;
    let (mut indexes, mut referrers) = (Vec::new(), Vec::new());
    if let Some(digest) = &digest {
        let listing = manifest_child::Entity::find()
            .select_only()
            .column(manifest_child::Column::ManifestId)
            .filter(manifest_child::Column::Digest.eq(digest.as_str()))
            .into_query();
        let listing = manifest::Column::Id.in_subquery(listing);
        indexes = related(app, row.repository_id, listing.into()).await?;
        let about = manifest::Column::Subject.eq(digest.as_str());
        // Where a registry knows no referrers, their tags name what they are about.
        let named = tag::Entity::find()
            .select_only()
            .column(tag::Column::Digest)
            .filter(tag::Column::RepositoryId.eq(row.repository_id))
            .filter(tag::Column::Name.starts_with(digest.replace(':', "-")))
            .into_query();
        let about = Condition::any()
            .add(about)
            .add(manifest::Column::Digest.in_subquery(named));
        referrers = related(app, row.repository_id, about).await?;
    }
    Ok(OfTag {
        tags: names(app, going).await?,
        repository_goes: all.count(reader).await? == tags_count,
        tags_count,
        size: manifest.and_then(|manifest| manifest.image_size),
        indexes,
        referrers,
        verdict: policy::namespaces::delete(viewer.standing_in(&space), &app.rules),
        digest,
    })
}

async fn names(app: &App, tags: Select<tag::Entity>) -> Result<Vec<String>> {
    Ok(tags
        .select_only()
        .column(tag::Column::Name)
        .order_by_asc(tag::Column::Name)
        .limit(LISTED)
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// Manifests of a repository, with their tags.
async fn related(app: &App, repository_id: i64, which: Condition) -> Result<Vec<Related>> {
    let rows = manifest::Entity::find()
        .filter(manifest::Column::RepositoryId.eq(repository_id))
        .filter(which)
        .order_by_asc(manifest::Column::Id)
        .limit(LISTED)
        .all(app.database.reader())
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let digests = rows.iter().map(|row| row.digest.as_str());
    let tags: Vec<(Option<String>, String)> = tag::Entity::find()
        .select_only()
        .columns([tag::Column::Digest, tag::Column::Name])
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Digest.is_in(digests))
        .order_by_asc(tag::Column::Name)
        .limit(LISTED)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    let of = |digest: &str| {
        let own = tags.iter().filter(|(of, _)| of.as_deref() == Some(digest));
        own.map(|(_, name)| name.clone()).collect()
    };
    Ok(rows
        .into_iter()
        .map(|row| Related {
            tags: of(&row.digest),
            digest: row.digest,
            media_type: row.media_type,
            artifact_type: row.artifact_type,
            size: row.image_size,
        })
        .collect())
}

/// What goes with a repository that the caller may see.
pub async fn of_repository(app: &App, viewer: &Viewer, id: i64) -> Result<(Contents, Verdict)> {
    let (row, space) = super::repositories::show(app, viewer, id).await?;
    let verdict = policy::namespaces::delete(viewer.standing_in(&space), &app.rules);
    let which = repository::Column::Id.eq(row.id).into();
    Ok((contents(app, which, 0).await?, verdict))
}

/// What goes with a namespace that the caller may see.
pub async fn of_namespace(app: &App, viewer: &Viewer, id: i64) -> Result<(Contents, Verdict)> {
    let row = super::namespaces::show(app, viewer, id).await?;
    let facts = NamespaceFacts::from(&row);
    let mut verdict = policy::namespaces::remove(viewer.standing_in(&row), &facts, &app.rules);
    if verdict.granted && row.personal_user_id.is_some() {
        verdict = Verdict::no(Rule::PersonalNamespace);
    }
    let which = repository::Column::NamespaceId.eq(row.id).into();
    Ok((contents(app, which, 1).await?, verdict))
}

/// What goes with a team that the caller may see, unless another takes it over.
pub async fn of_team(app: &App, viewer: &Viewer, id: i64) -> Result<(Contents, Verdict)> {
    let row = teams::show(app, viewer, id).await?;
    let verdict = policy::teams::delete(viewer.standing(row.id), row.hidden, &app.rules);
    let owned = namespace::Entity::find().filter(namespace::Column::TeamId.eq(row.id));
    let count = owned.clone().count(app.database.reader()).await?;
    let owned = owned
        .select_only()
        .column(namespace::Column::Id)
        .into_query();
    let which = repository::Column::NamespaceId.in_subquery(owned).into();
    Ok((contents(app, which, count).await?, verdict))
}

async fn contents(app: &App, which: Condition, namespaces_count: u64) -> Result<Contents> {
    let reader = app.database.reader();
    let repositories = repository::Entity::find().filter(which);
    let named: Vec<(String, bool, String)> = repositories
        .clone()
        .join(JoinType::InnerJoin, repository::Relation::Namespace.def())
        .select_only()
        .column(repository::Column::Name)
        .column(namespace::Column::Global)
        .column_as(namespace::Column::Name, "space")
        .order_by_asc(namespace::Column::Name)
        .order_by_asc(repository::Column::Name)
        .limit(LISTED)
        .into_tuple()
        .all(reader)
        .await?;
    let named = named.into_iter().map(|(name, global, space)| {
        let space = (!global).then_some(space.as_str());
        full_name(space, &name)
    });
    let ids = || -> SelectStatement {
        repositories
            .clone()
            .select_only()
            .column(repository::Column::Id)
            .into_query()
    };
    let tags_count = tag::Entity::find()
        .filter(tag::Column::RepositoryId.in_subquery(ids()))
        .count(reader)
        .await?;
    let tagged = tag::Entity::find()
        .select_only()
        .column(tag::Column::Id)
        .filter(
            Expr::col((tag::Entity, tag::Column::RepositoryId))
                .equals((manifest::Entity, manifest::Column::RepositoryId)),
        )
        .filter(
            Expr::col((tag::Entity, tag::Column::Digest))
                .equals((manifest::Entity, manifest::Column::Digest)),
        )
        .into_query();
    let sum = Func::cast_as(
        Func::sum(Expr::col((manifest::Entity, manifest::Column::ImageSize))),
        dialect::whole_number(app.database.backend()),
    );
    let size: Option<Option<i64>> = manifest::Entity::find()
        .select_only()
        .expr_as(sum, "size")
        .filter(manifest::Column::RepositoryId.in_subquery(ids()))
        .filter(Expr::exists(tagged))
        .into_tuple()
        .one(reader)
        .await?;
    Ok(Contents {
        namespaces_count,
        repositories_count: repositories.clone().count(reader).await?,
        tags_count,
        size: size.flatten().unwrap_or(0),
        repositories: named.collect(),
    })
}
