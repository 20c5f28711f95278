//! Accounts of the LDAP directory: made at the first login, out of use while the directory does not have them, and tied
//! to it or loosened from it by an admin.

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{Created, NewUser, fields};
use crate::{
    actions::{change::Change, homes::is_portus},
    activity::Activity,
    app::App,
    entities::{
        refresh_token, session,
        user::{self, PORTUS},
    },
    error::{Error, Invalid, Result, wordings},
    identity::actor::{Account, Actor},
    policy::{guard::Authority, users::ManageUser},
};

/// Somebody whom the directory knows and who has never been here.
#[derive(Clone, Debug)]
pub struct Newcomer {
    pub username: String,
    /// Guessed, so it is left out when it has no such form or is somebody else's.
    pub email: Option<String>,
    pub admin: bool,
}

/// Makes the account of somebody who has just proved to the directory who they are. The very first person becomes an
/// admin where `first_user_admin` is on.
pub async fn enroll(app: &App, newcomer: Newcomer) -> Result<Created> {
    let mut invalid = Invalid::default();
    fields::check_username(&newcomer.username, &mut invalid);
    invalid.into_result()?;
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    change.take_turns().await?;
    let first = app.config.first_user_admin && people(&change).await? == 0;
    let new = NewUser {
        email: free_email(&change, newcomer.email.as_deref()).await?,
        username: newcomer.username,
        admin: newcomer.admin || first,
        ..NewUser::default()
    };
    let mut created = change.new_user(&books, &new, String::new()).await?;
    let row = user::ActiveModel {
        id: Set(created.user.id),
        directory: Set(true),
        ..Default::default()
    };
    created.user = change.update(&books, row).await?;
    let name = created.user.username.as_str();
    let told = Activity::user_enrolled(&created.user).by(Some(created.user.id), name);
    change.commit([told]).await?;
    Ok(created)
}

/// Everybody but bots and the hidden account.
async fn people(change: &Change<'_>) -> Result<u64> {
    Ok(user::Entity::find()
        .filter(user::Column::Username.ne(PORTUS))
        .filter(user::Column::Bot.eq(false))
        .count(change.reader())
        .await?)
}

async fn free_email(change: &Change<'_>, guessed: Option<&str>) -> Result<String> {
    let Some(email) = guessed.and_then(fields::normal_email) else {
        return Ok(String::new());
    };
    let mut invalid = Invalid::default();
    fields::check_email(Some(&email), true, &mut invalid);
    let taken = user::Entity::find()
        .filter(user::Column::Email.eq(email.as_str()))
        .count(change.reader())
        .await?
        > 0;
    Ok(if taken || invalid.into_result().is_err() {
        String::new()
    } else {
        email
    })
}

/// Puts accounts out of use that the directory does not have any more, or has closed: whatever they show is refused, and
/// sessions and logins end. Application tokens wait for the account to come back.
pub async fn gone(app: &App, ids: &[i64]) -> Result<()> {
    let actor = Actor::Portus;
    for id in ids {
        let mut change = Change::begin(app, &actor).await?;
        let books = change.books()?;
        let Some(row) = of_directory(&change, *id).await? else {
            continue;
        };
        if row.directory_gone_at.is_some() {
            continue;
        }
        let row = user::ActiveModel {
            id: Set(*id),
            directory_gone_at: Set(Some(change.now())),
            ..Default::default()
        };
        let updated = change.update(&books, row).await?;
        change.end_everything(&books, *id).await?;
        tracing::info!(
            user.name = %updated.username,
            "[ldap] {} is not in the directory any more: the account is out of use",
            updated.username
        );
        change.commit([Activity::user_gone(&updated)]).await?;
    }
    Ok(())
}

/// Takes an account into use again that the directory has again.
pub async fn returned(app: &App, id: i64) -> Result<Arc<Account>> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let row = of_directory(&change, id).await?.ok_or(Error::NotFound)?;
    if row.directory_gone_at.is_none() {
        return Ok(Arc::new(Account::from(&row)));
    }
    let row = user::ActiveModel {
        id: Set(id),
        directory_gone_at: Set(None),
        ..Default::default()
    };
    let updated = change.update(&books, row).await?;
    change.commit([Activity::user_returned(&updated)]).await?;
    Ok(Arc::new(Account::from(&updated)))
}

