//! One repository: what lies in it and how to get it, what it says of itself, and what people say about it.

mod comments;
mod deletion;
pub mod image;

use serde::Serialize;

use self::{comments::Comment, image::Image};
use super::{
    checks,
    form::Form,
    repositories::Line,
    route::{Route, get, post, put},
    table::{Shape, Table},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    actions::{self, stars},
    entities::{Role, namespace, repository},
    error::Result,
    policy::{self, NamespaceFacts},
    queries::{comments::Comments, images, repositories},
    web::{error::PageResult, markdown},
};

const IMAGES: Shape = Shape {
    prefix: "",
    columns: images::COLUMNS,
    sorted_by: "pushed_at",
    ascending: false,
    filter: "",
    per_page: None,
};
const COMMENTS: Shape = Shape {
    prefix: "c_",
    columns: &["created_at"],
    sorted_by: "created_at",
    ascending: false,
    filter: "body_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/repositories/{id}", show).live(),
        put("/repositories/{id}", describe),
        post("/repositories/{id}/toggle_star", star),
    ];
    routes.extend(deletion::routes());
    routes.extend(comments::routes());
    routes
}

/// What `repository/show.html` shows.
#[derive(Serialize)]
pub struct Repository {
    repository: Head,
    images: Table<Image>,
    /// Whether there is anything, whatever the filter leaves.
    empty: bool,
    comments: Table<Comment>,
    /// For another comment.
    comment: Form,
    /// For the description, for those who may change it.
    describe: Option<Form>,
    scanning: bool,
}

/// What all pages of a repository say of it.
#[derive(Serialize)]
pub struct Head {
    #[serde(flatten)]
    line: Line,
    /// HTML.
    about: Option<String>,
    created_at: Moment,
    role: Option<&'static str>,
    push: bool,
    delete: bool,
    /// What fetches the tag that was pushed last.
    pull: Option<String>,
}

impl Head {
    fn new(
        visit: &Member,
        viewer: &crate::queries::viewer::Viewer,
        row: repositories::Row,
    ) -> Self {
        let standing = viewer.standing_in(&row.namespace);
        let facts = NamespaceFacts::from(&row.namespace);
        let rules = &visit.app.rules;
        let admin = standing.is_admin().then_some("admin");
        let last = row.last_tag.as_ref();
        let kind = last.and_then(|it| it.manifest.as_ref()).map(image::kind);
        let tag = last.map(|it| it.tag.name.clone());
        let (delete, created_at) = (row.destroyable, Moment(row.repository.created_at));
        let line = Line::new(visit, row);
        Self {
            about: markdown::html(line.description.as_deref()),
            created_at,
            role: standing.role.map(Role::as_str).or(admin),
            push: policy::namespaces::push(standing, &facts, rules).granted,
            delete,
            pull: tag.zip(kind).and_then(|(tag, kind)| {
                let fetched = image::is_for_use(image::word(kind));
                fetched.then(|| image::command(kind, &line.reference, &tag))
            }),
            line,
        }
    }

    fn sample(id: i64) -> Self {
        Self {
            line: Line::sample(id),
            about: (id == 1).then(|| "<p>about</p>".to_owned()),
            created_at: Moment(chrono::NaiveDateTime::default()),
            role: [None, Some("owner"), Some("admin")][usize::try_from(id % 3).unwrap_or(0)],
            push: id == 1,
            delete: id == 1,
            pull: (id != 2).then(|| "docker pull a<canary>".to_owned()),
        }
    }
}

impl Page for Repository {
    const VIEW: &'static str = "repository/show.html";

    fn samples() -> Vec<Self> {
        let page = |id: i64, images: Vec<Image>, comments| Self {
            repository: Head::sample(id),
            empty: images.is_empty(),
            images: Table::sample(IMAGES, images),
            comments: Table::sample(COMMENTS, comments),
            comment: Form::new("comment"),
            describe: (id == 1).then(|| Form::new("repository").with("description", "a<canary>")),
            scanning: id == 1,
        };
        let mut refused = page(1, Vec::new(), Comment::samples());
        refused.comment.again = true;
        refused.comment.complaints = vec!["no<canary>".to_owned()];
        if let Some(form) = &mut refused.describe {
            form.again = true;
        }
        vec![
            page(1, Image::samples(), Comment::samples()),
            page(2, Vec::new(), Vec::new()),
            page(3, Image::samples(), Vec::new()),
            refused,
        ]
    }
}

