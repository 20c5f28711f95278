//! What belongs to manifests of a repository: the parts of an index, and what refers to either.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
};

use crate::{
    app::App,
    entities::{manifest, manifest_child, tag},
    error::Result,
    protocol::manifest::{TagConvention, tag_convention},
    queries::deletion::LISTED,
};

/// Parts loaded for one page: an index may list a thousand.
const PARTS: u64 = 2000;

/// A manifest that an index lists.
#[derive(Clone, Debug)]
pub struct Part {
    pub digest: String,
    pub media_type: String,
    /// None for attestations and the like.
    pub platform: Option<String>,
    /// What is known of it, if the registry has it.
    pub manifest: Option<manifest::Model>,
    /// The registry lacks it.
    pub dangling: bool,
}

/// A manifest that says something about another.
#[derive(Clone, Debug)]
pub struct Referrer {
    pub manifest: manifest::Model,
    /// What its tag says that it is.
    pub convention: Option<TagConvention>,
    pub tags: Vec<String>,
    /// The platform of the index that it is about; none if it is about all of it.
    pub platform: Option<String>,
}

/// An index that lists a manifest.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The manifest that it lists.
    pub digest: String,
    /// The index.
    pub by: String,
    pub tags: Vec<String>,
}

/// By digest of the manifest that they belong to.
#[derive(Default)]
pub struct Belongings {
    parts: HashMap<String, Vec<Part>>,
    referrers: HashMap<String, Vec<Referrer>>,
}

impl Belongings {
    /// Those of an index go with its own.
    pub fn of(&self, digest: &str) -> (Vec<Part>, Vec<Referrer>) {
        let parts = self.parts.get(digest).cloned().unwrap_or_default();
        let mut referrers = self.referrers.get(digest).cloned().unwrap_or_default();
        for part in &parts {
            let about = self.referrers.get(&part.digest).into_iter().flatten();
            referrers.extend(about.map(|it| Referrer {
                platform: part.platform.clone(),
                ..it.clone()
            }));
        }
        (parts, referrers)
    }
}

/// By six queries at most.
pub(super) async fn of(
    app: &App,
    repository_id: i64,
    manifests: &[&manifest::Model],
) -> Result<Belongings> {
    let mut belongings = Belongings::default();
    if manifests.is_empty() {
        return Ok(belongings);
    }
    let digest_of: HashMap<i64, &str> = manifests
        .iter()
        .map(|it| (it.id, it.digest.as_str()))
        .collect();
    let children = manifest_child::Entity::find()
        .filter(manifest_child::Column::ManifestId.is_in(digest_of.keys().copied()))
        .order_by_asc(manifest_child::Column::ManifestId)
        .order_by_asc(manifest_child::Column::Position)
        .limit(PARTS)
        .all(app.database.reader())
        .await?;
    let listed: HashSet<&str> = children.iter().map(|it| it.digest.as_str()).collect();
    let known = by_digest(app, repository_id, listed.iter().copied()).await?;
    let about: HashSet<String> = digest_of
        .values()
        .chain(&listed)
        .map(|it| (*it).to_owned())
        .collect();
    belongings.referrers = referrers(app, repository_id, about).await?;
    for child in children {
        let Some(index) = digest_of.get(&child.manifest_id) else {
            continue;
        };
        let parts = belongings.parts.entry((*index).to_owned()).or_default();
        parts.push(Part {
            manifest: known.get(&child.digest).cloned(),
            digest: child.digest,
            media_type: child.media_type,
            platform: child.platform,
            dangling: child.dangling,
        });
    }
    Ok(belongings)
}

async fn by_digest(
    app: &App,
    repository_id: i64,
    digests: impl Iterator<Item = &str>,
) -> Result<HashMap<String, manifest::Model>> {
    let digests: Vec<&str> = digests.collect();
    if digests.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = manifest::Entity::find()
        .filter(manifest::Column::RepositoryId.eq(repository_id))
        .filter(manifest::Column::Digest.is_in(digests))
        .all(app.database.reader())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.digest.clone(), row))
        .collect())
}

