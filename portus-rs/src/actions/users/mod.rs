//! Accounts: made, changed, promoted, removed.

mod directory;
mod fields;
mod portus;
mod profile;
mod registration;
mod removal;
mod rewrite;
pub mod sign_up;
mod switches;
mod unlock;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::Expr,
};

use super::{
    application_tokens::{self, Issued, NewToken},
    change::Change,
    homes::is_portus,
};
use crate::{
    activity::Activity,
    app::App,
    entities::{identity, namespace, user},
    error::{Error, Invalid, Result, is_taken},
    identity::{
        actor::{Actor, PORTUS},
        names,
    },
    policy::{
        guard::Authority,
        users::{CreateUser, IssueToken, ManageUser},
    },
};

pub use directory::{
    Newcomer, enroll, gone, promote_by_directory, refuse_names_of_the_directory, returned,
    set_directory,
};
use fields::{Wanted, blank_is_none, check_email, check_username};
pub(super) use fields::{check_password, normal_email};
pub use portus::ensure_portus;
pub use profile::{Asking, ProfileChanges, speak, update_own};
pub(super) use registration::{Registration, prepare_registration};
pub use removal::delete;
pub use sign_up::{NewPerson, sign_up};
pub use switches::{may_leave, set_admin, set_enabled, toggle_admin, toggle_enabled};
pub use unlock::{Unlocked, unlock};

/// An account to be made.
#[derive(Clone, Default)]
pub struct NewUser {
    pub username: String,
    pub email: String,
    pub password: String,
    pub display_name: Option<String>,
    pub admin: bool,
    pub bot: bool,
}

/// What is to be different about an account; `None` leaves a field alone.
#[derive(Clone, Default)]
pub struct UserChanges {
    pub username: Option<String>,
    pub email: Option<String>,
    pub password: Option<String>,
    pub display_name: Option<String>,
    /// The session in which it is changed, which outlives a new password if it is the account's.
    pub session: Option<i64>,
}

/// A new account and the personal namespaces that came with it.
pub struct Created {
    pub user: user::Model,
    pub homes: Vec<namespace::Model>,
}

/// Makes an account.
pub async fn create(app: &App, actor: &Actor, new: NewUser) -> Result<Created> {
    let hash = prepare(app, &new).await?;
    // With a shell one may make a local account beside the directory's.
    if *actor != Actor::Operator {
        refuse_names_of_the_directory(app, &new.username).await?;
    }
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<CreateUser>(())?;
    let created = change.new_user(&permit, &new, hash).await?;
    change
        .commit([Activity::user_created(&created.user)])
        .await?;
    Ok(created)
}

/// Makes an account, and for a bot the token that is its only way in: it needs no password. Where one is given twice it has
/// to be the same.
pub async fn create_with_token(
    app: &App,
    actor: &Actor,
    new: NewUser,
    repeated: Option<&str>,
) -> Result<(Created, Option<Issued>)> {
    let mut invalid = Invalid::default();
    check_names(&new, &mut invalid);
    // A bot that is made here gets a token.
    if !new.bot || !new.password.is_empty() {
        check_password(&new.password, &mut invalid);
    }
    if repeated.is_some_and(|it| it != new.password) {
        invalid.add("password_confirmation", "doesn't match Password");
    }
    invalid.into_result()?;
    refuse_names_of_the_directory(app, &new.username).await?;
    let hash = match new.password.as_str() {
        "" => String::new(),
        password => app.passwords.hash(password).await?,
    };
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<CreateUser>(())?;
    let created = change.new_user(&permit, &new, hash).await?;
    let mut told = vec![Activity::user_created(&created.user)];
    let mut issued = None;
    if created.user.bot {
        let permit = change.permit::<IssueToken>(created.user.id).await?;
        let named = NewToken {
            application: "default".to_owned(),
            ..NewToken::default()
        };
        let token = application_tokens::add(&mut change, &permit, &created.user, &named).await?;
        told.push(Activity::token_created(&token.token, &created.user, None));
        issued = Some(token);
    }
    change.commit(told).await?;
    Ok((created, issued))
}

/// Makes the first account, an admin, and its application token; only while there is nobody but the hidden account.
pub async fn bootstrap(app: &App, mut new: NewUser) -> Result<(user::Model, Issued)> {
    if !app.config.first_user_admin {
        return Err(Error::Disabled);
    }
    let nobody = |inhabited: bool| {
        if inhabited {
            Err(Error::Unknown(
                "you can only use this when there are no users on the system".to_owned(),
            ))
        } else {
            Ok(())
        }
    };
    nobody(is_inhabited(app.database.reader()).await?)?;
    refuse_names_of_the_directory(app, &new.username).await?;
    new.admin = true;
    let hash = prepare(app, &new).await?;
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    change.take_turns().await?;
    nobody(is_inhabited(change.reader()).await?)?;
    let created = change.new_user(&books, &new, hash).await?;
    let named = NewToken {
        application: "bootstrap".to_owned(),
        ..NewToken::default()
    };
    let issued = application_tokens::add(&mut change, &books, &created.user, &named).await?;
    let told = [
        Activity::user_created(&created.user)
            .by(Some(created.user.id), created.user.username.as_str()),
        Activity::token_created(&issued.token, &created.user, None)
            .by(Some(created.user.id), created.user.username.as_str()),
    ];
    change.commit(told).await?;
    Ok((created.user, issued))
}

