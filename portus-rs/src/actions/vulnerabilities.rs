//! Scans: asked for, begun, and what they found.
//!
//! A scanner works by digest: it takes one with [`begin_scan`], asks without a transaction, and gives the result with
//! [`record_scan`]. A push or a wish for another scan in between puts a tag back to pending, so that a result which is
//! older than that does not reach it.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _, QueryTrait as _,
    sea_query::OnConflict,
};

use super::change::{Change, Subject as _};
use crate::{
    activity::Activity,
    app::App,
    entities::{namespace, repository, scan_result, tag, vulnerability},
    error::{Error, Result},
    identity::actor::Actor,
    policy::{Permit, guard::KeepBooks, vulnerabilities::Rescan},
};

/// Rows written or looked up by one statement.
const AT_ONCE: usize = 200;
/// Characters that a name, a severity or a version may have.
const NAME: usize = 255;

/// A weakness as a scanner reports it. What it does not know is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// `CVE-2016-6304` and the like.
    pub name: String,
    /// `clair`, `trivy`, `zypper` or `dummy`.
    pub scanner: String,
    /// `Unknown`, `Negligible`, `Low`, `Medium`, `High`, `Critical` or `Defcon1`.
    pub severity: String,
    pub link: String,
    /// The version of the package that repairs it.
    pub fixed_by: String,
    /// JSON.
    pub metadata: Option<String>,
    pub description: Option<String>,
}

/// Has every tag scanned again.
pub async fn rescan_all(app: &App, actor: &Actor) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<Rescan>(())?;
    let statement = marking(tag::Model::PENDING)
        .filter(tag::Column::Scanned.ne(tag::Model::PENDING))
        .into_query();
    let count = change
        .execute::<tag::Entity, _, _>(&permit, &statement)
        .await?;
    change.commit([Activity::rescan_of_everything(count)]).await
}

/// Has a tag scanned again.
pub async fn rescan(app: &App, actor: &Actor, tag_id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<Rescan>(())?;
    let row = tag::Entity::find_by_id(tag_id)
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let statement = marking(tag::Model::PENDING)
        .filter(tag::Column::Id.eq(tag_id))
        .into_query();
    change
        .execute::<tag::Entity, _, _>(&permit, &statement)
        .await?;
    let place =
        <(repository::Model, namespace::Model)>::find(row.repository_id, change.reader()).await?;
    let (repository, namespace) = place.ok_or(Error::NotFound)?;
    change
        .commit([Activity::rescan(&namespace, &repository, &row)])
        .await
}

/// Marks all tags of a digest as being scanned. Returns how many there are.
pub async fn begin_scan(app: &App, digest: &str) -> Result<u64> {
    let tags = tags_of(app, digest).await?;
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let books = change.books()?;
    let mut count = 0;
    for tags in tags.chunks(AT_ONCE) {
        let statement = marking(tag::Model::SCANNING)
            .filter(tag::Column::Id.is_in(tags.iter().copied()))
            .filter(tag::Column::Digest.eq(digest))
            .into_query();
        count += change
            .execute::<tag::Entity, _, _>(&books, &statement)
            .await?;
    }
    change
        .commit_unrecorded("that a scan has begun passes by itself")
        .await?;
    Ok(count)
}

/// How a scan ends that finds nothing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// To be tried again.
    ForNow,
    /// Tried often enough: whoever looks is told so.
    ForGood,
    /// No scanner understands such an image.
    Unscannable,
}

/// Ends the scan of a digest without a result, for all tags that are still being scanned. What was found the last time
/// stays in the tables and is not shown. Returns how many tags there were.
pub async fn fail_scan(app: &App, digest: &str, failure: Failure) -> Result<u64> {
    let tags = tags_of(app, digest).await?;
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let books = change.books()?;
    let state = match failure {
        Failure::ForNow => tag::Model::PENDING,
        Failure::ForGood => tag::Model::FAILED,
        Failure::Unscannable => tag::Model::UNSCANNABLE,
    };
    let mut count = 0;
    for tags in tags.chunks(AT_ONCE) {
        let statement = marking(state)
            .filter(tag::Column::Id.is_in(tags.iter().copied()))
            .filter(tag::Column::Digest.eq(digest))
            .filter(tag::Column::Scanned.eq(tag::Model::SCANNING))
            .into_query();
        count += change
            .execute::<tag::Entity, _, _>(&books, &statement)
            .await?;
    }
    change
        .commit_unrecorded("a scanner's failure is no deed of anybody")
        .await?;
    Ok(count)
}

