//! The rules about seeing, as conditions on rows, for lists. Each says the same as its sentence in `namespaces` and
//! `teams`; a test compares them for every kind of caller.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait as _, ExprTrait as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _, sea_query::SelectStatement,
};

use super::{
    PushPolicy, Rules, Who,
    activities::{CONTENT_KEYS, PLACED, TEAM_REMOVED},
};
use crate::entities::{Role, Visibility, activity, namespace, team, team_user};

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

/// Namespaces of the caller's own teams: fewer than they may see.
pub fn own_namespaces(who: Who) -> Condition {
    match who {
        Who::User { id, .. } => {
            Condition::all().add(namespace::Column::TeamId.in_subquery(teams_of(id)))
        }
        Who::Limited { id, .. } => Condition::all()
            .add(namespace::Column::TeamId.in_subquery(teams_of(id)))
            .add(namespaces(who)),
        Who::Anonymous | Who::Operator | Who::Service => {
            Condition::all().add(namespace::Column::Id.is_in(Vec::<i64>::new()))
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

/// Teams that people know of and in which this caller may make namespaces. Says what [`super::namespaces::create_in`]
/// says.
pub fn teams_to_fill(who: Who, rules: &Rules) -> Condition {
    let known = Condition::all().add(team::Column::Hidden.eq(false));
    if who.reach().no_change().is_some() {
        return teams(Who::Anonymous);
    }
    match who {
        Who::User { id, admin: false }
        | Who::Limited {
            id, admin: false, ..
        } => {
            if !rules.create_namespace || rules.push != PushPolicy::AllowTeams {
                return teams(Who::Anonymous);
            }
            let pushing = team_user::Entity::find()
                .select_only()
                .column(team_user::Column::TeamId)
                .filter(team_user::Column::UserId.eq(id))
                .filter(team_user::Column::Role.gte(Role::Contributor))
                .into_query();
            known.add(team::Column::Id.in_subquery(pushing))
        }
        other => known.add(teams(other)),
    }
}

/// Entries of the audit log that this caller may read. Says what [`super::activities::show`] says.
pub fn activities(who: Who) -> Condition {
    use activity::Column as C;
    let id = match who {
        Who::Operator | Who::Service | Who::User { admin: true, .. } => return Condition::all(),
        Who::Anonymous => return Condition::all().add(C::Id.is_in(Vec::<i64>::new())),
        Who::User { id, admin: false } => id,
        // The log is no part of a namespace.
        Who::Limited { reach, .. } if reach.namespace.is_some() => {
            return activities(Who::Anonymous);
        }
        Who::Limited { id, admin, .. } => return activities(Who::User { id, admin }),
    };
    let placed = C::TrackableType.is_in(PLACED);
    let content = Condition::any()
        .add(C::TrackableType.eq("Repository"))
        .add(C::Key.is_in(CONTENT_KEYS));
    let there = |which: Condition| {
        namespace::Entity::find()
            .select_only()
            .column(namespace::Column::Id)
            .filter(which)
            .into_query()
    };
    // Ids are never given twice, so whatever has such an entry is gone.
    let gone = |which: Condition| {
        activity::Entity::find()
            .select_only()
            .column(C::NamespaceId)
            .filter(C::Key.eq("registry.delete"))
            .filter(C::NamespaceId.is_not_null())
            .filter(which)
            .into_query()
    };
    let of_mine = Condition::any()
        .add(C::NamespaceId.in_subquery(there(
            Condition::all().add(namespace::Column::TeamId.in_subquery(teams_of(id))),
        )))
        .add(C::NamespaceId.in_subquery(gone(
            Condition::all().add(C::TeamId.in_subquery(teams_of(id))),
        )));
    let public = Condition::any()
        .add(C::NamespaceId.in_subquery(there(
            Condition::all().add(namespace::Column::Visibility.eq(Visibility::Public)),
        )))
        .add(C::NamespaceId.in_subquery(gone(
            Condition::all().add(C::Visibility.eq(i64::from(Visibility::Public as i16))),
        )));
    let of_team = Condition::all()
        .add(C::NamespaceId.is_null())
        .add(
            Condition::any()
                .add(C::TrackableType.eq("Team"))
                .add(C::Key.eq(TEAM_REMOVED)),
        )
        .add(
            C::TrackableType
                .is_null()
                .or(C::TrackableType.ne("ApplicationToken")),
        )
        .add(C::TeamId.in_subquery(teams_of(id)));
    Condition::any()
        .add(Condition::all().add(placed.clone()).add(of_mine))
        .add(Condition::all().add(placed).add(content).add(public))
        .add(of_team)
        .add(
            Condition::all()
                .add(C::TrackableType.eq("ApplicationToken"))
                .add(C::ActorId.eq(id)),
        )
}

fn teams_of(user_id: i64) -> SelectStatement {
    team_user::Entity::find()
        .select_only()
        .column(team_user::Column::TeamId)
        .filter(team_user::Column::UserId.eq(user_id))
        .into_query()
}