/// Whether there is anybody, bots and the hidden account apart.
async fn is_inhabited(connection: &impl sea_orm::ConnectionTrait) -> Result<bool> {
    let anybody = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Username.ne(PORTUS))
        .filter(user::Column::Bot.eq(false))
        .limit(1)
        .into_tuple::<i64>()
        .one(connection)
        .await?;
    Ok(anybody.is_some())
}

/// Changes an account's fields.
pub async fn update(
    app: &App,
    actor: &Actor,
    id: i64,
    changes: UserChanges,
) -> Result<user::Model> {
    let hash = match &changes.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageUser>(id).await?;
    if is_portus(permit.on()) {
        return Err(Error::invalid("username", "cannot be updated"));
    }
    if permit.on().directory && hash.is_some() {
        return Err(Error::invalid("password", "is kept in the LDAP directory"));
    }
    let renamed = |name: &String| names::canonical(name) != permit.on().canonical_name;
    if permit.on().directory && changes.username.as_ref().is_some_and(renamed) {
        return Err(Error::invalid("username", "is kept in the LDAP directory"));
    }
    change.rewrite(app, permit, changes, hash).await
}

/// Empties the stored password of everybody but bots and the hidden account. Returns how many had one.
pub async fn clear_passwords(app: &App, actor: &Actor) -> Result<u64> {
    let mut change = Change::begin(app, actor).await?;
    let books = change.books()?;
    let now = change.now();
    let statement = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(""))
        .col_expr(
            user::Column::CredentialsVersion,
            sea_orm::ExprTrait::add(Expr::col(user::Column::CredentialsVersion), 1),
        )
        .col_expr(user::Column::UpdatedAt, Expr::value(now))
        .filter(user::Column::Bot.eq(false))
        .filter(user::Column::Username.ne(PORTUS))
        .filter(user::Column::PasswordHash.ne(""));
    let count = change
        .execute::<user::Entity, _, _>(&books, sea_orm::QueryTrait::query(&mut statement.clone()))
        .await?;
    if app.directory.is_some() {
        // Whoever has no password here has it in the directory, but for those who come through a provider.
        let linked = sea_orm::sea_query::Query::select()
            .column(identity::Column::UserId)
            .from(identity::Entity)
            .to_owned();
        let mut tied = user::Entity::update_many()
            .col_expr(user::Column::Directory, Expr::value(true))
            .filter(user::Column::Bot.eq(false))
            .filter(user::Column::Username.ne(PORTUS))
            .filter(user::Column::Provider.is_null())
            .filter(user::Column::Id.not_in_subquery(linked))
            .filter(user::Column::PasswordHash.eq(""));
        let statement = sea_orm::QueryTrait::query(&mut tied).clone();
        change
            .execute::<user::Entity, _, _>(&books, &statement)
            .await?;
    }
    change.commit([Activity::passwords_cleared(count)]).await?;
    Ok(count)
}

/// Complains of names that cannot be.
pub(super) fn check_names(new: &NewUser, invalid: &mut Invalid) {
    check_username(&new.username, invalid);
    check_email(normal_email(&new.email).as_deref(), new.bot, invalid);
}

/// What is wrong with it before anything is looked up.
fn complaints(new: &NewUser) -> Invalid {
    let mut invalid = Invalid::default();
    check_names(new, &mut invalid);
    check_password(&new.password, &mut invalid);
    invalid
}

/// Checks what can be checked without the database, and hashes the password.
async fn prepare(app: &App, new: &NewUser) -> Result<String> {
    complaints(new).into_result()?;
    app.passwords.hash(&new.password).await
}

impl Change<'_> {
    pub(super) async fn new_user<P: Authority>(
        &mut self,
        permit: &P,
        new: &NewUser,
        password_hash: String,
    ) -> Result<Created> {
        let wanted = Wanted {
            canonical_name: Some(names::canonical(&new.username)),
            email: normal_email(&new.email),
            display_name: new.display_name.as_deref().and_then(blank_is_none),
        };
        let row = user::ActiveModel {
            id: NotSet,
            owner_team_id: Set(None),
            username: Set(new.username.clone()),
            canonical_name: Set(wanted.canonical_name.clone().unwrap_or_default()),
            email: Set(wanted.email.clone()),
            password_hash: Set(password_hash),
            admin: Set(new.admin),
            enabled: Set(true),
            bot: Set(new.bot),
            display_name: Set(wanted.display_name.clone()),
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
            ..Default::default()
        };
        // PostgreSQL lets nothing more be read in a transaction after a clash, so look first; a race still ends in
        // the unique index.
        let existing = user::Entity::find()
            .filter(
                user::Column::CanonicalName
                    .eq(wanted.canonical_name.as_deref().unwrap_or_default()),
            )
            .count(self.reader())
            .await?;
        if existing > 0 {
            return Err(wanted.clash(self.reader(), 0).await?);
        }
        let user = match self.insert(permit, row).await {
            Err(error) if is_taken(&error) => {
                let mut invalid = Invalid::default();
                let field = match error.to_string() {
                    text if text.contains("email") => "email",
                    text if text.contains("display_name") => "display_name",
                    _ => "username",
                };
                invalid.add(field, "has already been taken");
                return Err(Error::Invalid(invalid));
            }
            made => made?,
        };
        let homes = if new.bot {
            Vec::new()
        } else {
            self.give_homes(permit, &user).await?
        };
        if user.admin {
            self.settle_admin(permit, &user).await?;
        }
        Ok(Created { user, homes })
    }
}
