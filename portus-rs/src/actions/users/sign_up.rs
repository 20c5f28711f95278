//! People make accounts for themselves. The very first one becomes the admin, decided where nobody can come between.

use std::net::IpAddr;

use super::{Created, NewUser, Wanted, check_names, check_password, is_inhabited, normal_email};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    error::{Error, Invalid, Result},
    identity::{actor::Actor, names, throttle},
    policy::users::SignUp,
};

/// Accounts that one address may try to make within [`throttle::HELD`].
const MOST: i64 = 100;

/// What somebody fills in who wants an account.
#[derive(Clone, Default)]
pub struct NewPerson {
    pub username: String,
    pub email: String,
    pub password: String,
    /// Where it is given it has to be the same.
    pub password_confirmation: Option<String>,
}

/// Whether visitors may make accounts here: the switch is on, and no directory has the people.
pub fn is_open(app: &App) -> bool {
    app.config.signup && app.config.ldap.is_none()
}

/// Whether there is no person at all, bots and the hidden account apart.
pub async fn nobody_yet(app: &App) -> Result<bool> {
    Ok(!is_inhabited(app.database.reader()).await?)
}

/// Makes an account for whoever asks from this address.
pub async fn sign_up(
    app: &App,
    actor: &Actor,
    person: NewPerson,
    address: IpAddr,
) -> Result<Created> {
    if !is_open(app) {
        return Err(Error::Disabled);
    }
    let mut new = NewUser {
        username: person.username,
        email: person.email,
        password: person.password,
        ..NewUser::default()
    };
    let mut invalid = Invalid::default();
    check_names(&new, &mut invalid);
    check_password(&new.password, &mut invalid);
    if person
        .password_confirmation
        .is_some_and(|it| it != new.password)
    {
        invalid.add("password_confirmation", "doesn't match Password");
    }
    let source = throttle::source(address);
    throttle::pace(app, "sign-up", &source, MOST).await?;
    // What is there already is said together with the rest; the unique index has the last word.
    let wanted = Wanted {
        canonical_name: Some(names::canonical(&new.username)).filter(|it| !it.is_empty()),
        email: normal_email(&new.email),
        display_name: None,
    };
    if wanted.canonical_name.is_some() || wanted.email.is_some() {
        let reader = app.database.reader();
        wanted.complain(reader, 0, &mut invalid).await?;
    }
    invalid.into_result()?;
    let hash = app.passwords.hash(&new.password).await?;
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    let permit = change.permit_on::<SignUp>(())?;
    new.admin = app.config.first_user_admin && !is_inhabited(change.reader()).await?;
    let created = change.new_user(&permit, &new, hash).await?;
    let user = &created.user;
    let told = Activity::user_signed_up(user, &address.to_string());
    change
        .commit([told.by(Some(user.id), user.username.as_str())])
        .await?;
    if user.admin {
        tracing::info!(
            user.name = user.username,
            "{} signed up first and is the admin",
            user.username
        );
    }
    Ok(created)
}
