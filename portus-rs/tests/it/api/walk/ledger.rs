//! All rows of all tables, to tell whether anything changed.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, Statement};
use serde_json::Value;

use crate::support::databases::{Adapter, TestDatabase};

/// Wrong credentials are counted, which is no change.
const NOT_READ: [&str; 1] = ["login_failures"];

pub struct Ledger {
    connection: DatabaseConnection,
    tables: Vec<String>,
}

impl Ledger {
    pub async fn open(database: &TestDatabase) -> Self {
        let connection = database.connect().await;
        let tables = match database.adapter {
            Adapter::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            Adapter::MySql => {
                "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
            }
            Adapter::Postgres => {
                "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'"
            }
        };
        let backend = connection.get_database_backend();
        let rows = connection
            .query_all_raw(Statement::from_string(backend, tables))
            .await
            .unwrap();
        let names = rows
            .iter()
            .map(|row| row.try_get::<String>("", "name").unwrap());
        let tables: Vec<String> = names
            .filter(|it| !NOT_READ.contains(&it.as_str()))
            .collect();
        assert!(tables.len() > 20, "{tables:?}");
        Self { connection, tables }
    }

    /// Rows by table, in an order that only they decide.
    pub async fn read(&self) -> BTreeMap<String, Vec<String>> {
        let backend = self.connection.get_database_backend();
        let mut all = BTreeMap::new();
        for table in &self.tables {
            let statement = Statement::from_string(backend, format!("SELECT * FROM {table}"));
            let rows = Value::find_by_statement(statement)
                .all(&self.connection)
                .await
                .unwrap();
            let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
            rows.sort_unstable();
            all.insert(table.clone(), rows);
        }
        all
    }
}
