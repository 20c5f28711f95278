//! The rules about seeing, as conditions on rows, for lists. Each says the same as its sentence in `namespaces` and
//! `teams`; a test compares them for every kind of caller.

use sea_orm::{
    ColumnTrait, Condition, QuerySelect as _, QueryTrait as _, sea_query::SelectStatement,
};

use super::Who;
use crate::entities::{Visibility, namespace, team, team_user};

/// Namespaces that this caller may pull from, and so see. Says what [`super::namespaces::pull`] says.
pub fn namespaces(who: Who) -> Condition {
    let visibility = namespace::Column::Visibility;
    match who {
        Who::Operator | Who::Service | Who::User { admin: true, .. } => Condition::all(),
        Who::Anonymous => Condition::all().add(visibility.eq(Visibility::Public)),
        Who::User { id, admin: false } => Condition::any()
            .add(visibility.is_in([Visibility::Public, Visibility::Protected]))
            // A global namespace is never private; a row that says so is read as protected.
            .add(namespace::Column::Global.eq(true))
            .add(namespace::Column::TeamId.in_subquery(teams_of(id))),
        Who::Limited { id, admin, reach } => {
            let owners = namespaces(Who::User { id, admin });
            match reach.namespace {
                Some(only) => Condition::all()
                    .add(namespace::Column::Id.eq(only))
                    .add(owners),
                None => owners,
            }
        }
    }
}

/// Teams that this caller may see. Says what [`super::teams::show`] says.
pub fn teams(who: Who) -> Condition {
    match who {
        Who::Operator | Who::Service | Who::User { admin: true, .. } => Condition::all(),
        Who::Anonymous => Condition::all().add(team::Column::Id.is_in(Vec::<i64>::new())),
        Who::User { id, admin: false } => {
            Condition::all().add(team::Column::Id.in_subquery(teams_of(id)))
        }
        // A team is no part of a namespace.
        Who::Limited { reach, .. } if reach.namespace.is_some() => teams(Who::Anonymous),
        Who::Limited { id, admin, .. } => teams(Who::User { id, admin }),
    }
}

fn teams_of(user_id: i64) -> SelectStatement {
    use sea_orm::{EntityTrait as _, QueryFilter as _};
    team_user::Entity::find()
        .select_only()
        .column(team_user::Column::TeamId)
        .filter(team_user::Column::UserId.eq(user_id))
        .into_query()
}