async fn of_directory(change: &Change<'_>, id: i64) -> Result<Option<user::Model>> {
    Ok(user::Entity::find_by_id(id)
        .one(change.reader())
        .await?
        .filter(|row| row.directory))
}

/// Makes somebody an admin, or an ordinary person again, because the directory says so; `by_group` remembers that a
/// group does. The last admin who can log in stays one.
pub async fn promote_by_directory(
    app: &App,
    id: i64,
    admin: bool,
    by_group: bool,
) -> Result<Arc<Account>> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    change.take_turns().await?;
    let old = of_directory(&change, id).await?.ok_or(Error::NotFound)?;
    if old.admin == admin && old.directory_admin == by_group {
        return Ok(Arc::new(Account::from(&old)));
    }
    if old.admin && !admin && change.another_admin(&old).await.is_err() {
        tracing::warn!(
            user.name = %old.username,
            "[ldap] {} is an admin no more by the directory, but the last one here, and stays one",
            old.username
        );
        return Ok(Arc::new(Account::from(&old)));
    }
    let row = user::ActiveModel {
        id: Set(id),
        admin: Set(admin),
        directory_admin: Set(by_group),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&books, row).await?;
    let mut told = Vec::new();
    if old.admin != admin {
        change.settle_admin(&books, &updated).await?;
        told.push(if admin {
            Activity::user_promoted(&updated).through_directory()
        } else {
            Activity::user_demoted(&updated).through_directory()
        });
    }
    change.commit(told).await?;
    Ok(Arc::new(Account::from(&updated)))
}

/// Ties an account to the directory, so that its password is the one there; or loosens it, so that it has none until
/// somebody sets one. Either way it has to log in anew. Doing it again changes nothing.
pub async fn set_directory(
    app: &App,
    actor: &Actor,
    id: i64,
    directory: bool,
) -> Result<user::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageUser>(id).await?;
    let old = permit.on();
    if is_portus(old) || old.bot {
        return Err(Error::Refused(
            "Bots and the hidden account are never in the LDAP directory".to_owned(),
        ));
    }
    if directory && app.directory.is_none() {
        return Err(Error::Disabled);
    }
    if old.directory == directory {
        return Ok(permit.into_inner());
    }
    let row = user::ActiveModel {
        id: Set(id),
        directory: Set(directory),
        directory_gone_at: Set(None),
        directory_admin: Set(false),
        password_hash: Set(String::new()),
        credentials_version: Set(old.credentials_version + 1),
        ldap_group_checked: Set(0),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    change.end_everything(&permit, id).await?;
    change
        .commit([Activity::user_tied(&updated, directory)])
        .await?;
    Ok(updated)
}

impl Change<'_> {
    /// Ends what browsers and docker keep of logins.
    pub(in crate::actions) async fn end_everything<P: Authority>(
        &mut self,
        permit: &P,
        id: i64,
    ) -> Result<()> {
        self.delete_where::<session::Entity, _>(permit, session::Column::UserId.eq(id))
            .await?;
        self.delete_where::<refresh_token::Entity, _>(permit, refresh_token::Column::UserId.eq(id))
            .await?;
        Ok(())
    }
}

/// Refuses a name that somebody in the directory has: whose password counted would be a matter of chance.
pub async fn refuse_names_of_the_directory(app: &App, username: &str) -> Result<()> {
    use crate::remote::ldap::Looked;
    let Some(directory) = &app.directory else {
        return Ok(());
    };
    match directory.person(username).await {
        Ok(Looked::Nobody) => Ok(()),
        Ok(_) => Err(Error::invalid(
            "ldap",
            wordings::IN_THE_DIRECTORY.with(&[&username]),
        )),
        Err(fault) => {
            tracing::error!("[ldap] {}: {fault}", directory.url());
            Err(Error::invalid("ldap", "LDAP server is not reachable"))
        }
    }
}
