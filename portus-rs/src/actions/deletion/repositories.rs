//! Whole repositories.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _};

use super::{
    asking::Asking,
    manifests::{Deletion, Place, Wanted, registry_of},
};
use crate::{
    actions::change::Change,
    app::App,
    entities::{manifest, tag},
    error::{Error, Result},
    identity::actor::Actor,
    policy::{Permit, namespaces::DeleteRepository},
};

/// Names of tags in one complaint.
const NAMED: usize = 100;
/// Reasons in one complaint. They are mostly one: a registry does not delete at all.
const TOLD: usize = 3;

pub(super) async fn one(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<DeleteRepository>(id).await?;
    drop(change);
    let registry = registry_of(app, &permit.on().1).await?;
    whole(app, actor, &permit, &mut Asking::of(app, &registry)).await
}

/// Deletes all manifests that are known of a repository, then the repository.
pub(super) async fn whole(
    app: &App,
    actor: &Actor,
    permit: &Permit<DeleteRepository>,
    asking: &mut Asking<'_>,
) -> Result<()> {
    let (repository, namespace) = permit.on().clone();
    let tags = tag::Entity::find()
        .filter(tag::Column::RepositoryId.eq(repository.id))
        .order_by_asc(tag::Column::Id)
        .all(app.database.reader())
        .await?;
    // An index is pushed after what it lists, and goes before it.
    let manifests = manifest::Entity::find()
        .filter(manifest::Column::RepositoryId.eq(repository.id))
        .order_by_desc(manifest::Column::Id)
        .all(app.database.reader())
        .await?;
    let wanted = Wanted {
        tags,
        untagged: manifests.into_iter().map(|row| row.digest).collect(),
        whole: true,
    };
    let place = Place {
        namespace,
        repository,
    };
    let deletion = Deletion {
        app,
        actor,
        permit,
        place: &place,
    };
    let report = deletion.run(wanted, asking).await?;
    if report.repository_removed {
        return Ok(());
    }
    let left = left(app, place.repository.id).await?;
    let mut reasons: BTreeSet<&str> = report.kept.values().map(String::as_str).collect();
    reasons.extend(report.stuck.iter().map(String::as_str));
    Err(Error::Refused(complaint(&left, &reasons)))
}

/// The tags that stay, those included that were pushed meanwhile.
async fn left(app: &App, repository_id: i64) -> Result<Vec<String>> {
    Ok(tag::Entity::find()
        .select_only()
        .column(tag::Column::Name)
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .order_by_asc(tag::Column::Id)
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// Portus' words, and behind them why.
fn complaint(left: &[String], reasons: &BTreeSet<&str>) -> String {
    let mut text = "Could not remove repository".to_owned();
    if !left.is_empty() {
        let named: Vec<&str> = left.iter().take(NAMED).map(String::as_str).collect();
        text = format!("{text}: could not remove {}", named.join(", "));
        match left.len().saturating_sub(NAMED) {
            0 => text.push_str(" tag(s)"),
            more => text = format!("{text} and {more} more tag(s)"),
        }
    }
    let told: Vec<&str> = reasons.iter().take(TOLD).copied().collect();
    if told.is_empty() {
        text
    } else {
        format!("{text}: {}", told.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, complaint};

    #[test]
    fn a_complaint_names_the_tags_that_stay_but_not_thousands_and_says_why() {
        let names = |count: usize| (0..count).map(|it| format!("t{it}")).collect::<Vec<_>>();
        let nothing = BTreeSet::new();
        assert_eq!(complaint(&[], &nothing), "Could not remove repository");
        assert_eq!(
            complaint(&names(2), &nothing),
            "Could not remove repository: could not remove t0, t1 tag(s)"
        );
        let many = complaint(&names(5000), &BTreeSet::from(["it is off"]));
        assert!(
            many.ends_with("t99 and 4900 more tag(s): it is off"),
            "{many}"
        );
        assert_eq!(
            complaint(&[], &BTreeSet::from(["b", "a", "d", "c"])),
            "Could not remove repository: a; b; c"
        );
    }
}