/// What says of itself that it is about one of these, and what does so by the name of a tag.
async fn referrers(
    app: &App,
    repository_id: i64,
    about: HashSet<String>,
) -> Result<HashMap<String, Vec<Referrer>>> {
    let reader = app.database.reader();
    let names = about.iter().flat_map(|digest| {
        let stem = digest.replace(':', "-");
        [".sig", ".att", ".sbom"].map(|end| format!("{stem}{end}"))
    });
    let conventional: Vec<(String, Option<String>)> = tag::Entity::find()
        .select_only()
        .columns([tag::Column::Name, tag::Column::Digest])
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Name.is_in(names))
        .into_tuple()
        .all(reader)
        .await?;
    let tagged = conventional.iter().filter_map(|(_, digest)| digest.clone());
    let which = Condition::any()
        .add(manifest::Column::Subject.is_in(&about))
        .add(manifest::Column::Digest.is_in(tagged));
    let rows = manifest::Entity::find()
        .filter(manifest::Column::RepositoryId.eq(repository_id))
        .filter(which)
        .order_by_asc(manifest::Column::Id)
        .limit(LISTED * 5)
        .all(reader)
        .await?;
    let tags = tags_of(
        app,
        repository_id,
        rows.iter().map(|row| row.digest.as_str()),
    )
    .await?;
    let mut found: HashMap<String, Vec<Referrer>> = HashMap::new();
    for row in rows {
        let tags = tags.get(&row.digest).cloned().unwrap_or_default();
        let mut by_name: Vec<(TagConvention, String)> = tags
            .iter()
            .filter_map(|name| tag_convention(name))
            .map(|(convention, digest)| (convention, digest.to_string()))
            .filter(|(_, digest)| about.contains(digest))
            .collect();
        if let Some(subject) = row.subject.clone().filter(|it| about.contains(it))
            && !by_name.iter().any(|(_, digest)| *digest == subject)
        {
            let convention = by_name.first().map(|(it, _)| *it);
            let entry = found.entry(subject).or_default();
            entry.push(Referrer {
                manifest: row.clone(),
                convention,
                tags: tags.clone(),
                platform: None,
            });
        }
        for (convention, subject) in by_name.drain(..) {
            found.entry(subject).or_default().push(Referrer {
                manifest: row.clone(),
                convention: Some(convention),
                tags: tags.clone(),
                platform: None,
            });
        }
    }
    Ok(found)
}

/// Names of tags by digest.
async fn tags_of(
    app: &App,
    repository_id: i64,
    digests: impl Iterator<Item = &str>,
) -> Result<HashMap<String, Vec<String>>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    let digests: Vec<&str> = digests.collect();
    if digests.is_empty() {
        return Ok(found);
    }
    let rows: Vec<(String, String)> = tag::Entity::find()
        .select_only()
        .columns([tag::Column::Digest, tag::Column::Name])
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Digest.is_in(digests))
        .order_by_asc(tag::Column::Name)
        .limit(LISTED * 5)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    for (digest, name) in rows {
        found.entry(digest).or_default().push(name);
    }
    Ok(found)
}

/// The indexes of a repository that list any of these manifests, and would lack them.
pub async fn listed_in(app: &App, repository_id: i64, digests: &[String]) -> Result<Vec<Listed>> {
    let own = manifest::Entity::find()
        .select_only()
        .column(manifest::Column::Id)
        .filter(manifest::Column::RepositoryId.eq(repository_id))
        .into_query();
    let rows: Vec<(String, i64)> = manifest_child::Entity::find()
        .select_only()
        .columns([
            manifest_child::Column::Digest,
            manifest_child::Column::ManifestId,
        ])
        .filter(manifest_child::Column::Digest.is_in(digests))
        .filter(manifest_child::Column::ManifestId.in_subquery(own))
        .limit(LISTED)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    let indexes: HashMap<i64, String> = manifest::Entity::find()
        .select_only()
        .columns([manifest::Column::Id, manifest::Column::Digest])
        .filter(manifest::Column::Id.is_in(rows.iter().map(|(_, id)| *id)))
        .into_tuple::<(i64, String)>()
        .all(app.database.reader())
        .await?
        .into_iter()
        .collect();
    let tags = tags_of(app, repository_id, indexes.values().map(String::as_str)).await?;
    let listed = rows.into_iter().filter_map(|(digest, id)| {
        let by = indexes.get(&id)?.clone();
        Some(Listed {
            tags: tags.get(&by).cloned().unwrap_or_default(),
            digest,
            by,
        })
    });
    Ok(listed.collect())
}
