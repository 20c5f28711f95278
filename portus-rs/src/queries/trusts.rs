//! Whose signed tokens open a bot.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect as _};

use super::viewer::Viewer;
use crate::{
    app::App,
    entities::{bot_trust, namespace, user},
    error::{Error, Result},
    policy, queries,
};

/// A trust as it is shown.
pub struct Row {
    pub trust: bot_trust::Model,
    pub claims: BTreeMap<String, String>,
    /// The only namespaces it is good for, those that are still there.
    pub namespaces: Option<Vec<String>>,
}

/// A bot with its trusts.
pub struct Kept {
    pub bot: user::Model,
    pub trusts: Vec<Row>,
}

/// The trusts of a bot, for whoever looks after it.
pub async fn of(app: &App, viewer: &Viewer, bot: i64) -> Result<Kept> {
    let bot = queries::users::by_id(app, bot).await?;
    let standing = match bot.owner_team_id {
        Some(team) => viewer.standing(team),
        None => viewer.standing_nowhere(),
    };
    let verdict = policy::users::manage_trusts(standing, &bot);
    if !verdict.granted && !standing.is_admin() && standing.role.is_none() {
        return Err(Error::NotFound);
    }
    verdict.granted()?;
    let rows = bot_trust::Entity::find()
        .filter(bot_trust::Column::UserId.eq(bot.id))
        .order_by_asc(bot_trust::Column::Id)
        .all(app.database.reader())
        .await?;
    Ok(Kept {
        trusts: shown(app, rows).await?,
        bot,
    })
}

/// How many trusts each of these bots has; those without any are not there.
pub async fn counts(app: &App, bots: &[i64]) -> Result<HashMap<i64, i64>> {
    let counted: Vec<(i64, i64)> = bot_trust::Entity::find()
        .select_only()
        .column(bot_trust::Column::UserId)
        .column_as(bot_trust::Column::Id.count(), "trusts")
        .filter(bot_trust::Column::UserId.is_in(bots.iter().copied()))
        .group_by(bot_trust::Column::UserId)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(counted.into_iter().collect())
}

/// Trusts with what they name.
pub async fn shown(app: &App, rows: Vec<bot_trust::Model>) -> Result<Vec<Row>> {
    let ids = |row: &bot_trust::Model| -> Option<Vec<i64>> {
        let ids = row.namespaces.as_deref()?;
        Some(serde_json::from_str(ids).unwrap_or_default())
    };
    let wanted: Vec<i64> = rows.iter().filter_map(ids).flatten().collect();
    let names: HashMap<i64, String> = namespace::Entity::find()
        .filter(namespace::Column::Id.is_in(wanted))
        .all(app.database.reader())
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect();
    let spelled = |ids: Vec<i64>| ids.iter().filter_map(|id| names.get(id).cloned()).collect();
    Ok(rows
        .into_iter()
        .map(|trust| Row {
            namespaces: ids(&trust).map(spelled),
            claims: serde_json::from_str(&trust.claims).unwrap_or_default(),
            trust,
        })
        .collect())
}
