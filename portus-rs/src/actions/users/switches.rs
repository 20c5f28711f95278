//! What is switched about an account: whether it is an admin, and whether it may be used at all. Somebody who can log in
//! and is an admin is always left.

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};

use crate::{
    actions::{application_tokens::unknown_like_foreign, change::Change},
    activity::Activity,
    app::App,
    entities::user,
    error::{Error, Result},
    identity::actor::{Actor, PORTUS},
    policy::{
        Permit, Rule,
        users::{DisableUser, EnableUser, SwitchAdmin},
    },
};

/// Makes somebody an admin, or an ordinary person again. Doing it again changes nothing.
pub async fn set_admin(app: &App, actor: &Actor, id: i64, admin: bool) -> Result<user::Model> {
    switch_admin(app, actor, id, |_| admin).await
}

/// Makes an admin an ordinary person, and the other way round.
pub async fn toggle_admin(app: &App, actor: &Actor, id: i64) -> Result<user::Model> {
    switch_admin(app, actor, id, |row| !row.admin).await
}

/// Lets an account in, or shuts it out at the next request. Doing it again changes nothing.
pub async fn set_enabled(app: &App, actor: &Actor, id: i64, enabled: bool) -> Result<user::Model> {
    switch_enabled(app, actor, id, |_| enabled).await
}

/// Lets in an account that is shut out, and the other way round.
pub async fn toggle_enabled(app: &App, actor: &Actor, id: i64) -> Result<user::Model> {
    switch_enabled(app, actor, id, |row| !row.enabled).await
}

async fn switch_admin(
    app: &App,
    actor: &Actor,
    id: i64,
    wanted: impl Fn(&user::Model) -> bool,
) -> Result<user::Model> {
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    let permit = change.permit::<SwitchAdmin>(id).await?;
    let old = permit.on();
    let admin = wanted(old);
    if old.admin == admin {
        return Ok(permit.into_inner());
    }
    if !admin {
        change.another_admin(old).await?;
    }
    let row = user::ActiveModel {
        id: Set(id),
        admin: Set(admin),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    change.settle_admin(&permit, &updated).await?;
    let told = if admin {
        Activity::user_promoted(&updated)
    } else {
        Activity::user_demoted(&updated)
    };
    change.commit([told]).await?;
    Ok(updated)
}

async fn switch_enabled(
    app: &App,
    actor: &Actor,
    id: i64,
    wanted: impl Fn(&user::Model) -> bool,
) -> Result<user::Model> {
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    // Enabling asks for less than nobody who is shut out has.
    let disabling: Permit<DisableUser> = change
        .permit(id)
        .await
        .map_err(|error| unknown_like_foreign(actor, error))?;
    let old = disabling.on().clone();
    let enabled = wanted(&old);
    if old.enabled == enabled {
        return Ok(old);
    }
    let row = user::ActiveModel {
        id: Set(id),
        enabled: Set(enabled),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let (updated, told) = if enabled {
        let permit = change.permit::<EnableUser>(id).await?;
        let updated = change.update(&permit, row).await?;
        let told = Activity::user_enabled(&updated);
        (updated, told)
    } else {
        if old.admin {
            change.another_admin(&old).await?;
        }
        let updated = change.update(&disabling, row).await?;
        // Whoever is let in again signs in again, and nobody goes on with what they had.
        change.end_everything(&disabling, id).await?;
        let told = Activity::user_disabled(&updated);
        (updated, told)
    };
    change.commit([told]).await?;
    Ok(updated)
}

/// Whether somebody who can log in and is an admin would be left without this account.
pub async fn may_leave(app: &App, leaving: &user::Model) -> Result<bool> {
    Ok(!leaving.admin
        || !leaving.enabled
        || other_admins(app, app.database.reader(), leaving.id).await? > 0)
}

/// How many others are admins and can log in now: not whom the directory or a provider no longer knows, nor the
/// directory's people while nobody asks it.
async fn other_admins(
    app: &App,
    connection: &impl sea_orm::ConnectionTrait,
    id: i64,
) -> Result<u64> {
    let known = if app.directory.is_some() {
        Condition::all().add(user::Column::DirectoryGoneAt.is_null())
    } else {
        Condition::all().add(user::Column::Directory.eq(false))
    };
    Ok(user::Entity::find()
        .filter(user::Column::Admin.eq(true))
        .filter(user::Column::Enabled.eq(true))
        .filter(user::Column::Username.ne(PORTUS))
        .filter(user::Column::Id.ne(id))
        .filter(user::Column::ProviderGoneAt.is_null())
        .filter(known)
        .count(connection)
        .await?)
}

impl Change<'_> {
    /// Refuses to go on if this is the only admin who can log in. Changes that ask this take turns.
    pub(super) async fn another_admin(&self, leaving: &user::Model) -> Result<()> {
        if !leaving.admin || !leaving.enabled {
            return Ok(());
        }
        if other_admins(self.app(), self.reader(), leaving.id).await? == 0 {
            return Err(Error::forbidden(Rule::LastAdmin));
        }
        Ok(())
    }
}
