//! What a login leaves to ask the provider with.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter, QueryTrait as _,
    sea_query::Expr,
};

use super::TRY_AGAIN;
use crate::{
    actions::change::Change,
    app::App,
    entities::{identity, provider_grant, user},
    error::{Error, Result, is_taken},
    keys::vault::Purpose,
    policy::{Permit, guard::KeepBooks},
    queries::identities::is_owner,
    remote::oauth::Grant,
};

/// A grant as its row keeps it.
pub(super) fn seal(app: &App, grant: &Grant) -> Result<String> {
    let text = serde_json::to_string(grant).map_err(|error| Error::Internal(error.into()))?;
    let sealed = app.vault.seal(Purpose::Grant, &text);
    sealed.map_err(|error| Error::Internal(error.into()))
}

impl Change<'_> {
    /// Keeps what somebody's login left, in the place of what there was. Where it left nothing, as Google does after the
    /// first time, that goes on. Whether there is anything.
    pub(super) async fn keep_grant(
        &mut self,
        books: &Permit<KeepBooks>,
        app: &App,
        identity_id: i64,
        grant: Option<&Grant>,
    ) -> Result<bool> {
        use provider_grant::Column;
        let mut known = provider_grant::Entity::update_many()
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::CheckedAt, Expr::value(self.now()))
            .filter(Column::IdentityId.eq(identity_id));
        let sealed = grant.map(|grant| seal(app, grant)).transpose()?;
        if let Some(sealed) = &sealed {
            known = known
                .col_expr(Column::Sealed, Expr::value(sealed.as_str()))
                .col_expr(Column::Tries, Expr::value(0_i64));
        }
        let known = self
            .execute::<provider_grant::Entity, _, _>(books, known.as_query())
            .await?;
        let (0, Some(sealed)) = (known, sealed) else {
            return Ok(known > 0);
        };
        let row = provider_grant::ActiveModel {
            id: NotSet,
            identity_id: Set(identity_id),
            sealed: Set(sealed),
            version: Set(0),
            tries: Set(0),
            checked_at: Set(self.now()),
        };
        match self.insert(books, row).await {
            // The same person finished another login in this very moment.
            Err(error) if is_taken(&error) => Err(Error::Refused(TRY_AGAIN.to_owned())),
            done => done.map(|_| true).map_err(Error::from),
        }
    }

    /// Takes an account into use again for which the provider that it came from vouches again, if it was out of use.
    pub(super) async fn vouched_for(
        &mut self,
        books: &Permit<KeepBooks>,
        user: &user::Model,
        identity: &identity::Model,
    ) -> Result<Option<user::Model>> {
        if user.provider_gone_at.is_none() || !is_owner(identity, user) {
            return Ok(None);
        }
        let row = user::ActiveModel {
            id: Set(user.id),
            provider_gone_at: Set(None),
            ..Default::default()
        };
        self.update(books, row).await.map(Some).map_err(Error::from)
    }
}
