//! People who get an account because somebody else knows them already: an identity provider.

use sea_orm::ActiveValue::Set;

use super::{Created, NewUser, check_names, is_inhabited};
use crate::{
    actions::change::Change,
    app::App,
    entities::user,
    error::{Invalid, Result},
    identity::secret::{self, Kind},
    policy::guard::Authority,
    remote::oauth::Profile,
};

/// Somebody new, and what they chose.
pub struct Registration {
    pub username: String,
    pub display_name: Option<String>,
    pub email: String,
    /// Whether they are the admin if nobody else is there.
    pub may_be_first_admin: bool,
}

/// A newcomer whose names have been looked at.
pub struct Prepared {
    new: NewUser,
    hash: String,
    may_be_first_admin: bool,
}

/// Checks what can be checked without the database.
pub async fn prepare_registration(app: &App, newcomer: Registration) -> Result<Prepared> {
    let new = NewUser {
        username: newcomer.username,
        email: newcomer.email,
        display_name: newcomer.display_name,
        ..NewUser::default()
    };
    let mut invalid = Invalid::default();
    check_names(&new, &mut invalid);
    invalid.into_result()?;
    super::refuse_names_of_the_directory(app, &new.username).await?;
    // A password that nobody knows, until its owner has a new one sent by mail.
    let hash = app.passwords.hash(&secret::generate(Kind::SignIn)?).await?;
    Ok(Prepared {
        new,
        hash,
        may_be_first_admin: newcomer.may_be_first_admin,
    })
}

impl Prepared {
    /// Makes the account within a change that takes turns.
    pub async fn insert<P: Authority>(
        mut self,
        app: &App,
        change: &mut Change<'_>,
        permit: &P,
        profile: &Profile,
    ) -> Result<Created> {
        let first = self.may_be_first_admin && app.config.first_user_admin;
        self.new.admin = first && !is_inhabited(change.reader()).await?;
        let mut created = change.new_user(permit, &self.new, self.hash).await?;
        let row = user::ActiveModel {
            id: Set(created.user.id),
            provider: Set(Some(profile.provider.clone())),
            uid: Set(Some(profile.subject.clone())),
            ..Default::default()
        };
        created.user = change.update(permit, row).await?;
        Ok(created)
    }
}
