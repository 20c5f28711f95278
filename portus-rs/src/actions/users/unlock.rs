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

/// An account that may be tried again.
#[derive(Clone, Debug)]
pub struct Unlocked {
    pub user: user::Model,
    /// Whether there was anything to forget.
    pub was_held: bool,
}

/// Forgets what was guessed wrongly for an account, from every address. For one that nobody has guessed at it does
/// nothing.
pub async fn unlock(app: &App, actor: &Actor, id: i64) -> Result<Unlocked> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageUser>(id).await?;
    let old = permit.on().clone();
    let guesses = login_failure::Column::Account.eq(old.canonical_name.as_str());
    let forgotten = change
        .delete_where::<login_failure::Entity, _>(&permit, guesses)
        .await?;
    if forgotten == 0 && old.locked_at.is_none() {
        return Ok(Unlocked {
            user: old,
            was_held: false,
        });
    }
    let row = user::ActiveModel {
        id: Set(id),
        locked_at: Set(None),
        failed_attempts: Set(0),
        ..Default::default()
    };
    let user = change.update(&permit, row).await?;
    change.commit([Activity::user_unlocked(&user)]).await?;
    app.throttle.forget();
    Ok(Unlocked {
        user,
        was_held: true,
    })
}
