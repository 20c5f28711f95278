//! A forgotten password is set anew by whoever reads the account's mail: a link with a secret, good once and for a few
//! hours. Whoever asks for it is told the same whether the address is anybody's or not.

use std::{net::IpAddr, sync::Arc};

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use super::{
    change::Change,
    mails,
    users::{check_password, normal_email},
};
use crate::{
    activity::Activity,
    app::App,
    entities::{outgoing_mail, password_reset, refresh_token, session, user},
    error::{Error, Invalid, Result},
    identity::{
        actor::{Account, Actor},
        credentials,
        secret::{self, Kind},
        throttle,
    },
    policy::{self, users::EditProfile},
    remote::mail::{Letter, letters},
};

/// How long a link is good.
pub const GOOD: TimeDelta = TimeDelta::hours(6);
/// Links of one account that are good at once; more letters are not sent, so that nobody's mailbox is flooded.
const MOST: u64 = 3;
/// Letters that one address may ask for within [`throttle::HELD`].
const ASKED: i64 = 20;

const FIELD: &str = "reset_password_token";

/// Whether passwords count here, and are ours to change.
pub fn is_open(app: &App) -> bool {
    app.config.oauth.local_login && app.config.ldap.is_none()
}

/// Asks for a letter to this address.
pub async fn request(app: &App, email: &str, language: &str, address: IpAddr) -> Result<()> {
    if !is_open(app) {
        return Err(Error::Disabled);
    }
    let Some(email) = normal_email(email) else {
        return Err(Error::invalid("email", "can't be blank"));
    };
    let source = throttle::source(address);
    throttle::pace(app, "password reset", &source, ASKED).await?;
    // Told apart from others by nothing but its form.
    if mails::is_possible(&email) {
        mails::queue_reset(app, &email, language, address).await?;
    }
    Ok(())
}

/// Makes the link and writes the letter with it. `None`: nobody has the address, or they have no password here.
pub(super) async fn write(app: &App, mail: &outgoing_mail::Model) -> Result<Option<Letter>> {
    let stored = user::Entity::find()
        .filter(user::Column::Email.eq(mail.recipient.as_str()))
        .one(app.database.reader())
        .await?;
    let Some(owner) = stored.filter(has_password) else {
        return Ok(None);
    };
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let now = change.now();
    let pending = password_reset::Entity::find()
        .filter(password_reset::Column::UserId.eq(owner.id))
        .filter(password_reset::Column::ExpiresAt.gt(now))
        .count(change.reader())
        .await?;
    if pending >= MOST && mail.attempts == 0 {
        tracing::info!(
            user.name = owner.username,
            "{} has {MOST} links to set a password already; no other is sent",
            owner.username
        );
        return Ok(None);
    }
    let plain = secret::generate(Kind::PasswordReset)?;
    let row = password_reset::ActiveModel {
        id: NotSet,
        user_id: Set(owner.id),
        token_sha256: Set(secret::fingerprint(&plain)),
        credentials_version: Set(owner.credentials_version),
        email: Set(Some(mail.recipient.clone())),
        created_at: Set(now),
        expires_at: Set(now + GOOD),
    };
    change.insert(&books, row).await?;
    // An attempt that failed left a link that nobody has; the log has the first one.
    let told = (mail.attempts == 0).then(|| Activity::reset_requested(&owner, &mail.address));
    change.commit(told).await?;
    let link = format!(
        "{}/users/password/edit?{FIELD}={plain}",
        app.config.public_url()
    );
    let letter = letters::PasswordReset {
        email: &mail.recipient,
        username: &owner.username,
        link: &link,
        hours: GOOD.num_hours(),
    };
    letter.write(&mail.language).map(Some)
}

/// Whether somebody may set their password by mail: not bots, not the hidden account, nobody who is shut out, nobody
/// whose password a directory keeps, and nobody for whom their provider does not vouch any more.
fn has_password(owner: &user::Model) -> bool {
    let person = policy::sessions::Person {
        username: &owner.username,
        bot: owner.bot,
    };
    policy::sessions::sign_in(person).granted
        && owner.enabled
        && !owner.directory
        && owner.provider_gone_at.is_none()
        && !owner.password_hash.is_empty()
}

