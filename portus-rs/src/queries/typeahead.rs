//! What a field offers while somebody types: a bounded list of names that begin with what was typed, letter by letter,
//! for `_` and `%` are letters too.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
};

use super::viewer::Viewer;
use crate::{
    app::App,
    entities::{
        Role, team, team_user,
        user::{self, PORTUS},
    },
    error::Result,
    identity::names,
    policy::{self, users::administer},
};

/// Names offered at once.
const MOST: u64 = 20;

/// Which teams are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Those whose namespaces the caller may make: their own, or all for admins.
    Owned,
    /// Those in which the caller may make namespaces, as a contributor too.
    Fillable,
    /// Those the caller may see.
    Visible,
    /// All there are, hidden ones too; for admins, for others as [`Among::Visible`].
    All,
}

pub async fn teams(app: &App, viewer: &Viewer, typed: &str, among: Among) -> Result<Vec<String>> {
    let admin = administer(viewer.standing_nowhere()).granted;
    let mut wanted = team::Entity::find()
        .select_only()
        .column(team::Column::Name)
        .filter(begins_with(team::Column::Name, typed));
    match among {
        Among::All if admin => {}
        Among::Owned if !admin => {
            wanted = wanted
                .filter(team::Column::Hidden.eq(false))
                .filter(team::Column::Id.in_subquery(owned(viewer)))
                // A credential of one namespace does not reach the teams of its owner.
                .filter(policy::visible::teams(viewer.who));
        }
        Among::Fillable => {
            let fillable = policy::visible::teams_to_fill(viewer.who, &app.rules);
            wanted = wanted.filter(fillable);
        }
        Among::All | Among::Owned | Among::Visible => {
            wanted = wanted
                .filter(team::Column::Hidden.eq(false))
                .filter(policy::visible::teams(viewer.who));
        }
    }
    let found: Vec<String> = wanted
        .order_by_asc(team::Column::Name)
        .limit(MOST)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(found
        .into_iter()
        .filter(|name| name.starts_with(typed))
        .collect())
}

fn owned(viewer: &Viewer) -> sea_orm::sea_query::SelectStatement {
    team_user::Entity::find()
        .select_only()
        .column(team_user::Column::TeamId)
        .filter(team_user::Column::UserId.eq(viewer.standing_nowhere().user_id()))
        .filter(team_user::Column::Role.eq(Role::Owner))
        .into_query()
}

/// People who could join a team, for those who may let them in. In one canonical form, so that case makes no
/// difference.
pub async fn newcomers(
    app: &App,
    viewer: &Viewer,
    team_id: i64,
    typed: &str,
) -> Result<Vec<String>> {
    let team = super::teams::show(app, viewer, team_id).await?;
    policy::teams::manage_members(viewer.standing(team.id), team.hidden).granted()?;
    let members = team_user::Entity::find()
        .select_only()
        .column(team_user::Column::UserId)
        .filter(team_user::Column::TeamId.eq(team.id))
        .into_query();
    let strangers = user::Column::Id.not_in_subquery(members);
    usernames(app, typed, Condition::all().add(strangers)).await
}

/// People who could own a team, for admins.
pub async fn people(app: &App, viewer: &Viewer, typed: &str) -> Result<Vec<String>> {
    administer(viewer.standing_nowhere()).granted()?;
    usernames(app, typed, user::Column::Bot.eq(false).into()).await
}

/// Accounts that may log in and of which something holds.
async fn usernames(app: &App, typed: &str, which: Condition) -> Result<Vec<String>> {
    let typed = names::canonical(typed);
    let found: Vec<(String, String)> = user::Entity::find()
        .select_only()
        .columns([user::Column::Username, user::Column::CanonicalName])
        .filter(begins_with(user::Column::CanonicalName, &typed))
        .filter(user::Column::Enabled.eq(true))
        .filter(user::Column::Username.ne(PORTUS))
        .filter(which)
        .order_by_asc(user::Column::CanonicalName)
        .limit(MOST)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(found
        .into_iter()
        .filter(|(_, canonical)| canonical.starts_with(&typed))
        .map(|(username, _)| username)
        .collect())
}

/// A range instead of a pattern: it is bytewise on all three databases, knows no special letters and has an index.
fn begins_with(column: impl ColumnTrait, typed: &str) -> Condition {
    Condition::all()
        .add(column.gte(typed))
        .add(column.lt(format!("{typed}{}", char::MAX)))
}
