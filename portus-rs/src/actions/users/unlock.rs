//! Letting somebody try again who was held back after too many wrong passwords.

use sea_orm::{ActiveValue::Set, ColumnTrait};

use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{login_failure, user},
    error::Result,
    identity::actor::Actor,
    policy::users::ManageUser,
};

/// Forgets what was guessed wrongly for an account, from every address. For one that is not held back it does nothing.
pub async fn unlock(app: &App, actor: &Actor, id: i64) -> Result<user::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageUser>(id).await?;
    let old = permit.on().clone();
    let guesses = login_failure::Column::Account.eq(old.canonical_name.as_str());
    let forgotten = change
        .delete_where::<login_failure::Entity, _>(&permit, guesses)
        .await?;
    if forgotten == 0 && old.locked_at.is_none() {
        return Ok(old);
    }
    let row = user::ActiveModel {
        id: Set(id),
        locked_at: Set(None),
        failed_attempts: Set(0),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    change.commit([Activity::user_unlocked(&updated)]).await?;
    app.throttle.forget();
    Ok(updated)
}