type Found = (repository::Model, namespace::Model);

async fn found(visit: &Member) -> Result<Found> {
    let viewer = visit.viewer().await?;
    repositories::show(&visit.app, &viewer, visit.id("id")?).await
}

async fn show(visit: Member) -> PageResult {
    let page = shown(&visit, Form::new("comment"), None).await?;
    visit.show("repositories", &page).await
}

/// The page, with these forms instead of fresh ones.
async fn shown(visit: &Member, comment: Form, describe: Option<Form>) -> Result<Repository> {
    let viewer = visit.viewer().await?;
    let (row, namespace) = found(visit).await?;
    let standing = viewer.standing_in(&namespace);
    let facts = NamespaceFacts::from(&namespace);
    let id = row.id;
    let fresh = checks::about("repository", &described(&row))
        .with("description", row.description.clone().unwrap_or_default());
    let row = repositories::shown(&visit.app, &viewer, row, namespace).await?;
    let mut head = Head::new(visit, &viewer, row);
    let scanning = visit.app.config.security.is_on();
    let reference = head.line.reference.as_str();
    let app = &visit.app;
    let images = visit.table_of(IMAGES, async |wanted| {
        let (found, total) =
            images::page(app, id, wanted.order, &wanted.sought, wanted.slice).await?;
        let dressed = found
            .into_iter()
            .map(|it| Image::new(visit, it, reference, scanning));
        Ok((dressed.collect(), total))
    });
    let images = images.await?;
    if head.pull.is_none() {
        // What was pushed last says something about another.
        let found = images.rows.iter().find(|it| image::is_for_use(it.kind));
        let tag = found.or(images.rows.first()).and_then(|it| it.tags.first());
        head.pull = tag.map(|it| it.pull.clone());
    }
    let list = Comments {
        repository_id: id,
        standing,
        namespace: facts,
    };
    let comments = visit
        .plain_table(COMMENTS, list, |row| Comment::new(visit, row))
        .await?;
    Ok(Repository {
        empty: head.line.tags == 0,
        images,
        comments,
        comment,
        describe: policy::namespaces::describe(standing)
            .granted
            .then(|| describe.unwrap_or(fresh)),
        scanning,
        repository: head,
    })
}

/// What the form about a repository changes.
fn described(row: &repository::Model) -> checks::Values<1> {
    checks::Values([row.description.clone()])
}

async fn describe(visit: Member) -> PageResult {
    let (row, namespace) = found(&visit).await?;
    let id = row.id;
    let standing = visit.viewer().await?.standing_in(&namespace);
    policy::namespaces::describe(standing).granted()?;
    if let Some(form) = checks::stale(&visit, "repository", &described(&row)) {
        let page = shown(&visit, Form::new("comment"), Some(form)).await?;
        return visit.show_again("repositories", &page).await;
    }
    let text = visit.text("repository[description]");
    match actions::repositories::describe(&visit.app, &visit.actor, id, Some(text)).await {
        Ok(_) => {
            let said = visit.say("repository-described");
            Ok(visit.go_telling(&format!("/repositories/{id}"), said))
        }
        Err(error) => {
            let form = visit.refused("repository", error)?;
            let form = checks::up_to_date(form, &described(&row));
            let page = shown(&visit, Form::new("comment"), Some(form)).await?;
            visit.show_again("repositories", &page).await
        }
    }
}

async fn star(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let back = visit.back_to(&format!("/repositories/{id}"));
    match stars::toggle(&visit.app, &visit.actor, id).await {
        Ok(_) => Ok(visit.go(&back)),
        Err(error) => visit.go_refused(&back, error),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Repository,
        deletion::{OfImages, OfRepository},
    };

    crate::web::pages::view::renders!(Repository, OfImages, OfRepository);
}
