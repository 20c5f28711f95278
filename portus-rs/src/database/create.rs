//! Making the database itself, on a server that has none of that name.

use anyhow::Context as _;
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};

use super::{Connection, Database, State, explain, sqlite_file, state};

/// Creates the configured database. Returns whether it was missing.
pub async fn create(connection: &Connection) -> anyhow::Result<bool> {
    match state(connection).await {
        State::Missing => {}
        // What cannot be looked at may not be there: that it is must not be said.
        State::Down(text) | State::Unknown(text) => {
            return Err(explain(&sea_orm::DbErr::Custom(text), &connection.url));
        }
        State::Ready | State::Empty | State::Newer(_) | State::Portus => return Ok(false),
    }
    if sqlite_file(&connection.url).is_ok() {
        let made = Database::connect(connection)
            .await
            .map_err(|error| explain(&error, &connection.url))?;
        made.close().await;
        return Ok(true);
    }
    let mut url = url::Url::parse(&connection.url).context("the address of the database")?;
    let name = percent_encoding::percent_decode_str(url.path().trim_start_matches('/'))
        .decode_utf8()
        .context("the name of the database is not UTF-8")?
        .into_owned();
    // Every server has this one, or needs none.
    url.set_path(if url.scheme() == "postgres" {
        "/postgres"
    } else {
        "/"
    });
    let server = Connection {
        url: url.into(),
        pool: 1,
        ..connection.clone()
    };
    let session = Database::connect(&server)
        .await
        .map_err(|error| explain(&error, &server.url))?;
    let backend = session.backend();
    let sql = match backend {
        DatabaseBackend::MySql => format!(
            "CREATE DATABASE `{}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            name.replace('`', "``")
        ),
        _ => format!(
            "CREATE DATABASE \"{}\" ENCODING 'UTF8' TEMPLATE template0",
            name.replace('"', "\"\"")
        ),
    };
    let made = session
        .reader()
        .execute_raw(Statement::from_string(backend, sql))
        .await;
    session.close().await;
    if let Err(error) = made {
        // Another process may have been quicker.
        if state(connection).await == State::Missing {
            return Err(anyhow::Error::new(error)).with_context(|| {
                format!("cannot create the database '{name}': create it by hand, or let this user create databases")
            });
        }
        return Ok(false);
    }
    Ok(true)
}
