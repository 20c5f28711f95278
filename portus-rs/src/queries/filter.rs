//! What a list can be narrowed to: parameters by name, each a condition on rows. Lists declare theirs with
//! [`filters!`]; nothing that is not declared reaches a statement.

use chrono::NaiveDateTime;
use sea_orm::{
    Condition, DatabaseBackend, EntityTrait, QueryFilter as _, QuerySelect as _, QueryTrait as _,
    Select,
    sea_query::{Expr, SelectStatement},
};

use super::list::Listing;
use crate::{app::App, entities::dialect, error::Result};

/// A parameter that narrows a list.
pub struct Filter {
    pub name: &'static str,
    /// What it does, for the API's document.
    pub about: &'static str,
    pub test: Test,
}

/// How a value becomes a condition.
pub enum Test {
    Text(fn(String) -> Condition),
    /// The same for a condition that the databases write differently.
    With(fn(&str, DatabaseBackend) -> Condition),
    /// The text occurs in this column, sign by sign.
    Contains(fn() -> Expr),
    Number(fn(i64) -> Condition),
    Flag(fn(bool) -> Condition),
    Time(fn(NaiveDateTime) -> Condition),
    /// One of these words.
    Word(&'static [&'static str], fn(&str) -> Condition),
}

/// What a parameter was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
    Time(NaiveDateTime),
}

impl Filter {
    /// The rows that a value leaves; all of them for a value of another kind.
    pub fn condition(&self, value: Value, backend: DatabaseBackend) -> Condition {
        match (&self.test, value) {
            (Test::Text(test), Value::Text(it)) => test(it),
            (Test::With(test), Value::Text(it)) => test(&it, backend),
            (Test::Contains(column), Value::Text(it)) => {
                Condition::all().add(dialect::contains(backend, column(), it))
            }
            (Test::Number(test), Value::Number(it)) => test(it),
            (Test::Flag(test), Value::Flag(it)) => test(it),
            (Test::Time(test), Value::Time(it)) => test(it),
            (Test::Word(words, test), Value::Text(it)) if words.contains(&it.as_str()) => test(&it),
            _ => Condition::all(),
        }
    }
}

/// A list that shows only rows of which something holds.
pub struct Narrowed<L> {
    pub list: L,
    pub condition: Condition,
}

impl<L: Listing> Listing for Narrowed<L> {
    type Entity = L::Entity;
    type Row = L::Row;

    fn select(&self) -> Select<Self::Entity> {
        self.list.select().filter(self.condition.clone())
    }

    fn id() -> <Self::Entity as EntityTrait>::Column {
        L::id()
    }

    fn sort_column(name: &str) -> Option<<Self::Entity as EntityTrait>::Column> {
        L::sort_column(name)
    }

    fn filters() -> &'static [Filter] {
        L::filters()
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Self::Row>> {
        self.list.load(app, ids).await
    }
}

/// The ids of rows of another table of which something holds.
pub fn named<E: EntityTrait>(_: E, id: E::Column, holds: Expr) -> SelectStatement {
    E::find()
        .select_only()
        .column(id)
        .filter(holds)
        .into_query()
}

/// Declares filters: `"parameter" kind(column) "what it does";`. Kinds: `is`, `contains`, `flag`, `id`, `after`, `before`;
/// `text`, `with`, `number` and `word` take a function instead.
macro_rules! filters {
    ($($name:literal $kind:ident($($what:tt)+) $about:literal;)+) => {
        &[$($crate::queries::filter::Filter {
            name: $name,
            about: $about,
            test: $crate::queries::filter::filters!(@ $kind $($what)+),
        }),+]
    };
    (@ is $column:path) => {
        $crate::queries::filter::Test::Text(|it| sea_orm::Condition::all().add($column.eq(it)))
    };
    (@ contains $column:path) => {
        $crate::queries::filter::Test::Contains(|| $column.into_expr())
    };
    (@ flag $column:path) => {
        $crate::queries::filter::Test::Flag(|it| sea_orm::Condition::all().add($column.eq(it)))
    };
    (@ id $column:path) => {
        $crate::queries::filter::Test::Number(|it| sea_orm::Condition::all().add($column.eq(it)))
    };
    (@ after $column:path) => {
        $crate::queries::filter::Test::Time(|it| sea_orm::Condition::all().add($column.gt(it)))
    };
    (@ before $column:path) => {
        $crate::queries::filter::Test::Time(|it| sea_orm::Condition::all().add($column.lt(it)))
    };
    (@ text $test:expr) => {
        $crate::queries::filter::Test::Text($test)
    };
    (@ with $test:expr) => {
        $crate::queries::filter::Test::With($test)
    };
    (@ number $test:expr) => {
        $crate::queries::filter::Test::Number($test)
    };
    (@ word $words:expr, $test:expr) => {
        $crate::queries::filter::Test::Word($words, $test)
    };
}

pub(crate) use filters;
