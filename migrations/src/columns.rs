//! The column kinds of this schema, said once for all three databases: text compares bytewise, times are UTC with microseconds.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Makes columns, tables and indexes for the database at hand.
#[derive(Clone, Copy)]
pub struct Columns {
    backend: DbBackend,
}

#[expect(
    clippy::unused_self,
    reason = "all kinds of columns are asked for alike"
)]
impl Columns {
    pub fn of(manager: &SchemaManager<'_>) -> Self {
        Self {
            backend: manager.get_database_backend(),
        }
    }

    /// A table whose text compares bytewise also on MySQL. Creating it again is harmless,
    /// because MySQL cannot roll back a half-finished step.
    pub fn table(self, name: &'static str) -> TableCreateStatement {
        let mut table = Table::create();
        table.table(name).if_not_exists();
        if self.backend == DbBackend::MySql {
            table
                .engine("InnoDB")
                .character_set("utf8mb4")
                .collate("utf8mb4_bin");
        }
        table
    }

    pub fn id(self) -> ColumnDef {
        let mut column = ColumnDef::new("id");
        column
            .big_integer()
            .not_null()
            .auto_increment()
            .primary_key();
        column
    }

    /// A number that refers to another row.
    pub fn reference(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        column.big_integer();
        column
    }

    /// Text of up to 255 characters, ordered and compared bytewise.
    pub fn name(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        match self.backend {
            DbBackend::Postgres => column.custom(r#"varchar(255) COLLATE "C""#),
            _ => column.string_len(255),
        };
        column
    }

    /// Text without a useful bound.
    pub fn text(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        match self.backend {
            DbBackend::MySql => column.custom("longtext"),
            _ => column.text(),
        };
        column
    }

    /// A moment in UTC. MySQL's own `datetime` drops fractions, its `timestamp` ends in 2038.
    pub fn time(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        match self.backend {
            DbBackend::MySql => column.custom("datetime(6)"),
            _ => column.date_time(),
        };
        column
    }

    pub fn flag(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        column.boolean().not_null().default(false);
        column
    }

    pub fn small(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        column.small_integer().not_null().default(0);
        column
    }

    pub fn number(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        column.big_integer();
        column
    }

    pub fn count(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        column.big_integer().not_null().default(0);
        column
    }
}

/// What happens to this row when the one it refers to goes.
pub fn foreign_key(
    from: (&'static str, &'static str),
    to: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(format!("fk_{}_{}", from.0, from.1))
        .from(from.0, from.1)
        .to(to, "id")
        .on_delete(on_delete);
    key
}

/// Adds a column unless the table has it already.
pub async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    if manager.has_column(table, column.get_column_name()).await? {
        return Ok(());
    }
    let change = Table::alter().table(table).add_column(column).to_owned();
    manager.alter_table(change).await
}

/// Creates an index unless it stands already.
pub async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    create_index(manager, table, columns, false).await
}

/// Creates a unique index unless it stands already.
pub async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    create_index(manager, table, columns, true).await
}

/// Drops an index unless it is gone already.
pub async fn drop_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let name = index_name(table, columns);
    if !manager.has_index(table, &name).await? {
        return Ok(());
    }
    let mut index = Index::drop();
    index.name(name).table(table);
    manager.drop_index(index).await
}

fn index_name(table: &str, columns: &[&str]) -> String {
    format!("ix_{table}_{}", columns.join("_"))
}

async fn create_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    unique: bool,
) -> Result<(), DbErr> {
    let name = index_name(table, columns);
    if manager.has_index(table, &name).await? {
        return Ok(());
    }
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    if unique {
        index.unique();
    }
    manager.create_index(index).await
}
