//! What people say about a repository.

use serde::Serialize;

use crate::{
    actions,
    queries::comments::Row,
    web::{
        error::PageResult,
        markdown,
        pages::{
            people,
            route::{Route, delete, post},
            view::Moment,
            visit::Member,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        post("/repositories/{id}/comments", write),
        delete("/repositories/{id}/comments/{comment}", remove),
    ]
}

/// A comment.
#[derive(Clone, Debug, Serialize)]
pub struct Comment {
    id: i64,
    author: Option<String>,
    /// The page about them, for those who have one.
    href: Option<String>,
    avatar: Option<String>,
    /// HTML.
    body: String,
    created_at: Moment,
    removable: bool,
}

impl Comment {
    pub fn new(visit: &Member, row: Row) -> Self {
        let href = row
            .author
            .as_ref()
            .and_then(|it| people::page(visit, it.id));
        let (author, avatar) = row.author.map(|it| (it.name, it.avatar_url)).unzip();
        Self {
            id: row.comment.id,
            author,
            href,
            avatar: avatar.flatten(),
            body: markdown::html(Some(&row.comment.body)).unwrap_or_default(),
            created_at: Moment(row.comment.created_at),
            removable: row.destroyable,
        }
    }
}

impl Comment {
    pub fn samples() -> Vec<Self> {
        let sample = |id: i64, author: Option<&str>| Self {
            id,
            author: author.map(str::to_owned),
            href: author.map(|_| "/users/edit".to_owned()),
            avatar: None,
            body: "<p>well</p>".to_owned(),
            created_at: Moment(chrono::NaiveDateTime::default()),
            removable: id == 1,
        };
        vec![sample(1, Some("ann<canary>")), sample(2, None)]
    }
}

async fn write(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let body = visit.text("comment[body]");
    match actions::comments::write(&visit.app, &visit.actor, id, &body).await {
        Ok(_) => {
            let said = visit.say("comment-written");
            Ok(visit.go_telling(&format!("/repositories/{id}#comments"), said))
        }
        Err(error) => {
            let form = visit.refused("comment", error)?;
            let page = super::shown(&visit, form, None).await?;
            visit.show_again("repositories", &page).await
        }
    }
}

async fn remove(visit: Member) -> PageResult {
    let (id, comment) = (visit.id("id")?, visit.id("comment")?);
    let back = format!("/repositories/{id}#comments");
    match actions::comments::delete(&visit.app, &visit.actor, id, comment).await {
        Ok(()) => Ok(visit.go_telling(&back, visit.say("comment-deleted"))),
        Err(error) => visit.go_refused(&back, error),
    }
}