/// Refuses a link that is not good, before anybody thinks of a password.
pub async fn check(app: &App, token: &str) -> Result<()> {
    find(app.database.reader(), token, app.clock.now())
        .await
        .map(drop)
}

async fn find(
    connection: &impl sea_orm::ConnectionTrait,
    token: &str,
    now: chrono::NaiveDateTime,
) -> Result<(password_reset::Model, user::Model)> {
    let invalid = || Error::invalid(FIELD, "is invalid");
    if !secret::is_wellformed(Kind::PasswordReset, token) {
        return Err(invalid());
    }
    let found = password_reset::Entity::find()
        .filter(password_reset::Column::TokenSha256.eq(secret::fingerprint(token)))
        .find_also_related(user::Entity)
        .one(connection)
        .await?;
    let Some((reset, Some(owner))) = found else {
        return Err(invalid());
    };
    if reset.expires_at <= now {
        return Err(Error::invalid(
            FIELD,
            "has expired, please request a new one",
        ));
    }
    // The address may have become another one while the letter was being written.
    let same_address = reset.email.is_none() || reset.email == owner.email;
    let current = same_address && reset.credentials_version == owner.credentials_version;
    if current && !owner.bot && !owner.directory && !owner.password_hash.is_empty() {
        Ok((reset, owner))
    } else {
        Err(invalid())
    }
}

/// Sets the password of whoever has the link. Ends the account's sessions and docker logins, and forgets the wrong
/// passwords that were sent for it.
pub async fn redeem(
    app: &App,
    token: &str,
    password: &str,
    confirmation: Option<&str>,
    address: IpAddr,
) -> Result<user::Model> {
    if !is_open(app) {
        return Err(Error::Disabled);
    }
    let now = app.clock.now();
    let (_, owner) = find(app.database.reader(), token, now).await?;
    let mut invalid = Invalid::default();
    check_password(password, &mut invalid);
    if confirmation.is_some_and(|it| it != password) {
        invalid.add("password_confirmation", "doesn't match Password");
    }
    invalid.into_result()?;
    let hash = app.passwords.hash(password).await?;
    let actor = Actor::User(Arc::new(Account::from(&owner)));
    let mut change = Change::begin(app, &actor).await?;
    let (reset, owner) = find(change.reader(), token, now).await?;
    let permit = change.permit::<EditProfile>(owner.id).await?;
    // Of two who come with it at once, one takes it.
    let taken = change
        .purge::<password_reset::Entity, _>(&permit, password_reset::Column::Id.eq(reset.id))
        .await?;
    if taken == 0 {
        return Err(Error::invalid(FIELD, "is invalid"));
    }
    change
        .purge::<password_reset::Entity, _>(&permit, password_reset::Column::UserId.eq(owner.id))
        .await?;
    change
        .delete_where::<session::Entity, _>(&permit, session::Column::UserId.eq(owner.id))
        .await?;
    change
        .delete_where::<refresh_token::Entity, _>(
            &permit,
            refresh_token::Column::UserId.eq(owner.id),
        )
        .await?;
    let row = user::ActiveModel {
        id: Set(owner.id),
        password_hash: Set(hash),
        credentials_version: Set(owner.credentials_version + 1),
        failed_attempts: Set(0),
        locked_at: Set(None),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    change
        .commit([Activity::password_reset(&updated, &address.to_string())])
        .await?;
    throttle::forgive(app, &updated.canonical_name).await?;
    Ok(updated)
}

/// Whether a new password alone lets somebody in.
pub fn opens_session(app: &App, owner: &user::Model) -> bool {
    credentials::usable(app, &Account::from(owner)).is_ok() && !owner.second_factor
}

/// Removes links that are good no more. Returns how many.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    // A little longer, so that whoever comes late is told that they are late.
    let over = password_reset::Column::ExpiresAt.lt(change.now() - TimeDelta::days(7));
    let gone = change
        .purge::<password_reset::Entity, _>(&books, over)
        .await?;
    change.commit_unrecorded("these were dead already").await?;
    Ok(gone)
}
