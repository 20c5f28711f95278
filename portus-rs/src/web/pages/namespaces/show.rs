//! A namespace: what is in it, who may what there, and changing what it says of itself.

use serde::Serialize;

use super::super::{
    checks,
    form::Form,
    route::{Route, get, put},
    table::{Shape, Table},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    actions::namespaces::{self, NamespaceChanges},
    entities::namespace,
    error::{Error, Result},
    policy::{self, NamespaceFacts},
    queries::{
        self,
        namespaces::{Namespaces, Row},
        presented,
        repositories::{Repositories, Row as Found, Which},
        viewer::Viewer,
    },
    web::{error::PageResult, markdown},
};

const REPOSITORIES: Shape = Shape {
    prefix: "",
    columns: &["name", "updated_at"],
    sorted_by: "name",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/namespaces/{id}", show).live(),
        put("/namespaces/{id}", update),
    ]
}

/// What `namespaces/show.html` shows.
#[derive(Serialize)]
pub struct Show {
    about: About,
    repositories: Table<Repository>,
    edit: Option<Form>,
    visibilities: Vec<&'static str>,
}

/// What pages say about a namespace.
#[derive(Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
pub struct About {
    pub id: i64,
    pub name: String,
    /// HTML.
    description: Option<String>,
    visibility: &'static str,
    global: bool,
    personal: bool,
    orphan: bool,
    /// None for teams that nobody knows of.
    pub team: Option<Team>,
    webhooks: i64,
    /// The reader's role.
    role: Option<&'static str>,
    pull: bool,
    push: bool,
    near_webhooks: bool,
    changeable: bool,
    updatable: bool,
    pub transferable: bool,
    destroyable: bool,
    created_at: Moment,
    /// Ahead of the names of its images, as in `docker push REFERENCE/IMAGE`.
    prefix: String,
    /// What clients write before the name; pages show it where there is more than one.
    registry: String,
    /// What its images take, once that has been counted.
    bytes: Option<i64>,
}

/// The team of a namespace.
#[derive(Clone, Serialize)]
pub struct Team {
    pub id: i64,
    pub name: String,
    /// Whether the reader may look at it.
    pub open: bool,
}

#[derive(Serialize)]
struct Repository {
    id: i64,
    name: String,
    tags: i64,
    last_tag: Option<String>,
    updated_at: Moment,
}

impl Repository {
    fn new(row: Found) -> Self {
        Self {
            id: row.repository.id,
            name: row.repository.name,
            tags: row.tags_count,
            last_tag: row.last_tag.map(|it| it.tag.name),
            updated_at: Moment(row.repository.updated_at),
        }
    }
}

impl About {
    pub fn sample(may: bool) -> Self {
        Self {
            id: 5,
            name: "space<canary>".to_owned(),
            description: may.then(|| "<p>ours</p>".to_owned()),
            visibility: if may { "private" } else { "public" },
            global: !may,
            personal: !may,
            orphan: false,
            team: may.then(|| Team {
                id: 3,
                name: "devs<canary>".to_owned(),
                open: may,
            }),
            webhooks: 2,
            role: may.then_some("owner"),
            pull: true,
            push: may,
            near_webhooks: may,
            changeable: may,
            updatable: may,
            transferable: may,
            destroyable: may,
            created_at: Moment(chrono::NaiveDateTime::default()),
            prefix: "registry.test/<canary>".to_owned(),
            registry: "registry.test<canary>".to_owned(),
            bytes: may.then_some(1 << 33),
        }
    }
}

impl Page for Show {
    const VIEW: &'static str = "namespaces/show.html";

    fn samples() -> Vec<Self> {
        let page = |about: About, rows: Vec<Repository>| Self {
            repositories: Table::sample(REPOSITORIES, rows),
            edit: about
                .updatable
                .then(|| Form::new("namespace").with("description", "<canary>")),
            visibilities: vec!["protected", "public"],
            about,
        };
        let rows = || {
            [1, 2].map(|id| Repository {
                id,
                name: "image<canary>".to_owned(),
                tags: id,
                last_tag: (id == 1).then(|| "v1<canary>".to_owned()),
                updated_at: Moment(chrono::NaiveDateTime::default()),
            })
        };
        let mut orphan = About::sample(true);
        orphan.orphan = true;
        orphan.team = None;
        orphan.role = Some("admin");
        let mut foreign = About::sample(true);
        foreign.role = Some("viewer");
        foreign.updatable = false;
        foreign.push = false;
        let empty = |about| {
            let mut page = page(about, Vec::new());
            page.repositories.filter.clear();
            page
        };
        vec![
            page(About::sample(false), rows().into()),
            page(orphan, rows().into()),
            page(foreign.clone(), Vec::new()),
            empty(About::sample(true)),
            empty(foreign),
        ]
    }
}

/// A namespace that people know of and this reader may see.
pub async fn known(visit: &Member, viewer: &Viewer, id: i64) -> Result<namespace::Model> {
    let row = queries::namespaces::show(&visit.app, viewer, id).await?;
    let hidden = row.name == crate::identity::actor::PORTUS && !row.global;
    Some(row).filter(|_| !hidden).ok_or(Error::NotFound)
}

