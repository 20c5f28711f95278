//! What people say about repositories.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, Operation, delete, get, noun, post},
    presented::{CommentExtras, Dressed, one, presented},
    reply::{Created, NoContent, Paged},
    respond::{Time, created, no_content, paged},
};
use crate::{
    actions,
    queries::{
        self,
        comments::{self, Comments, Row},
    },
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "comments",
        "What people say about repositories.",
        vec![
            get(
                "/v1/repositories/{id}/comments",
                "Lists what was said about a repository, oldest first",
                list,
            )
            .ours(),
            post(
                "/v1/repositories/{id}/comments",
                "Says something about a repository",
                create,
            )
            .ours(),
            delete(
                "/v1/repositories/{id}/comments/{comment_id}",
                "Takes a comment back",
                remove,
            )
            .about("Authors take back their own comments, admins any.")
            .ours(),
        ],
    )
}

/// As Portus' pages asked.
pub fn twins() -> Vec<Operation> {
    vec![
        post(
            "/repositories/{id}/comments.json",
            "Says something about a repository",
            create_leniently,
        ),
        delete(
            "/repositories/{id}/comments/{comment_id}.json",
            "Takes a comment back",
            remove,
        ),
    ]
}

params! {
    /// What is to be said.
    struct NewComment in comment {
        /// Markdown.
        body: String,
    }
}

params! {
    /// The same, where nothing said is nothing to be said.
    struct NewCommentOfPage in comment {
        /// Markdown.
        body: Option<String>,
    }
}

#[derive(Serialize, ToSchema)]
struct Comment {
    id: i64,
    repository_id: i64,
    created_at: Time,
    updated_at: Time,
    /// Markdown.
    body: String,
    author: Option<Author>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CommentAuthor)]
struct Author {
    id: i64,
    username: String,
    /// At Gravatar, unless that is switched off.
    avatar_url: Option<String>,
}

impl From<comments::Author> for Author {
    fn from(author: comments::Author) -> Self {
        Self {
            id: author.id,
            username: author.username,
            avatar_url: author.avatar_url,
        }
    }
}

impl From<Row> for Comment {
    fn from(row: Row) -> Self {
        let it = row.comment;
        Self {
            id: it.id,
            repository_id: it.repository_id,
            created_at: Time(it.created_at),
            updated_at: Time(it.updated_at),
            body: it.body,
            author: row.author.map(Author::from),
        }
    }
}

type PresentedComment = Dressed<Comment, CommentExtras>;

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Comments>,
) -> ApiResult<Paged<PresentedComment>> {
    let list = filters.narrow(
        &call.app,
        presented(&call, of_repository(&call).await?).await?,
    );
    paged(&call, &page, list, Dressed::from).await
}

async fn create(call: Call, new: NewComment) -> ApiResult<Created<PresentedComment>> {
    let id = call.id("id")?;
    let made = actions::comments::write(&call.app, &call.actor, id, &new.body).await?;
    let list = of_repository(&call).await?;
    let row = list.one(&call.app, made.id).await?;
    created(one::<Comments, _, _>(&call, row).await?)
}

async fn create_leniently(
    call: Call,
    new: NewCommentOfPage,
) -> ApiResult<Created<PresentedComment>> {
    let body = new.body.unwrap_or_default();
    create(call, NewComment { body }).await
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    let (repository, comment) = (call.id("id")?, call.id("comment_id")?);
    actions::comments::delete(&call.app, &call.actor, repository, comment).await?;
    no_content()
}

async fn of_repository(call: &Call) -> ApiResult<Comments> {
    let viewer = call.viewer().await?;
    let (row, namespace) = queries::repositories::show(&call.app, &viewer, call.id("id")?).await?;
    Ok(Comments {
        repository_id: row.id,
        standing: viewer.standing_in(&namespace),
        namespace: (&namespace).into(),
    })
}
