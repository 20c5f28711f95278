//! Ending logins of an account, on the web and with docker, all in one.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _,
};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{refresh_token, session},
    error::{Error, Result},
    identity::actor::Actor,
    policy::sessions::EndSessions,
};

/// Which logins of an account are meant.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    All,
    /// By their ids.
    These {
        browsers: &'a [i64],
        docker: &'a [i64],
    },
}

/// How many have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub browsers: usize,
    pub docker: usize,
}

/// Ends all that are meant, or none of them where one is not the account's.
pub async fn end(app: &App, actor: &Actor, user_id: i64, which: Which<'_>) -> Result<Ended> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<EndSessions>(user_id).await?;
    let (mut in_browsers, mut of_docker) = (
        Condition::all().add(session::Column::UserId.eq(user_id)),
        Condition::all().add(refresh_token::Column::UserId.eq(user_id)),
    );
    if let Which::These { browsers, docker } = which {
        in_browsers = in_browsers.add(session::Column::Id.is_in(browsers.iter().copied()));
        of_docker = of_docker.add(refresh_token::Column::Id.is_in(docker.iter().copied()));
    }
    let sessions: Vec<i64> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(in_browsers)
        .into_tuple()
        .all(change.reader())
        .await?;
    let tokens = refresh_token::Entity::find()
        .filter(of_docker)
        .order_by_asc(refresh_token::Column::Id)
        .all(change.reader())
        .await?;
    if let Which::These { browsers, docker } = which {
        let missing = |kind: &str, meant: &[i64], found: BTreeSet<i64>| {
            let id = meant.iter().find(|id| !found.contains(id))?;
            let name = &permit.on().username;
            Some(Error::Unknown(format!("{name} has no {kind} {id}")))
        };
        let found = sessions.iter().copied().collect();
        let error = missing("browser", browsers, found).or_else(|| {
            let found = tokens.iter().map(|it| it.id).collect();
            missing("docker login", docker, found)
        });
        if let Some(error) = error {
            return Err(error);
        }
    }
    let ended = Ended {
        browsers: sessions.len(),
        docker: tokens.len(),
    };
    let mut told = Vec::new();
    if !sessions.is_empty() {
        let count = sessions.len() as u64;
        change
            .delete_where::<session::Entity, _>(&permit, session::Column::Id.is_in(sessions))
            .await?;
        told.push(Activity::sessions_destroyed(permit.on(), count));
    }
    if !tokens.is_empty() {
        let ids = tokens.iter().map(|it| it.id);
        change
            .delete_where::<refresh_token::Entity, _>(&permit, refresh_token::Column::Id.is_in(ids))
            .await?;
    }
    told.extend(
        tokens
            .iter()
            .map(|it| Activity::docker_login_ended(permit.on(), &it.service)),
    );
    if !told.is_empty() {
        change.commit(told).await?;
    }
    Ok(ended)
}