/// What pages say about a namespace.
pub async fn about(visit: &Member, viewer: &Viewer, row: namespace::Model) -> Result<About> {
    let (app, facts) = (&visit.app, NamespaceFacts::from(&row));
    let standing = viewer.standing_in(&row);
    let shown: Row = queries::namespaces::shown(app, row).await?;
    let (shown, more) = presented::one::<Namespaces>(app, Some(viewer), shown).await?;
    let more = more.ok_or(Error::NotFound)?;
    let Row {
        namespace: row,
        team,
        registry_host,
        ..
    } = shown;
    let team = team.filter(|it| !it.hidden).map(|it| Team {
        open: policy::teams::show(viewer.standing(it.id)).granted,
        id: it.id,
        name: it.name,
    });
    let personal = row.personal_user_id.is_some();
    let stored = queries::storage::of_namespace(app, row.id).await?;
    Ok(About {
        id: row.id,
        name: if row.global {
            registry_host.clone()
        } else {
            row.name.clone()
        },
        description: markdown::html(more.description.as_deref()),
        visibility: row.visibility.as_str(),
        global: row.global,
        personal,
        orphan: more.orphan,
        team,
        webhooks: more.webhooks_count,
        role: more.permissions.role,
        pull: more.permissions.pull,
        push: more.permissions.push,
        near_webhooks: more.permissions.webhooks,
        changeable: more.permissions.visibility,
        updatable: more.updatable,
        transferable: !row.global
            && !personal
            && policy::namespaces::update(standing, &facts, &app.rules).granted,
        destroyable: more.destroyable,
        created_at: Moment(row.created_at),
        prefix: if row.global {
            registry_host.clone()
        } else {
            format!("{registry_host}/{}", row.name)
        },
        registry: registry_host,
        bytes: stored.map(|it| it.bytes),
    })
}

async fn show(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let row = known(&visit, &viewer, visit.id("id")?).await?;
    let page = shown(&visit, &viewer, row, None).await?;
    visit.show("namespaces", &page).await
}

async fn shown(
    visit: &Member,
    viewer: &Viewer,
    row: namespace::Model,
    edit: Option<Form>,
) -> Result<Show> {
    let edit = edit.unwrap_or_else(|| {
        checks::about("namespace", &row.updated_at)
            .with("visibility", row.visibility.as_str())
            .with("description", row.description.clone().unwrap_or_default())
    });
    let list = Repositories {
        viewer: viewer.clone(),
        which: Which::OfNamespace(row.id),
    };
    let mut visibilities = vec!["private", "protected", "public"];
    if row.global {
        visibilities.remove(0);
    }
    let about = about(visit, viewer, row).await?;
    Ok(Show {
        repositories: visit
            .plain_table(REPOSITORIES, list, Repository::new)
            .await?,
        edit: about.updatable.then_some(edit),
        visibilities,
        about,
    })
}

/// The form again if it names another team: that is a matter of the page which says what follows from it.
async fn moves(visit: &Member, row: &namespace::Model) -> Result<Option<Form>> {
    let Some(heir) = visit.filled("namespace[team]") else {
        return Ok(None);
    };
    let shown: Row = queries::namespaces::shown(&visit.app, row.clone()).await?;
    if shown.team.is_some_and(|it| it.name == heir.trim()) {
        return Ok(None);
    }
    let mut form = checks::up_to_date(visit.form("namespace"), &row.updated_at);
    form.again = true;
    form.complaints.push(visit.say("namespace-team-elsewhere"));
    Ok(Some(form))
}

async fn update(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let viewer = visit.viewer().await?;
    let row = known(&visit, &viewer, id).await?;
    let facts = NamespaceFacts::from(&row);
    policy::namespaces::update(viewer.standing_in(&row), &facts, &visit.app.rules).granted()?;
    if let Some(form) = checks::stale(&visit, "namespace", &row.updated_at) {
        let page = shown(&visit, &viewer, row, Some(form)).await?;
        return visit.show_again("namespaces", &page).await;
    }
    if let Some(form) = moves(&visit, &row).await? {
        let page = shown(&visit, &viewer, row, Some(form)).await?;
        return visit.show_again("namespaces", &page).await;
    }
    let description = visit.text("namespace[description]");
    let changes = NamespaceChanges {
        description: Some(description).filter(|it| !it.is_empty() || row.description.is_some()),
        visibility: visit.filled("namespace[visibility]"),
        ..NamespaceChanges::default()
    };
    match namespaces::update(&visit.app, &visit.actor, id, changes).await {
        Ok(row) => {
            let name = queries::namespaces::name(&visit.app, &row).await?;
            let said = visit.tell("namespace-updated", &name);
            Ok(visit.go_telling(&format!("/namespaces/{id}"), said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "namespace", error)?;
            let form = checks::up_to_date(form, &row.updated_at);
            let page = shown(&visit, &viewer, row, Some(form)).await?;
            visit.show_again("namespaces", &page).await
        }
    }
}
