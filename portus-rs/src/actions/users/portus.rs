//! The hidden account that stands for the service's own work.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::NewUser;
use crate::{
    actions::change::Change,
    app::App,
    entities::user,
    error::{Error, Result},
    identity::{
        actor::{Actor, PORTUS},
        password,
        throttle::Shown,
    },
};

/// E-mail of the hidden account, as in Portus.
const PORTUS_EMAIL: &str = "portus@portus.com";

/// Makes the hidden account, or gives the existing one its password back.
pub async fn ensure_portus(app: &App) -> Result<()> {
    let stored = user::Entity::find()
        .filter(user::Column::Username.eq(PORTUS))
        .one(app.database.reader())
        .await?;
    let password = app.config.secrets.portus_password.as_ref();
    let keep = match (&stored, password) {
        (Some(row), Some(password)) if row.admin && row.enabled => {
            let account = crate::identity::actor::Account::from(row);
            // From the configuration, which is no address.
            let shown = Shown::new(app, "", PORTUS, password.expose());
            let checked = app
                .passwords
                .check(&account, &row.password_hash, shown)
                .await?;
            checked == password::Checked::Right
        }
        (Some(row), None) => row.admin && row.enabled && row.password_hash.is_empty(),
        _ => false,
    };
    if keep {
        return Ok(());
    }
    let hash = match password {
        Some(password) => app.passwords.hash(password.expose()).await?,
        None => String::new(),
    };
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    match stored {
        Some(row) => {
            let version = row.credentials_version + 1;
            let row = user::ActiveModel {
                id: Set(row.id),
                password_hash: Set(hash),
                admin: Set(true),
                enabled: Set(true),
                credentials_version: Set(version),
                updated_at: Set(change.now()),
                ..Default::default()
            };
            change.update(&books, row).await?;
        }
        None => {
            let new = NewUser {
                username: PORTUS.to_owned(),
                email: PORTUS_EMAIL.to_owned(),
                admin: true,
                ..NewUser::default()
            };
            match change.new_user(&books, &new, hash).await {
                // Another replica was quicker.
                Err(Error::Invalid(_)) => return Ok(()),
                made => made.map(drop)?,
            }
        }
    }
    change.commit_unrecorded("the service's own account").await
}
