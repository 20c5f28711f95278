//! What scanners found behind tags.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _};

use crate::{
    app::App,
    entities::{scan_result, tag, vulnerability},
    error::Result,
};

/// A weakness of one image: what the scanner said of it there, and what is known of it by name.
#[derive(Clone, Debug)]
pub struct Weakness {
    pub result: scan_result::Model,
    pub vulnerability: vulnerability::Model,
}

/// By the scanner that found them, in the order of their names.
pub type Weaknesses = BTreeMap<String, Vec<Weakness>>;

/// The weaknesses of those of these tags that have been scanned, by tag; nothing where no scanner is configured. One
/// query.
pub async fn of_tags<'t>(
    app: &App,
    tags: impl Iterator<Item = &'t tag::Model>,
) -> Result<HashMap<i64, Weaknesses>> {
    let mut found: HashMap<i64, Weaknesses> = tags
        .filter(|tag| tag.scanned == tag::Model::SCANNED && app.config.security.is_on())
        .map(|tag| (tag.id, Weaknesses::new()))
        .collect();
    if found.is_empty() {
        return Ok(found);
    }
    let rows = scan_result::Entity::find()
        .filter(scan_result::Column::TagId.is_in(found.keys().copied()))
        .find_also_related(vulnerability::Entity)
        .order_by_asc(vulnerability::Column::Name)
        .all(app.database.reader())
        .await?;
    for (result, vulnerability) in rows {
        let (Some(of_tag), Some(vulnerability)) = (found.get_mut(&result.tag_id), vulnerability)
        else {
            continue;
        };
        of_tag
            .entry(result.scanner.clone())
            .or_default()
            .push(Weakness {
                result,
                vulnerability,
            });
    }
    Ok(found)
}

/// How many weaknesses of each severity scanners found behind those of these tags that have been scanned, by tag; nothing
/// where no scanner is configured. One query.
pub async fn counts<'t>(
    app: &App,
    tags: impl Iterator<Item = &'t tag::Model>,
) -> Result<HashMap<i64, BTreeMap<String, i64>>> {
    let mut found: HashMap<i64, BTreeMap<String, i64>> = tags
        .filter(|tag| tag.scanned == tag::Model::SCANNED && app.config.security.is_on())
        .map(|tag| (tag.id, BTreeMap::new()))
        .collect();
    if found.is_empty() {
        return Ok(found);
    }
    let rows: Vec<(i64, String, i64)> = scan_result::Entity::find()
        .select_only()
        .column(scan_result::Column::TagId)
        .column(scan_result::Column::Severity)
        .column_as(scan_result::Column::Id.count(), "weaknesses")
        .filter(scan_result::Column::TagId.is_in(found.keys().copied()))
        .group_by(scan_result::Column::TagId)
        .group_by(scan_result::Column::Severity)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    for (tag_id, severity, count) in rows {
        if let Some(of_tag) = found.get_mut(&tag_id) {
            of_tag.insert(severity, count);
        }
    }
    Ok(found)
}
