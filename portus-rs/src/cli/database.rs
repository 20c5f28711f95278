//! Tasks about the database itself. None drops anything without being told to twice.

use crate::{
    config::{Connection as Place, DatabaseSettings},
    database::{self, Database, State},
};

use super::{
    console::{self, say},
    context::Session,
    failure::{Failure, Outcome},
    tasks::Arguments,
    users,
};

/// `check_db`: one word on the state of the database.
pub async fn check(session: &Session, exit_code: bool) -> Outcome {
    let state = database::state(&session.connection()?).await;
    say(match &state {
        State::Ready => "DB_READY",
        // Without our tables it is empty, as far as this service goes; starting the server says more.
        State::Empty | State::Portus => "DB_EMPTY",
        State::Missing => "DB_MISSING",
        State::Down(_) => "DB_DOWN",
        State::Newer(_) | State::Unknown(_) => "DB_UNKNOWN",
    });
    match &state {
        State::Down(text) | State::Unknown(text) => tracing::warn!("{text}"),
        State::Newer(_) => tracing::warn!("a newer portus-rs has used this database"),
        State::Portus => tracing::warn!("this is a Portus database"),
        State::Ready | State::Empty | State::Missing => {}
    }
    if exit_code && state != State::Ready {
        return Err(Failure::Code(1));
    }
    Ok(())
}

/// `db:create`.
pub async fn create(session: &Session) -> Outcome {
    let settings = &session.loaded()?.config.database;
    let name = name_of(settings);
    session.prepare_directory()?;
    let made = database::create(&session.connection()?).await?;
    say(if made {
        format!("Created database '{name}'")
    } else {
        format!("Database '{name}' already exists")
    });
    Ok(())
}

fn name_of(settings: &DatabaseSettings) -> String {
    match &settings.connection {
        Place::File(path) => path.display().to_string(),
        Place::Server(server) => server.database.clone(),
    }
}

/// `db:migrate`. A version cannot be chosen: steps are only ever added.
pub async fn migrate(session: &Session) -> Outcome {
    if session.sources().env.contains_key("VERSION") {
        return Err(Failure::aborted(
            "VERSION is not supported: the schema goes forward only; leave it out to go to the newest",
        ));
    }
    session.prepare_directory()?;
    Ok(database::migrate(&session.connection()?).await?)
}

/// `db:migrate:status`.
pub async fn status(session: &Session) -> Outcome {
    let connection = session.connection()?;
    let steps = match database::state(&connection).await {
        State::Missing => {
            return Err(Failure::aborted(
                "there is no such database yet: run db:create, or start the server",
            ));
        }
        State::Down(text) | State::Unknown(text) => {
            let error = sea_orm::DbErr::Custom(text);
            return Err(database::explain(&error, &connection.url).into());
        }
        _ => database::steps(&connection).await?,
    };
    let name = name_of(&session.loaded()?.config.database);
    let width = steps
        .iter()
        .map(|step| step.id().len())
        .chain(["Migration ID".len()])
        .max()
        .unwrap_or_default();
    say(format!("\ndatabase: {name}\n"));
    say(format!(
        " Status   {:width$}  Migration Name",
        "Migration ID"
    ));
    say("-".repeat(width + 36));
    for step in &steps {
        let status = if step.applied { "up" } else { "down" };
        say(format!(
            "{status:^8}  {:width$}  {}",
            step.id(),
            step.title()
        ));
    }
    say("");
    Ok(())
}

/// `db:setup` and `portus:db:configure`: whatever is missing, and nothing else.
pub async fn set_up(session: &Session, announce: bool) -> Outcome {
    if announce {
        create(session).await?;
    } else {
        session.prepare_directory()?;
        database::create(&session.connection()?).await?;
    }
    database::migrate(&session.connection()?).await?;
    users::seed_if_empty(&*session.app().await?).await
}

/// `db:seed`.
pub async fn seed(session: &Session) -> Outcome {
    users::seed(&*session.app().await?).await
}

/// What comes after the tables have been dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Nothing,
    Schema,
    Seed,
}

/// The tasks that drop everything; `then` says what they make anew.
pub async fn drop_all(session: &Session, arguments: Arguments, then: Then) -> Outcome {
    let connection = session.connection()?;
    let place = session.loaded()?.config.database.describe();
    let name = arguments.task.name;
    match database::state(&connection).await {
        State::Missing => {}
        State::Portus => {
            return Err(Failure::aborted(
                "this is a Portus database; portus-rs drops only tables of its own",
            ));
        }
        State::Down(text) | State::Unknown(text) => {
            let error = sea_orm::DbErr::Custom(text);
            return Err(database::explain(&error, &connection.url).into());
        }
        State::Empty | State::Ready | State::Newer(_) => {
            console::confirm(
                &format!(
                    "{name} removes every user, team, namespace and the whole history from the {place}."
                ),
                arguments.has("yes"),
            )?;
            let database = Database::connect(&connection)
                .await
                .map_err(|error| database::explain(&error, &connection.url))?;
            database::drop_tables(&database).await?;
            database.close().await;
        }
    }
    match then {
        Then::Nothing => Ok(()),
        Then::Schema => {
            session.prepare_directory()?;
            database::create(&connection).await?;
            Ok(database::migrate(&connection).await?)
        }
        Then::Seed => set_up(session, false).await,
    }
}
