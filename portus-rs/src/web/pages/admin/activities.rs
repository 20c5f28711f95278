//! The audit log: everything that happened, narrowed by who, what, to which thing and when, and as a file.

use serde::Serialize;

use crate::{
    queries::activities::Activities,
    web::{
        error::PageResult,
        extract::{declare::Parameters as _, filters::Filters},
        pages::{
            activity::{self, Entry, Piece},
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
    per_page: Some(25),
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
const KINDS: [&str; 11] = [
    "repository.*",
    "namespace.*",
    "team.*",
    "user*",
    "application_token*",
    "webhook.*",
    "registry*",
    "session*",
    "session:fail*",
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
    kinds: [&'static str; 11],
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

impl Page for Log {
    const VIEW: &'static str = "admin/activities.html";

    fn samples() -> Vec<Self> {
        let piece = |actor, href: Option<&str>| Piece {
            text: "<canary>".to_owned(),
            actor,
            href: href.map(str::to_owned),
        };
        let entry = |key: &str| Entry {
            id: 1,
            key: key.to_owned(),
            icon: "tag",
            actor: "<canary>".to_owned(),
            avatar: None,
            parts: vec![piece(true, None), piece(false, Some("/teams/1"))],
            at: Moment(chrono::NaiveDateTime::default()),
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
    let params = visit.params.filled();
    let mut read = params.read();
    let filters = Filters::<Activities>::read(&mut read);
    let misread = read.finish().is_err();
    let who = visit.actor.who();
    let list = filters.narrow(&visit.app, Activities { who });
    let found = visit.plain_table(SHAPE, list, |row| row).await?;
    let viewer = visit.viewer().await?;
    let told = activity::entries(&visit.app, &viewer, visit.language, found.rows()).await?;
    let entries = found.dressed(told);
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
