//! Tasks about accounts.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::{
    actions::users::{self, NewUser},
    app::App,
    entities::registry,
    error::Error,
    identity::actor::{Actor, PORTUS},
    queries::by_name,
};

use super::{
    console::{self, say},
    context::Session,
    failure::{Failure, Outcome},
    tasks::Arguments,
};

const NO_REGISTRY: &str = "
ERROR: There is no registry on the DB! You can either call the portus:create_registry
task, or log in as an administrator into Portus and fill in the form that
will be presented to you.";

/// `portus:create_user`.
pub async fn create(session: &Session, mut arguments: Arguments) -> Outcome {
    arguments.read_password("password")?;
    arguments.check_count()?;
    let admin = arguments.boolean("admin")?;
    let app = session.app().await?;
    if registry::Entity::find()
        .count(app.database.reader())
        .await?
        == 0
    {
        return Err(Failure::answer(255, NO_REGISTRY));
    }
    arguments.resolve_password("password")?;
    if app.config.ldap.is_some() {
        console::complain(
            "portus-rs: LDAP is enabled; this account will have a local password beside it",
        );
    }
    let new = NewUser {
        username: arguments.get("username").to_owned(),
        email: arguments.get("email").to_owned(),
        password: arguments.get("password").to_owned(),
        admin,
        ..NewUser::default()
    };
    let created = users::create(&app, &Actor::Operator, new).await?;
    if let Some(home) = created.homes.first()
        && home.name != created.user.username
    {
        say(format!(
            "\nNOTE: the user you just created contained characters that are not accepted for\n\
             naming namespaces. Because of this, you've got the following:\n\n  \
             * User name: '{}'\n  * Personal namespace: '{}'",
            created.user.username, home.name
        ));
    }
    Ok(())
}

/// `portus:make_admin`.
pub async fn make_admin(session: &Session, arguments: Arguments) -> Outcome {
    let app = session.app().await?;
    let name = arguments.get("username");
    if name.is_empty() {
        let usage = "Specify a username, as in\n rake portus:make_admin[username]\n";
        return Err(Failure::answer(
            255,
            format!("{usage}{}", valid(&app).await?),
        ));
    }
    let found = by_name::user(&app.database, name)
        .await?
        .filter(|user| user.username != PORTUS);
    let Some(user) = found else {
        let text = format!("{name} not found in database\n{}", valid(&app).await?);
        return Err(Failure::answer(254, text));
    };
    match users::set_admin(&app, &Actor::Operator, user.id, true).await {
        Ok(_) => Ok(()),
        Err(error @ (Error::Internal(_) | Error::Away(_))) => Err(error.into()),
        Err(_) => Err(Failure::answer(
            253,
            "Sorry something went wrong and I couldn't set this user as admin.",
        )),
    }
}

/// The names that `portus:make_admin` takes.
async fn valid(app: &App) -> Result<String, Failure> {
    let names = by_name::usernames(&app.database).await?;
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    Ok(format!("valid usernames are\n[{}]", quoted.join(", ")))
}

/// `portus:create_api_account`.
pub async fn create_api_account(session: &Session) -> Outcome {
    if session.loaded()?.config.secrets.portus_password.is_none() {
        // A published sample counts as unset, and only the warning says so.
        session.warn()?;
        return Err(Failure::answer(1, "PORTUS_PASSWORD is not set"));
    }
    let app = session.app().await?;
    Ok(users::ensure_portus(&app).await?)
}

/// `portus:clear_passwords`.
pub async fn clear_passwords(session: &Session, arguments: Arguments) -> Outcome {
    if session.loaded()?.config.ldap.is_none() && !arguments.has("force") {
        return Err(Failure::aborted(
            "LDAP is disabled, so nobody could log in any more; set ldap.enabled first, or add --force",
        ));
    }
    console::confirm(
        "This clears the local password of every user but bots and the hidden account.",
        arguments.has("yes"),
    )?;
    let app = session.app().await?;
    let count = users::clear_passwords(&app, &Actor::Operator).await?;
    say(format!("Cleared {count} passwords."));
    Ok(())
}

/// `migrate:update_ldap_names`: only databases of Portus 2.0 had such names.
pub fn update_ldap_names(session: &Session) -> Outcome {
    if session.loaded()?.config.ldap.is_none() {
        say("This only applies to LDAP setups...");
    } else {
        say("Users to be updated:\nNone. Doing nothing...");
    }
    Ok(())
}

/// `db:seed`: the hidden account, in a database without accounts.
pub async fn seed(app: &App) -> Outcome {
    if any(app).await? {
        return Err(Failure::answer(
            255,
            "The DB is not empty! Only seed for kick-starting your DB",
        ));
    }
    Ok(users::ensure_portus(app).await?)
}

/// As [`seed`], where accounts are no fault.
pub async fn seed_if_empty(app: &App) -> Outcome {
    if any(app).await? {
        return Ok(());
    }
    Ok(users::ensure_portus(app).await?)
}

async fn any(app: &App) -> Result<bool, Failure> {
    use crate::entities::user;
    let count = user::Entity::find()
        .filter(user::Column::Id.gt(0))
        .count(app.database.reader())
        .await?;
    Ok(count > 0)
}