/// The tags of a digest. Digests have no index, which every push would pay for: looked up before anything is locked.
async fn tags_of(app: &App, digest: &str) -> Result<Vec<i64>> {
    Ok(tag::Entity::find()
        .select_only()
        .column(tag::Column::Id)
        .filter(tag::Column::Digest.eq(digest))
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// Replaces what was found behind all tags of a digest that are being scanned, and marks them as done. Returns how many
/// there were: none if pushes or wishes for another scan came in between, so that the result is void.
pub async fn record_scan(app: &App, digest: &str, findings: &[Finding]) -> Result<u64> {
    let mut tags = Vec::new();
    let candidates = tags_of(app, digest).await?;
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let books = change.books()?;
    for id in candidates {
        // Marks first: whoever pushes now waits for the end of this transaction, and then puts the tag back.
        let statement = marking(tag::Model::SCANNED)
            .filter(tag::Column::Id.eq(id))
            .filter(tag::Column::Digest.eq(digest))
            .filter(tag::Column::Scanned.eq(tag::Model::SCANNING))
            .into_query();
        let marked = change
            .execute::<tag::Entity, _, _>(&books, &statement)
            .await?;
        if marked > 0 {
            tags.push(id);
        }
    }
    if tags.is_empty() {
        return Ok(0);
    }
    let marked = tags.len() as u64;
    let findings = distinct(findings);
    let ids = change.name_vulnerabilities(&books, &findings).await?;
    for tags in tags.chunks(AT_ONCE) {
        change
            .delete_where::<scan_result::Entity, _>(
                &books,
                scan_result::Column::TagId.is_in(tags.iter().copied()),
            )
            .await?;
    }
    let now = change.now();
    let mut rows = Vec::with_capacity(findings.len());
    for tag_id in tags {
        for finding in findings.values() {
            let Some(vulnerability_id) = ids.get(&finding.name) else {
                continue;
            };
            rows.push(scan_result::ActiveModel {
                tag_id: Set(tag_id),
                vulnerability_id: Set(*vulnerability_id),
                scanner: Set(finding.scanner.clone()),
                severity: Set(finding.severity.clone()),
                link: Set(finding.link.clone()),
                fixed_by: Set(finding.fixed_by.clone()),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            });
        }
    }
    for rows in rows.chunks(AT_ONCE) {
        let statement = scan_result::Entity::insert_many(rows.to_vec()).into_query();
        change
            .execute::<scan_result::Entity, _, _>(&books, &statement)
            .await?;
    }
    change
        .commit_unrecorded("what scanners find is kept with the tags")
        .await?;
    Ok(marked)
}

fn marking(state: i16) -> sea_orm::UpdateMany<tag::Entity> {
    // Not `updated_at`: that says when somebody pushed.
    tag::Entity::update_many().set(tag::ActiveModel {
        scanned: Set(state),
        ..Default::default()
    })
}

/// The first of each scanner and name, cut to what a column holds; what has no name is no finding.
fn distinct(findings: &[Finding]) -> BTreeMap<(String, String), Finding> {
    let mut kept = BTreeMap::new();
    for finding in findings {
        let finding = Finding {
            name: cut(&finding.name),
            scanner: cut(&finding.scanner),
            severity: cut(&finding.severity),
            fixed_by: cut(&finding.fixed_by),
            link: clean(&finding.link),
            metadata: finding.metadata.as_deref().map(clean),
            description: finding.description.as_deref().map(clean),
        };
        if !finding.name.is_empty() {
            kept.entry((finding.name.clone(), finding.scanner.clone()))
                .or_insert(finding);
        }
    }
    kept
}

fn cut(text: &str) -> String {
    text.trim()
        .chars()
        .filter(|c| *c != '\0')
        .take(NAME)
        .collect()
}

/// Not every database holds NUL in a text.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

impl Change<'_> {
    /// Finds or makes a row for each name, and writes over what is known better now. Returns the ids by name.
    async fn name_vulnerabilities(
        &mut self,
        books: &Permit<KeepBooks>,
        findings: &BTreeMap<(String, String), Finding>,
    ) -> Result<HashMap<String, i64>> {
        let mut known = self.vulnerabilities(findings).await?;
        let now = self.now();
        let mut new: BTreeMap<&str, vulnerability::ActiveModel> = BTreeMap::new();
        for it in findings.values().filter(|it| !known.contains_key(&it.name)) {
            new.entry(&it.name)
                .or_insert_with(|| vulnerability::ActiveModel {
                    name: Set(it.name.clone()),
                    scanner: Set(it.scanner.clone()),
                    severity: Set(it.severity.clone()),
                    link: Set(it.link.clone()),
                    fixed_by: Set(it.fixed_by.clone()),
                    metadata: Set(it.metadata.clone()),
                    description: Set(it.description.clone()),
                    created_at: Set(now),
                    updated_at: Set(now),
                    ..Default::default()
                });
        }
        let new: Vec<_> = new.into_values().collect();
        for rows in new.chunks(AT_ONCE) {
            // Another scan may have named it meanwhile. MySQL sets the id to itself then.
            let once = OnConflict::column(vulnerability::Column::Name)
                .do_nothing_on([vulnerability::Column::Id])
                .to_owned();
            let statement = vulnerability::Entity::insert_many(rows.to_vec())
                .on_conflict(once)
                .into_query();
            self.execute::<vulnerability::Entity, _, _>(books, &statement)
                .await?;
        }
        if !new.is_empty() {
            known = self.vulnerabilities(findings).await?;
        }
        for finding in findings.values() {
            if let Some(row) = known.get_mut(&finding.name) {
                self.learn(books, row, finding).await?;
            }
        }
        Ok(known
            .into_iter()
            .map(|(name, row)| (name, row.id))
            .collect())
    }

    async fn vulnerabilities(
        &self,
        findings: &BTreeMap<(String, String), Finding>,
    ) -> Result<HashMap<String, vulnerability::Model>> {
        let names: Vec<&str> = findings.keys().map(|(name, _)| name.as_str()).collect();
        let mut known = HashMap::new();
        for names in names.chunks(AT_ONCE) {
            let rows = vulnerability::Entity::find()
                .filter(vulnerability::Column::Name.is_in(names.iter().copied()))
                .all(self.reader())
                .await?;
            known.extend(rows.into_iter().map(|row| (row.name.clone(), row)));
        }
        Ok(known)
    }

    /// Writes what the finding knows over what the row says; the scanner is whoever reported it first.
    async fn learn(
        &mut self,
        books: &Permit<KeepBooks>,
        row: &mut vulnerability::Model,
        finding: &Finding,
    ) -> Result<()> {
        let before = row.clone();
        let better = |row: &mut String, news: &str| {
            if !news.is_empty() {
                news.clone_into(row);
            }
        };
        better(&mut row.severity, &finding.severity);
        better(&mut row.link, &finding.link);
        better(&mut row.fixed_by, &finding.fixed_by);
        if row.scanner.is_empty() {
            better(&mut row.scanner, &finding.scanner);
        }
        let filled = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
        row.metadata = filled(&finding.metadata).or_else(|| before.metadata.clone());
        row.description = filled(&finding.description).or_else(|| before.description.clone());
        if *row == before {
            return Ok(());
        }
        let statement = vulnerability::Entity::update_many()
            .set(vulnerability::ActiveModel {
                scanner: Set(row.scanner.clone()),
                severity: Set(row.severity.clone()),
                link: Set(row.link.clone()),
                fixed_by: Set(row.fixed_by.clone()),
                metadata: Set(row.metadata.clone()),
                description: Set(row.description.clone()),
                updated_at: Set(self.now()),
                ..Default::default()
            })
            .filter(vulnerability::Column::Id.eq(row.id))
            .into_query();
        self.execute::<vulnerability::Entity, _, _>(books, &statement)
            .await?;
        Ok(())
    }
}
