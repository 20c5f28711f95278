//! The parameters that narrow a list, as the list itself declares them.

use std::marker::PhantomData;

use serde_json::json;

use super::{
    declare::{Field, Parameters},
    params::Reader,
};
use crate::{
    app::App,
    queries::{
        filter::{Filter, Narrowed, Test, Value},
        list::Listing,
    },
};

/// What a list of `L` is to be narrowed to.
pub struct Filters<L> {
    given: Vec<(&'static Filter, Value)>,
    of: PhantomData<fn() -> L>,
}

impl<L: Listing> Filters<L> {
    /// The list with only the rows of which all of it holds.
    pub fn narrow<M>(self, app: &App, list: M) -> Narrowed<M>
    where
        M: Listing<Entity = L::Entity>,
    {
        Narrowed::by(list, self.given, app.database.backend())
    }
}

impl<L: Listing> Parameters for Filters<L> {
    fn read(read: &mut Reader<'_>) -> Self {
        let given = L::filters().iter().filter_map(|filter| {
            let name = filter.name;
            let value = match &filter.test {
                Test::Text(_) | Test::Scattered(_) | Test::With(_) => {
                    read.string(name).map(Value::Text)
                }
                // Everything contains nothing.
                Test::Contains(_) => read
                    .string(name)
                    .filter(|it| !it.is_empty())
                    .map(Value::Text),
                Test::Number(_) => read.integer(name).map(Value::Number),
                Test::Flag(_) => read.boolean(name).map(Value::Flag),
                Test::Time(_) => read.time(name).map(Value::Time),
                Test::Word(words, _) => {
                    let word = read.string(name);
                    if word
                        .as_ref()
                        .is_some_and(|it| !words.contains(&it.as_str()))
                    {
                        read.reject(name);
                    }
                    word.map(Value::Text)
                }
            };
            Some((filter, value?))
        });
        Self {
            given: given.collect(),
            of: PhantomData,
        }
    }

    fn fields() -> Vec<Field> {
        let field = |filter: &Filter| Field {
            object: None,
            name: filter.name,
            required: false,
            schema: match &filter.test {
                Test::Text(_) | Test::Scattered(_) | Test::With(_) | Test::Contains(_) => {
                    json!({"type": "string"})
                }
                Test::Number(_) => json!({"type": "integer", "format": "int64"}),
                Test::Flag(_) => json!({"type": "boolean"}),
                Test::Time(_) => json!({"type": "string", "format": "date-time"}),
                Test::Word(words, _) => json!({"type": "string", "enum": words}),
            },
            about: filter.about.to_owned(),
        };
        L::filters().iter().map(field).collect()
    }

    fn name() -> Option<&'static str> {
        None
    }
}
