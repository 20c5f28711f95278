//! What the fields of an account may hold, and whose they are already.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{
    app::App,
    entities::user,
    error::{Error, Invalid, Result, wordings},
    identity::{names, password},
    protocol::image_name,
};

pub(super) fn check_username(name: &str, invalid: &mut Invalid) {
    if let Some(complaint) = names::complaint(name) {
        invalid.add("username", complaint);
    } else if image_name::personal_namespace(name).is_none() {
        invalid.add("username", wordings::NO_NAME_OF_A_NAMESPACE.with(&[&name]));
    }
}

pub(super) fn check_email(email: Option<&str>, may_lack: bool, invalid: &mut Invalid) {
    match email {
        None if may_lack => {}
        None => invalid.add("email", "can't be blank"),
        Some(email) => {
            let parts: Vec<&str> = email.split('@').collect();
            let shaped =
                matches!(parts.as_slice(), [name, host] if !name.is_empty() && !host.is_empty());
            if !shaped
                || email.chars().any(|c| c.is_whitespace() || c.is_control())
                || email.len() > 255
            {
                invalid.add("email", "is invalid");
            }
        }
    }
}

pub(in crate::actions) fn check_password(given: &str, invalid: &mut Invalid) {
    let length = given.chars().count();
    if length == 0 {
        invalid.add("password", "can't be blank");
    } else if length < *password::LENGTH.start() {
        invalid.add(
            "password",
            wordings::TOO_SHORT.with(&[password::LENGTH.start()]),
        );
    } else if length > *password::LENGTH.end() {
        invalid.add(
            "password",
            wordings::TOO_LONG.with(&[password::LENGTH.end()]),
        );
    }
}

pub(in crate::actions) fn normal_email(email: &str) -> Option<String> {
    blank_is_none(&email.trim().to_lowercase())
}

pub(super) fn blank_is_none(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Which of the unique fields somebody else has.
pub(super) async fn taken(
    app: &App,
    id: i64,
    username: sea_orm::ActiveValue<String>,
    email: sea_orm::ActiveValue<Option<String>>,
    display_name: sea_orm::ActiveValue<Option<String>>,
) -> Result<Error> {
    let wanted = Wanted {
        canonical_name: username
            .into_value()
            .and_then(text)
            .map(|name| names::canonical(&name)),
        email: email.into_value().and_then(text),
        display_name: display_name.into_value().and_then(text),
    };
    wanted.clash(app.database.reader(), id).await
}

pub(super) fn text(value: sea_orm::Value) -> Option<String> {
    match value {
        sea_orm::Value::String(text) => text,
        _ => None,
    }
}

pub(super) struct Wanted {
    pub canonical_name: Option<String>,
    pub email: Option<String>,
    pub display_name: Option<String>,
}

impl Wanted {
    pub async fn clash(
        &self,
        connection: &impl sea_orm::ConnectionTrait,
        id: i64,
    ) -> Result<Error> {
        let mut invalid = Invalid::default();
        self.complain(connection, id, &mut invalid).await?;
        if invalid.fields().next().is_none() {
            invalid.add("username", TAKEN);
        }
        Ok(Error::Invalid(invalid))
    }

    /// Says of each field that somebody other than `id` has it.
    pub async fn complain(
        &self,
        connection: &impl sea_orm::ConnectionTrait,
        id: i64,
        invalid: &mut Invalid,
    ) -> Result<()> {
        let mut any = Condition::any();
        if let Some(name) = &self.canonical_name {
            any = any.add(user::Column::CanonicalName.eq(name));
        }
        if let Some(email) = &self.email {
            any = any.add(user::Column::Email.eq(email));
        }
        if let Some(name) = &self.display_name {
            any = any.add(user::Column::DisplayName.eq(name));
        }
        let rows = user::Entity::find()
            .filter(any)
            .filter(user::Column::Id.ne(id))
            .all(connection)
            .await?;
        if self.canonical_name.is_some()
            && rows
                .iter()
                .any(|row| Some(&row.canonical_name) == self.canonical_name.as_ref())
        {
            invalid.add("username", TAKEN);
        }
        if self.email.is_some() && rows.iter().any(|row| row.email == self.email) {
            invalid.add("email", TAKEN);
        }
        if self.display_name.is_some()
            && rows.iter().any(|row| row.display_name == self.display_name)
        {
            invalid.add("display_name", TAKEN);
        }
        Ok(())
    }
}

const TAKEN: &str = "has already been taken";
