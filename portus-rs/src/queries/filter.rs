//! What a list can be narrowed to: parameters by name, each a condition on rows. Lists declare theirs with
//! [`filters!`]; nothing that is not declared reaches a statement.

use chrono::{NaiveDateTime, TimeDelta, Timelike as _};
use sea_orm::{
    Condition, DatabaseBackend, EntityTrait, ExprTrait as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _, Select,
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
    /// The same where no index has what it leaves in the order of the list.
    Scattered(fn(&str) -> Condition),
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
            (Test::Scattered(test), Value::Text(it)) => test(&it),
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

/// A moment as it is shown, in milliseconds: whoever gives one back means everything that is shown so.
pub fn shown(moment: NaiveDateTime) -> NaiveDateTime {
    let nanos = moment.nanosecond();
    moment
        .with_nanosecond(nanos - nanos % 1_000_000)
        .unwrap_or(moment)
}

/// The last moment that is shown like this one.
pub fn end_of_shown(moment: NaiveDateTime) -> NaiveDateTime {
    shown(moment) + TimeDelta::microseconds(999)
}

/// A list that shows only rows of which something holds.
pub struct Narrowed<L> {
    pub list: L,
    pub condition: Condition,
    /// The same, written for walking along the order of the list; where it is known to leave much.
    pub along: Option<Condition>,
}

impl<L: Listing> Narrowed<L> {
    /// What of a list is left by a condition.
    pub fn to(list: L, condition: Condition) -> Self {
        Self {
            list,
            condition,
            along: None,
        }
    }

    /// What of a list is left by parameters.
    pub fn by(list: L, given: Vec<(&'static Filter, Value)>, backend: DatabaseBackend) -> Self {
        let (mut condition, mut along) = (Condition::all(), Condition::all());
        // The others know from their statistics how much is left.
        let unaware = backend == DatabaseBackend::Sqlite;
        let mut differs = false;
        for (filter, value) in given {
            let scattered = unaware && matches!(filter.test, Test::Scattered(_));
            let holds = filter.condition(value, backend);
            differs |= scattered;
            along = along.add(if scattered {
                Condition::all().add(unindexed(holds.clone()))
            } else {
                holds.clone()
            });
            condition = condition.add(holds);
        }
        Self {
            list,
            condition,
            along: differs.then_some(along),
        }
    }
}

/// The same condition, of a form that no index answers.
fn unindexed(condition: Condition) -> Expr {
    let truth: Expr = Expr::case(condition, 1).finally(0).into();
    truth.eq(1)
}

impl<L: Listing> Listing for Narrowed<L> {
    type Entity = L::Entity;
    type Row = L::Row;

    fn select(&self) -> Select<Self::Entity> {
        self.list.select().filter(self.condition.clone())
    }

    fn select_along(&self) -> Select<Self::Entity> {
        let condition = self.along.as_ref().unwrap_or(&self.condition);
        self.list.select_along().filter(condition.clone())
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
/// `text`, `truth`, `scattered`, `with`, `number` and `word` take a function instead.
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
        $crate::queries::filter::Test::Time(|it| {
            sea_orm::Condition::all().add($column.gt($crate::queries::filter::end_of_shown(it)))
        })
    };
    (@ before $column:path) => {
        $crate::queries::filter::Test::Time(|it| {
            sea_orm::Condition::all().add($column.lt($crate::queries::filter::shown(it)))
        })
    };
    (@ truth $test:expr) => {
        $crate::queries::filter::Test::Flag($test)
    };
    (@ text $test:expr) => {
        $crate::queries::filter::Test::Text($test)
    };
    (@ with $test:expr) => {
        $crate::queries::filter::Test::With($test)
    };
    (@ scattered $test:expr) => {
        $crate::queries::filter::Test::Scattered($test)
    };
    (@ number $test:expr) => {
        $crate::queries::filter::Test::Number($test)
    };
    (@ word $words:expr, $test:expr) => {
        $crate::queries::filter::Test::Word($words, $test)
    };
}

pub(crate) use filters;
