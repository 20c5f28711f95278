//! Having a job run before its time.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryTrait as _,
    sea_query::Expr,
};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::lease,
    error::{Error, Result, is_taken, wordings},
    identity::actor::Actor,
    policy::registries::RunJob,
};

/// Makes a job due, so that whichever process looks first begins it. One that runs already is not begun again.
pub async fn want(app: &App, actor: &Actor, name: &str) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<RunJob>(())?;
    let now = change.now();
    let statement = lease::Entity::update_many()
        .col_expr(lease::Column::NextRunAt, Expr::value(now))
        .col_expr(lease::Column::WantedBy, Expr::value(actor.name()))
        .filter(lease::Column::Name.eq(name));
    let known = change
        .execute::<lease::Entity, _, _>(&permit, statement.as_query())
        .await?;
    if known == 0 {
        // It has never run.
        let row = lease::ActiveModel {
            id: NotSet,
            name: Set(name.to_owned()),
            fence: Set(0),
            next_run_at: Set(Some(now)),
            wanted_by: Set(Some(actor.name().to_owned())),
            ..Default::default()
        };
        match change.insert(&permit, row).await {
            Err(error) if is_taken(&error) => {
                // A process has just begun it for the first time.
                return Err(Error::Refused(wordings::JOB_RUNS_ALREADY.with(&[&name])));
            }
            made => drop(made?),
        }
    }
    change.commit([Activity::job_wanted(name)]).await?;
    app.wake.wanted.notify_one();
    Ok(())
}
