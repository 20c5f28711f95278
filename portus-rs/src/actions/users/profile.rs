//! What people change about their own account.

use sea_orm::ActiveValue::Set;

use super::{UserChanges, fields::normal_email};
use crate::{
    actions::{
        change::Change,
        passkeys::{self, Needed},
    },
    app::App,
    entities::user,
    error::{Error, Invalid, Result},
    identity::{actor::Actor, password::Checked, throttle},
    policy::{Permit, Rule, Standing, users::EditProfile},
    queries,
};

/// What is to be different; `None` leaves a field alone.
#[derive(Clone, Default)]
pub struct ProfileChanges {
    pub email: Option<String>,
    pub display_name: Option<String>,
    pub password: Option<String>,
    pub password_confirmation: Option<String>,
    /// Needed for a new password or e-mail address, where the account has a local password.
    pub current_password: Option<String>,
}

/// Where a change of one's own account came from.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Guesses of the password are counted for it.
    pub address: &'a str,
    pub session: Option<i64>,
}

/// Changes the actor's own account.
pub async fn update_own(
    app: &App,
    actor: &Actor,
    changes: ProfileChanges,
    asking: Asking<'_>,
) -> Result<user::Model> {
    let Some(account) = actor.account() else {
        return Err(Error::forbidden(Rule::LogIn));
    };
    // Asked before any password is hashed, and again where it is written.
    let standing = Standing {
        who: actor.who(),
        role: None,
    };
    let stored = queries::users::by_id(app, account.id).await?;
    let stored = Permit::<EditProfile>::ask(standing, stored, &app.rules)?.into_inner();
    let mut invalid = Invalid::default();
    let confirmed = changes.password_confirmation.as_ref();
    if confirmed.is_some_and(|it| Some(it) != changes.password.as_ref()) {
        invalid.add("password_confirmation", "doesn't match Password");
    }
    let new_email = changes.email.as_deref().map(normal_email);
    let guarded = changes.password.is_some() || new_email.is_some_and(|it| it != stored.email);
    // Nobody is asked for a password that nobody knows: their provider has let them in a moment ago.
    let unasked = guarded
        && changes.password.is_none()
        && changes
            .current_password
            .as_deref()
            .is_none_or(str::is_empty);
    if unasked && !stored.directory && passkeys::needed(app, &stored).await? == Needed::Provider {
        passkeys::require_confirmed(app, &stored, asking.session).await?;
    } else if guarded && !stored.directory && !stored.password_hash.is_empty() {
        let given = changes.current_password.as_deref().unwrap_or_default();
        if given.is_empty() {
            invalid.add("current_password", "can't be blank");
        } else {
            let address = asking.address;
            throttle::check(app, address, &stored.canonical_name).await?;
            let shown = throttle::Shown::new(app, address, &stored.canonical_name, given);
            let checked = app
                .passwords
                .check(account, &stored.password_hash, shown)
                .await?;
            if checked == Checked::Wrong {
                let name = &stored.canonical_name;
                throttle::failed(app, address, name, given, Some(account.id)).await?;
                invalid.add("current_password", "is invalid");
            }
        }
    } else if changes.password.is_some() {
        invalid.add("password", "is kept elsewhere for this account");
    }
    invalid.into_result()?;
    let changes = UserChanges {
        username: None,
        email: changes.email,
        password: changes.password,
        display_name: changes.display_name,
        session: asking.session,
    };
    let hash = match &changes.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<EditProfile>(account.id).await?;
    // Who changed it in between has ended what was shown here, too.
    if guarded && permit.on().credentials_version != stored.credentials_version {
        return Err(Error::invalid("current_password", "is invalid"));
    }
    change.rewrite(app, permit, changes, hash).await
}

/// Lets the actor have pages in another language, by its tag.
pub async fn speak(app: &App, actor: &Actor, language: &str) -> Result<()> {
    let Some(account) = actor.account() else {
        return Err(Error::forbidden(Rule::LogIn));
    };
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<EditProfile>(account.id).await?;
    let row = user::ActiveModel {
        id: Set(account.id),
        language: Set(Some(language.to_owned())),
        ..Default::default()
    };
    change.update(&permit, row).await?;
    change
        .commit_unrecorded("the language of one's own pages concerns nobody else")
        .await
}
