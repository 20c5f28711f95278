//! Webhooks of a namespace: the list, making one, switching it, removing it.

mod deliveries;
mod headers;
mod show;

use serde::Serialize;

use super::{
    checks,
    form::Form,
    namespaces::{About, about},
    route::{Route, delete, get, post, put},
    table::{Shape, Table},
    view::Page,
    visit::Member,
};
use crate::{
    actions::webhooks::{self, WebhookFields},
    error::{Error, Result},
    policy,
    queries::{self, presented::WebhookMore, webhooks::Row as Found, webhooks::Webhooks},
    web::error::PageResult,
};

const SHAPE: Shape = Shape {
    prefix: "",
    columns: &["name", "created_at"],
    sorted_by: "name",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/namespaces/{id}/webhooks", list),
        post("/namespaces/{id}/webhooks", create),
        put("/namespaces/{id}/webhooks/{hook}/toggle_enabled", toggle),
        delete("/namespaces/{id}/webhooks/{hook}", remove),
    ];
    routes.extend(show::routes());
    routes.extend(headers::routes());
    routes.extend(deliveries::routes());
    routes
}

/// What `webhooks/list.html` shows.
#[derive(Serialize)]
pub struct List {
    space: About,
    webhooks: Table<Row>,
    /// The form for another one, for those who may make one.
    form: Option<Form>,
    methods: [&'static str; 2],
    types: [&'static str; 2],
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Serialize)]
struct Row {
    id: i64,
    name: String,
    url: String,
    method: &'static str,
    content_type: &'static str,
    enabled: bool,
    secrets_lost: bool,
    updatable: bool,
    destroyable: bool,
}

/// What a form offers.
const METHODS: [&str; 2] = ["POST", "GET"];
const TYPES: [&str; 2] = ["application/json", "application/x-www-form-urlencoded"];

impl Row {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what a list gives is handed over"
    )]
    fn new(row: Found, more: WebhookMore) -> Self {
        let webhook = row.webhook;
        Self {
            id: webhook.id,
            name: webhook.name,
            url: webhook.url,
            method: webhook.request_method.as_str(),
            content_type: webhook.content_type.as_str(),
            enabled: webhook.enabled,
            secrets_lost: row.secrets_lost,
            updatable: more.updatable,
            destroyable: more.destroyable,
        }
    }
}

impl Page for List {
    const VIEW: &'static str = "webhooks/list.html";

    fn samples() -> Vec<Self> {
        let row = |id, may: bool| Row {
            id,
            name: "hook<canary>".to_owned(),
            url: "http://host/<canary>".to_owned(),
            method: "POST",
            content_type: TYPES[0],
            enabled: may,
            secrets_lost: !may,
            updatable: may,
            destroyable: may,
        };
        let page = |rows, form| Self {
            space: About::sample(true),
            webhooks: Table::sample(SHAPE, rows),
            form,
            methods: METHODS,
            types: TYPES,
        };
        let mut refused = Form::new("webhook").with("url", "<canary>");
        refused.again = true;
        refused
            .errors
            .insert("url".to_owned(), vec!["no <canary>".to_owned()]);
        vec![
            page(Vec::new(), None),
            page(Vec::new(), Some(refused)),
            page(
                vec![row(1, true), row(2, false)],
                Some(Form::new("webhook")),
            ),
        ]
    }
}

async fn list(visit: Member) -> PageResult {
    let form = Form::new("webhook").with("request_method", METHODS[0]);
    let page = listed(&visit, form).await?;
    visit.show("namespaces", &page).await
}

async fn listed(visit: &Member, form: Form) -> Result<List> {
    let viewer = visit.viewer().await?;
    let id = visit.id("id")?;
    let row = queries::webhooks::namespace(&visit.app, &viewer, id).await?;
    let standing = viewer.standing_in(&row);
    let allowed = policy::webhooks::create(standing, &visit.app.rules).granted;
    let list = Webhooks { namespace_id: id };
    Ok(List {
        webhooks: visit.table(SHAPE, list, Row::new).await?,
        space: about(visit, &viewer, row).await?,
        form: allowed.then_some(form),
        methods: METHODS,
        types: TYPES,
    })
}

/// What the form says; a password that was left empty stays as it is, and an empty name is the URL's host.
fn fields(visit: &Member) -> WebhookFields {
    let said = |name: &str| Some(visit.text(&format!("webhook[{name}]")).trim().to_owned());
    let secret = |name: &str| visit.filled(&format!("webhook[{name}]"));
    WebhookFields {
        name: said("name"),
        url: said("url"),
        request_method: said("request_method"),
        content_type: said("content_type"),
        username: said("username"),
        password: secret("password"),
        secret: secret("secret"),
        raw_body: None,
        enabled: Some(visit.ticked("webhook[enabled]")),
    }
}

/// The page of the list, if the reader may come near it.
async fn place(visit: &Member) -> Result<(i64, String)> {
    let viewer = visit.viewer().await?;
    let id = visit.id("id")?;
    queries::webhooks::namespace(&visit.app, &viewer, id).await?;
    Ok((id, format!("/namespaces/{id}/webhooks")))
}

async fn create(visit: Member) -> PageResult {
    let (id, page) = place(&visit).await?;
    let mut fields = fields(&visit);
    let unnamed = fields.name.as_ref().is_none_or(String::is_empty);
    let done = if unnamed {
        let mut invalid = crate::error::Invalid::default();
        invalid.add("name", "can't be blank");
        if fields.url.as_ref().is_none_or(String::is_empty) {
            invalid.add("url", "can't be blank");
        }
        Err(Error::Invalid(invalid))
    } else {
        fields.username = fields.username.filter(|it| !it.is_empty());
        webhooks::create(&visit.app, &visit.actor, id, fields).await
    };
    match done {
        Ok(made) => {
            let said = visit.tell("webhook-created", &made.name);
            Ok(visit.go_telling(&page, said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "webhook", error)?;
            let page = listed(&visit, form).await?;
            visit.show_again("namespaces", &page).await
        }
    }
}

async fn toggle(visit: Member) -> PageResult {
    let (id, page) = place(&visit).await?;
    let hook = visit.id("hook")?;
    let row = webhooks::toggle_enabled(&visit.app, &visit.actor, (id, hook)).await?;
    let key = if row.enabled {
        "webhook-enabled"
    } else {
        "webhook-disabled"
    };
    let said = visit.tell(key, &row.name);
    Ok(visit.go_telling(&visit.back_to(&page), said))
}

async fn remove(visit: Member) -> PageResult {
    let (id, page) = place(&visit).await?;
    let (viewer, hook) = (visit.viewer().await?, visit.id("hook")?);
    let (row, _) = queries::webhooks::show(&visit.app, &viewer, id, hook).await?;
    webhooks::delete(&visit.app, &visit.actor, (id, hook)).await?;
    let said = visit.tell("webhook-removed", &row.name);
    Ok(visit.go_telling(&page, said))
}

#[cfg(test)]
mod tests {
    use super::{List, show::Show};

    crate::web::pages::view::renders!(List, Show);
}
