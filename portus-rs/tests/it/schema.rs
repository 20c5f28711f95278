//! The schema on each database.

use migrations::{Migrator, MigratorTrait as _};
use portus_rs::{
    database::{self, Connection, State},
    entities::{team_user, user},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, EntityTrait, PaginatorTrait, QueryOrder};

use crate::support::databases::on_every_database;

fn connection(url: &str) -> Connection {
    Connection {
        url: url.to_owned(),
        pool: 5,
        connect_timeout: std::time::Duration::from_secs(20),
    }
}

fn person(name: &str) -> user::ActiveModel {
    let now = portus_rs::clock::Clock::default().now();
    user::ActiveModel {
        username: Set(name.to_owned()),
        canonical_name: Set(name.to_owned()),
        enabled: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

on_every_database! {
    async fn twenty_processes_that_start_together_make_one_schema(database: TestDatabase) {
        let connection = connection(&database.url);
        let starts = (0..20).map(|_| {
            let connection = connection.clone();
            tokio::spawn(async move { database::migrate(&connection).await })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
        assert_eq!(database::state(&connection).await, State::Ready);
        let pool = database.connect().await;
        let epochs = portus_rs::entities::auth_epoch::Entity::find().count(&pool).await.unwrap();
        assert_eq!(epochs, 1);
    }

    async fn text_is_compared_and_ordered_bytewise(database: TestDatabase) {
        database::migrate(&connection(&database.url)).await.unwrap();
        let pool = database.connect().await;
        for name in ["b", "A", "a", "_", "é", "B", "10", "9"] {
            user::Entity::insert(person(name)).exec(&pool).await.unwrap();
        }
        let names: Vec<String> = user::Entity::find()
            .order_by_asc(user::Column::Username)
            .all(&pool)
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.username)
            .collect();
        assert_eq!(names, ["10", "9", "A", "B", "_", "a", "b", "é"]);
        let twice = user::Entity::insert(person("a")).exec(&pool).await.unwrap_err();
        assert!(portus_rs::error::is_taken(&twice), "{twice}");
    }

    async fn moments_keep_their_microseconds(database: TestDatabase) {
        database::migrate(&connection(&database.url)).await.unwrap();
        let pool = database.connect().await;
        let row = person("a");
        let moment = row.created_at.clone().unwrap();
        user::Entity::insert(row).exec(&pool).await.unwrap();
        let read = user::Entity::find().one(&pool).await.unwrap().unwrap();
        assert_eq!(read.created_at, moment);
    }

    async fn a_database_of_portus_is_left_alone(database: TestDatabase) {
        let pool = database.connect().await;
        pool.execute_unprepared("CREATE TABLE schema_migrations (version varchar(255))").await.unwrap();
        let connection = connection(&database.url);
        assert_eq!(database::state(&connection).await, State::Portus);
        let error = database::migrate(&connection).await.unwrap_err().to_string();
        assert!(error.starts_with("this is a Portus database"), "{error}");
    }

    async fn a_database_of_a_newer_version_is_left_alone(database: TestDatabase) {
        let connection = connection(&database.url);
        database::migrate(&connection).await.unwrap();
        let pool = database.connect().await;
        pool.execute_unprepared("INSERT INTO portus_rs_migrations (version, applied_at) VALUES ('m9999_future', 1)")
            .await
            .unwrap();
        let error = database::migrate(&connection).await.unwrap_err().to_string();
        assert!(error.contains("m9999_future") && error.contains("newer"), "{error}");
    }

    async fn memberships_through_groups_move_into_one_place_and_back(database: TestDatabase) {
        let connection = connection(&database.url);
        database::migrate(&connection).await.unwrap();
        let pool = database.connect().await;
        let all = Migrator::migrations();
        let at = all.iter().position(|it| it.name() == "m0064_group_memberships").unwrap();
        let later = u32::try_from(all.len() - at).unwrap();
        Migrator::down(&pool, Some(later)).await.unwrap();
        let write = async |statement: String| pool.execute_unprepared(&statement).await.unwrap();
        let now = "'2026-01-01 00:00:00'";
        write(format!("INSERT INTO teams (id, name, created_at, updated_at) VALUES (1, 't', {now}, {now})")).await;
        for (id, group) in [(1, "NULL"), (2, "'cn=dev'"), (3, "NULL")] {
            let name = format!("u{id}");
            let mut row = person(&name);
            row.id = Set(id);
            user::Entity::insert(row).exec(&pool).await.unwrap();
            write(format!(
                "INSERT INTO team_users (id, team_id, user_id, role, directory_group, created_at, updated_at) \
                 VALUES ({id}, 1, {id}, 1, {group}, {now}, {now})"
            )).await;
        }
        let given = "INSERT INTO provider_memberships (team_user_id, issuer, group_name) VALUES (3, 'https://id', '/dev')";
        write(given.to_owned()).await;
        let sources = async || {
            let rows = team_user::Entity::find().order_by_asc(team_user::Column::Id).all(&pool).await.unwrap();
            rows.into_iter().map(|row| (row.group_name, row.group_issuer)).collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        let wanted = [(None, None), (text("cn=dev"), None), (text("/dev"), text("https://id"))];
        database::migrate(&connection).await.unwrap();
        assert_eq!(sources().await, wanted);
        // There and back again loses nothing.
        Migrator::down(&pool, Some(later)).await.unwrap();
        database::migrate(&connection).await.unwrap();
        assert_eq!(sources().await, wanted);
    }
}
