//! Writing the changed fields of an account.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait as _, QueryFilter as _, QueryTrait as _,
    sea_query::Expr,
};

use super::{
    UserChanges,
    fields::{blank_is_none, check_email, check_password, check_username, normal_email, taken},
};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{password_reset, refresh_token, session, user},
    error::{Invalid, Result, is_taken},
    identity::names,
    policy::{Guard, Permit, guard::Authority},
};

impl Change<'_> {
    /// Writes an account's changed fields and commits.
    pub(super) async fn rewrite<G>(
        mut self,
        app: &App,
        permit: Permit<G>,
        changes: UserChanges,
        hash: Option<String>,
    ) -> Result<user::Model>
    where
        G: Guard<On = user::Model>,
    {
        let old = permit.on().clone();
        let mut invalid = Invalid::default();
        let mut row = user::ActiveModel {
            id: Set(old.id),
            ..Default::default()
        };
        let mut fields = Vec::new();
        if let Some(name) = changes.username.filter(|name| *name != old.username) {
            check_username(&name, &mut invalid);
            row.canonical_name = Set(names::canonical(&name));
            row.username = Set(name);
            fields.push("username");
        }
        if let Some(email) = changes
            .email
            .map(|it| normal_email(&it))
            .filter(|it| *it != old.email)
        {
            check_email(email.as_deref(), old.bot || old.directory, &mut invalid);
            row.email = Set(email);
            // What lies in the old mailbox opens the account no more.
            let letters = password_reset::Column::UserId.eq(old.id);
            self.purge::<password_reset::Entity, _>(&permit, letters)
                .await?;
            fields.push("email");
        }
        if let Some(hash) = hash {
            check_password(
                changes.password.as_deref().unwrap_or_default(),
                &mut invalid,
            );
            row.password_hash = Set(hash);
            row.credentials_version = Set(old.credentials_version + 1);
            fields.push("password");
            // Whoever knew the old one is to prove that they know the new one; application tokens stay.
            self.end_logins(&permit, old.id).await?;
            if let Some(session) = changes.session {
                self.keep_session(&permit, session, &old).await?;
            }
        }
        if let Some(name) = changes
            .display_name
            .map(|it| blank_is_none(&it))
            .filter(|it| *it != old.display_name)
        {
            row.display_name = Set(name);
            fields.push("display_name");
        }
        invalid.into_result()?;
        if fields.is_empty() {
            return Ok(old);
        }
        row.updated_at = Set(self.now());
        let (username, email, display_name) = (
            row.username.clone(),
            row.email.clone(),
            row.display_name.clone(),
        );
        let updated = match self.update(&permit, row).await {
            Err(error) if is_taken(&error) => {
                drop(self);
                return Err(taken(app, old.id, username, email, display_name).await?);
            }
            done => done?,
        };
        self.commit([Activity::user_updated(&updated, &fields)])
            .await?;
        Ok(updated)
    }

    /// Lets the session in which a password is changed outlive it, if it counted until now; the account's others end.
    async fn keep_session<P: Authority>(
        &mut self,
        permit: &P,
        id: i64,
        old: &user::Model,
    ) -> Result<()> {
        let kept = session::Entity::update_many()
            .col_expr(
                session::Column::CredentialsVersion,
                Expr::value(old.credentials_version + 1),
            )
            .filter(session::Column::Id.eq(id))
            .filter(session::Column::UserId.eq(old.id))
            .filter(session::Column::CredentialsVersion.eq(old.credentials_version));
        let kept = kept.as_query().to_owned();
        self.execute::<session::Entity, _, _>(permit, &kept).await?;
        Ok(())
    }

    /// Ends what docker keeps of a login by password.
    async fn end_logins<P: Authority>(&mut self, permit: &P, user_id: i64) -> Result<()> {
        self.delete_where::<refresh_token::Entity, _>(
            permit,
            refresh_token::Column::UserId.eq(user_id),
        )
        .await?;
        Ok(())
    }
}
