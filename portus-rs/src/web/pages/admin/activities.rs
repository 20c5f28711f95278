//! The audit log: everything that happened, narrowed by who, what, to which thing and when, and as a file.

use serde::Serialize;

use crate::{
    activity::sentence::Sentence,
    queries::activities::{Activities, Row as Found},
    web::{
        error::PageResult,
        extract::{declare::Parameters as _, filters::Filters},
        pages::{
            route::{Route, get},
            table::{Shape, Table},
            view::{Moment, Page},
            visit::Admin,
        },
    },
};

const SHAPE: Shape = Shape {
    prefix: "",
    columns: &["created_at", "key"],
    sorted_by: "created_at",
    ascending: false,
    filter: "",
};

/// What the form narrows by, as the API calls it.
const FIELDS: [&str; 5] = [
    "actor",
    "action",
    "object",
    "created_after",
    "created_before",
];

/// Beginnings of keys, on offer while somebody types.
const KINDS: [&str; 10] = [
    "repository.*",
    "namespace.*",
    "team.*",
    "user*",
    "application_token.*",
    "webhook.*",
    "registry*",
    "session*",
    "comment*",
    "repository.push",
];

pub fn routes() -> Vec<Route> {
    vec![get("/admin/activities", list)]
}

/// What `admin/activities.html` shows.
#[derive(Serialize)]
pub struct Log {
    entries: Table<Entry>,
    filter: Filter,
    kinds: [&'static str; 10],
    /// A date that is none, so that it was left aside.
    misread: bool,
    /// The same question for the files: what stands behind `?`.
    query: String,
}

#[derive(Default, Serialize)]
struct Filter {
    actor: String,
    action: String,
    object: String,
    created_after: String,
    created_before: String,
}

/// An entry as a sentence.
#[derive(Serialize)]
pub struct Entry {
    key: String,
    parts: Vec<Part>,
    created_at: Moment,
}

#[derive(Serialize)]
struct Part {
    text: String,
    actor: bool,
    /// The page about what it names, below the root.
    to: Option<String>,
}

impl From<Found> for Entry {
    fn from(found: Found) -> Self {
        let sentence = Sentence::of(&found.row, &found.hosts);
        let parts = sentence.parts.into_iter().map(|part| Part {
            to: part.link.and_then(|link| page_of(link.kind, link.id)),
            text: part.text,
            actor: part.actor,
        });
        Self {
            parts: parts.collect(),
            key: found.row.key,
            created_at: Moment(found.row.created_at),
        }
    }
}

/// Where one reads more about a thing.
fn page_of(kind: &str, id: i64) -> Option<String> {
    Some(match kind {
        "Namespace" => format!("/namespaces/{id}"),
        "Repository" => format!("/repositories/{id}"),
        "Tag" => format!("/tags/{id}"),
        "Team" => format!("/teams/{id}"),
        "User" => format!("/admin/users/{id}/edit"),
        "Registry" => format!("/admin/registries/{id}/edit"),
        _ => return None,
    })
}

impl Page for Log {
    const VIEW: &'static str = "admin/activities.html";

    fn samples() -> Vec<Self> {
        let part = |actor, to: Option<&str>| Part {
            text: "<canary>".to_owned(),
            actor,
            to: to.map(str::to_owned),
        };
        let entry = |key: &str| Entry {
            key: key.to_owned(),
            parts: vec![part(true, None), part(false, Some("/teams/1"))],
            created_at: Moment(chrono::NaiveDateTime::default()),
        };
        let page = |entries: Vec<Entry>, misread| Self {
            entries: Table::sample(SHAPE, entries),
            filter: Filter {
                actor: "<canary>".to_owned(),
                ..Filter::default()
            },
            kinds: KINDS,
            misread,
            query: "actor=%3Ccanary%3E".to_owned(),
        };
        vec![
            page(Vec::new(), true),
            page(vec![entry("team.create"), entry("<canary>")], false),
        ]
    }
}

async fn list(visit: Admin) -> PageResult {
    let mut read = visit.params.read();
    let filters = Filters::<Activities>::read(&mut read);
    let misread = read.finish().is_err();
    let who = visit.actor.who();
    let list = filters.narrow(&visit.app, Activities { who });
    let entries = visit.plain_table(SHAPE, list, Entry::from).await?;
    let given = FIELDS.map(|name| (name, visit.text(name)));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given.iter().filter(|(_, value)| !value.is_empty()))
        .finish();
    let [actor, action, object, after, before] = given.map(|(_, value)| value);
    let page = Log {
        entries,
        filter: Filter {
            actor,
            action,
            object,
            created_after: after,
            created_before: before,
        },
        kinds: KINDS,
        misread,
        query,
    };
    visit.show("activities", &page).await
}

#[cfg(test)]
mod tests {
    use super::Log;

    crate::web::pages::view::renders!(Log);
}
