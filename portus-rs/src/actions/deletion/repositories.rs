//! Whole repositories.

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
    Err(Error::Refused(complaint(&left)))
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

/// Portus' words.
fn complaint(left: &[String]) -> String {
    if left.is_empty() {
        return "Could not remove repository".to_owned();
    }
    let more = left.len().saturating_sub(NAMED);
    let named: Vec<&str> = left.iter().take(NAMED).map(String::as_str).collect();
    let named = named.join(", ");
    if more == 0 {
        format!("Could not remove repository: could not remove {named} tag(s)")
    } else {
        format!("Could not remove repository: could not remove {named} and {more} more tag(s)")
    }
}

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn a_complaint_names_the_tags_that_stay_but_not_thousands() {
        let names = |count: usize| (0..count).map(|it| format!("t{it}")).collect::<Vec<_>>();
        assert_eq!(complaint(&[]), "Could not remove repository");
        assert_eq!(
            complaint(&names(2)),
            "Could not remove repository: could not remove t0, t1 tag(s)"
        );
        assert!(complaint(&names(5000)).ends_with("t99 and 4900 more tag(s)"));
    }
}
