//! Deleting images or the whole repository: what would go is said first, then it goes.

use serde::Serialize;

use super::{Found, Head, found, image::Image};
use crate::{
    actions::deletion::{self, MOST_DIGESTS, Report},
    error::{Error, Result},
    queries::{
        self,
        images::{self, Listed},
        repositories,
    },
    remote,
    web::{
        error::PageResult,
        pages::{
            flash::Flash,
            form::Form,
            route::{Route, delete, get},
            view::Page,
            visit::Member,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/repositories/{id}/tags/deletion", choose),
        delete("/repositories/{id}/tags", remove_images),
        get("/repositories/{id}/deletion", ask),
        delete("/repositories/{id}", remove_all),
    ]
}

/// What `repository/images_deletion.html` shows.
#[derive(Serialize)]
pub struct OfImages {
    repository: Head,
    images: Vec<Image>,
    /// Tags without a digest are named by their ids.
    ids: Vec<i64>,
    tags_count: i64,
    /// Bytes of all of them; layers that they share count for each.
    size: i64,
    /// Indexes that would lack a part.
    indexes: Vec<Index>,
    /// No tag would be left, so that the repository goes too.
    last: bool,
}

#[derive(Serialize)]
struct Index {
    digest: String,
    by: String,
    tags: Vec<String>,
}

impl From<Listed> for Index {
    fn from(it: Listed) -> Self {
        Self {
            digest: it.digest,
            by: it.by,
            tags: it.tags,
        }
    }
}

/// What `repository/deletion.html` shows.
#[derive(Serialize)]
pub struct OfRepository {
    repository: Head,
    /// What has to be typed.
    name: String,
    tags_count: u64,
    size: i64,
    form: Form,
}

impl Page for OfImages {
    const VIEW: &'static str = "repository/images_deletion.html";

    fn samples() -> Vec<Self> {
        let index = || Index {
            digest: "sha256:0123456789abcdef<canary>".to_owned(),
            by: "sha256:0123456789abcdef<canary>".to_owned(),
            tags: vec!["1.0<canary>".to_owned()],
        };
        let page = |last: bool| Self {
            repository: Head::sample(1),
            images: Image::samples(),
            ids: vec![3],
            tags_count: if last { 1 } else { 12 },
            size: i64::from(last) * 1000,
            indexes: if last { Vec::new() } else { vec![index()] },
            last,
        };
        vec![page(true), page(false)]
    }
}

impl Page for OfRepository {
    const VIEW: &'static str = "repository/deletion.html";

    fn samples() -> Vec<Self> {
        let page = |tags_count, form| Self {
            repository: Head::sample(1),
            name: "shop/web<canary>".to_owned(),
            tags_count,
            size: 1 << 30,
            form,
        };
        let mut refused = Form::new("confirmation").with("name", "a<canary>");
        refused.again = true;
        let wrong = vec!["wrong<canary>".to_owned()];
        refused.errors.insert("name".to_owned(), wrong);
        vec![
            page(0, Form::new("confirmation")),
            page(1, refused),
            page(20, Form::new("confirmation")),
        ]
    }
}

/// What was ticked: digests, and ids of tags that have none.
fn ticked(visit: &Member) -> (Vec<String>, Vec<i64>) {
    let mut read = visit.params.read();
    let mut digests = read.strings("digests").unwrap_or_default();
    digests.sort();
    digests.dedup();
    let ids = read.strings("tags").unwrap_or_default();
    (
        digests,
        ids.iter().filter_map(|id| id.parse().ok()).collect(),
    )
}

async fn choose(visit: Member) -> PageResult {
    let (row, namespace) = found(&visit).await?;
    let (digests, ids) = ticked(&visit);
    let id = row.id;
    let back = format!("/repositories/{id}");
    if digests.is_empty() && ids.is_empty() {
        let said = Flash::alert(visit.say("images-none-chosen"));
        return Ok(visit.go_saying(&back, &[said]));
    }
    if digests.len() + ids.len() > MOST_DIGESTS {
        let most = i64::try_from(MOST_DIGESTS).unwrap_or(i64::MAX);
        let said = visit
            .language
            .tell("images-too-many", [("most", most.into())]);
        return Ok(visit.go_saying(&back, &[Flash::alert(said)]));
    }
    let app = &visit.app;
    let viewer = visit.viewer().await?;
    let shown = repositories::shown(app, &viewer, row, namespace).await?;
    let all = shown.tags_count;
    let head = Head::new(&visit, &viewer, shown);
    if !head.delete {
        return Err(Error::NotFound.into());
    }
    let mut chosen = images::of_digests(app, id, &digests).await?;
    chosen.extend(images::of_tags(app, id, &ids).await?);
    if chosen.is_empty() {
        return Ok(visit.go_saying(&back, &[Flash::alert(visit.say("images-gone"))]));
    }
    let indexes = images::listed_in(app, id, &digests).await?;
    // An index that goes itself lacks nothing.
    let indexes = indexes.into_iter().filter(|it| !digests.contains(&it.by));
    let tags_count = chosen.iter().map(|it| it.tags_count).sum();
    let chosen: Vec<Image> = chosen
        .into_iter()
        .map(|it| Image::new(&visit, it, &head.line.reference, false))
        .collect();
    let page = OfImages {
        indexes: indexes.map(Index::from).collect(),
        ids: chosen
            .iter()
            .filter(|it| it.digest.is_none())
            .filter_map(|it| Some(it.tags.first()?.id))
            .collect(),
        size: chosen.iter().filter_map(|it| it.size).sum(),
        last: tags_count == all,
        tags_count,
        images: chosen,
        repository: head,
    };
    visit.show("repositories", &page).await
}

async fn remove_images(visit: Member) -> PageResult {
    let (row, namespace) = found(&visit).await?;
    let (digests, ids) = ticked(&visit);
    let back = format!("/repositories/{}", row.id);
    match deletion::chosen(&visit.app, &visit.actor, row.id, digests, ids).await {
        Ok(report) if report.repository_removed => {
            let said = visit.say("repository-deleted");
            Ok(visit.go_telling(&format!("/namespaces/{}", namespace.id), said))
        }
        Ok(report) => Ok(visit.go_saying(&back, &told(&visit, &report))),
        Err(Error::NotFound) => {
            Ok(visit.go_saying(&back, &[Flash::alert(visit.say("images-gone"))]))
        }
        Err(error) => visit.go_refused(&back, error),
    }
}

fn told(visit: &Member, report: &Report) -> Vec<Flash> {
    let mut flashes = Vec::new();
    if !report.removed.is_empty() {
        flashes.push(Flash::notice(
            visit.tell("images-removed", &report.removed.join(", ")),
        ));
    }
    if !report.kept.is_empty() {
        let kept = report.kept.iter();
        let kept: Vec<String> = kept
            .map(|(name, reason)| format!("{name} ({})", visit.language.translate(reason)))
            .collect();
        flashes.push(Flash::alert(visit.tell("images-kept", &kept.join(", "))));
        if report.kept.values().any(|it| remote::is_silence(it)) {
            flashes.push(Flash::alert(visit.say("registry-away-works")));
        }
    }
    flashes
}

async fn ask(visit: Member) -> PageResult {
    let page = asked(&visit, found(&visit).await?, Form::new("confirmation")).await?;
    visit.show("repositories", &page).await
}

async fn asked(visit: &Member, (row, namespace): Found, form: Form) -> Result<OfRepository> {
    let (app, id) = (&visit.app, row.id);
    let viewer = visit.viewer().await?;
    let name = full_name(&row, &namespace);
    let shown = repositories::shown(app, &viewer, row, namespace).await?;
    let head = Head::new(visit, &viewer, shown);
    if !head.delete {
        return Err(Error::NotFound);
    }
    let (contents, _) = queries::deletion::of_repository(app, &viewer, id).await?;
    Ok(OfRepository {
        repository: head,
        name,
        tags_count: contents.tags_count,
        size: contents.size,
        form,
    })
}

fn full_name(
    row: &crate::entities::repository::Model,
    namespace: &crate::entities::namespace::Model,
) -> String {
    let space = (!namespace.global).then_some(namespace.name.as_str());
    queries::sync::full_name(space, &row.name)
}

async fn remove_all(visit: Member) -> PageResult {
    let (row, namespace) = found(&visit).await?;
    let (id, home) = (row.id, format!("/namespaces/{}", namespace.id));
    if visit.text("confirmation[name]").trim() != full_name(&row, &namespace) {
        let mut form = visit.form("confirmation");
        form.again = true;
        let wrong = vec![visit.say("deletion-wrong-name")];
        form.errors.insert("name".to_owned(), wrong);
        let page = asked(&visit, (row, namespace), form).await?;
        return visit.show_again("repositories", &page).await;
    }
    match deletion::repository(&visit.app, &visit.actor, id).await {
        Ok(()) => Ok(visit.go_telling(&home, visit.say("repository-deleted"))),
        Err(error) => visit.go_refused(&format!("/repositories/{id}"), error),
    }
}
