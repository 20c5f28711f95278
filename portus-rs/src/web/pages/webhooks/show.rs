//! A webhook: where it sends and how, its headers, and what it has sent.

use serde::Serialize;

use super::super::{
    checks,
    form::Form,
    namespaces::{About, about},
    route::{Route, get, put},
    table::Table,
    view::Page,
    visit::Member,
};
use super::{
    METHODS, TYPES,
    deliveries::{self, Delivery},
    fields,
    headers::{self, Header},
};
use crate::{
    actions::webhooks,
    entities::webhook,
    error::Result,
    policy,
    queries::{self, webhooks::Headers},
    web::error::PageResult,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/namespaces/{id}/webhooks/{hook}", show).live(),
        put("/namespaces/{id}/webhooks/{hook}", update),
    ]
}

/// What `webhooks/show.html` shows.
#[derive(Serialize)]
pub struct Show {
    space: About,
    webhook: Webhook,
    headers: Table<Header>,
    deliveries: Table<Delivery>,
    /// Which of them: `all`, or how they stand.
    state: &'static str,
    states: [&'static str; 3],
    edit: Option<Form>,
    header: Option<Form>,
    methods: [&'static str; 2],
    types: [&'static str; 2],
}

#[derive(Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
struct Webhook {
    id: i64,
    name: String,
    url: String,
    method: &'static str,
    content_type: &'static str,
    username: Option<String>,
    password: bool,
    secret: bool,
    secrets_lost: bool,
    enabled: bool,
    updatable: bool,
}

/// Forms that have been sent and refused.
#[derive(Default)]
pub struct Asked {
    pub edit: Option<Form>,
    pub header: Option<Form>,
}

impl Page for Show {
    const VIEW: &'static str = "webhooks/show.html";

    fn samples() -> Vec<Self> {
        let page = |may: bool| Self {
            space: About::sample(true),
            webhook: Webhook {
                id: 2,
                name: "hook<canary>".to_owned(),
                url: "http://host/<canary>".to_owned(),
                method: "POST",
                content_type: TYPES[0],
                username: may.then(|| "ann<canary>".to_owned()),
                password: may,
                secret: may,
                secrets_lost: may,
                enabled: !may,
                updatable: may,
            },
            headers: Table::sample(headers::SHAPE, Header::samples(may)),
            deliveries: Table::sample(deliveries::SHAPE, Delivery::samples(may)),
            state: if may { "all" } else { "failed" },
            states: deliveries::STATES,
            edit: may.then(|| Form::new("webhook").with("url", "<canary>")),
            header: may.then(|| Form::new("webhook_header").with("name", "<canary>")),
            methods: METHODS,
            types: TYPES,
        };
        let mut empty = page(true);
        empty.headers = Table::sample(headers::SHAPE, Vec::new());
        empty.deliveries = Table::sample(deliveries::SHAPE, Vec::new());
        vec![page(true), page(false), empty]
    }
}

async fn show(visit: Member) -> PageResult {
    let page = shown(&visit, Asked::default()).await?;
    visit.show("namespaces", &page).await
}

/// The page with a form that was refused.
pub async fn again(visit: &Member, asked: Asked) -> PageResult {
    let page = shown(visit, asked).await?;
    visit.show_again("namespaces", &page).await
}

/// The webhook that the path names, if the reader may see it.
pub async fn known(visit: &Member) -> Result<(webhook::Model, i64)> {
    let viewer = visit.viewer().await?;
    let ids = (visit.id("id")?, visit.id("hook")?);
    let (row, space) = queries::webhooks::show(&visit.app, &viewer, ids.0, ids.1).await?;
    Ok((row, space.id))
}

async fn shown(visit: &Member, asked: Asked) -> Result<Show> {
    let (app, rules) = (&visit.app, &visit.app.rules);
    let viewer = visit.viewer().await?;
    let ids = (visit.id("id")?, visit.id("hook")?);
    let (row, space) = queries::webhooks::show(app, &viewer, ids.0, ids.1).await?;
    let standing = viewer.standing_in(&space);
    let updatable = policy::webhooks::manage(standing, rules).granted;
    let dressable = policy::webhooks::create(standing, rules).granted;
    let list = Headers {
        webhook_id: row.id,
        readable: policy::webhooks::read_headers(standing).granted,
    };
    let (sent, state) = deliveries::chosen(visit, row.id);
    let found = queries::webhooks::shown(app, row).await?;
    let row = found.webhook;
    let edit = asked.edit.unwrap_or_else(|| {
        checks::about("webhook", &row.updated_at)
            .with("name", &row.name)
            .with("url", &row.url)
            .with("request_method", row.request_method.as_str())
            .with("content_type", row.content_type.as_str())
            .with("username", row.username.clone().unwrap_or_default())
            .with("enabled", row.enabled.to_string())
    });
    Ok(Show {
        space: about(visit, &viewer, space).await?,
        headers: visit.plain_table(headers::SHAPE, list, Header::new).await?,
        deliveries: visit
            .plain_table(deliveries::SHAPE, sent, Delivery::new)
            .await?,
        state,
        states: deliveries::STATES,
        webhook: Webhook {
            id: row.id,
            method: row.request_method.as_str(),
            content_type: row.content_type.as_str(),
            username: row.username.filter(|it| !it.is_empty()),
            password: row.password_sealed.is_some(),
            secret: row.secret_sealed.is_some(),
            secrets_lost: found.secrets_lost,
            enabled: row.enabled,
            updatable,
            name: row.name,
            url: row.url,
        },
        edit: updatable.then_some(edit),
        header: dressable.then(|| {
            let new = || Form::new("webhook_header");
            asked.header.unwrap_or_else(new)
        }),
        methods: METHODS,
        types: TYPES,
    })
}

async fn update(visit: Member) -> PageResult {
    let (row, space) = known(&visit).await?;
    let edited = |form| Asked {
        edit: Some(form),
        ..Asked::default()
    };
    if let Some(form) = checks::stale(&visit, "webhook", &row.updated_at) {
        return again(&visit, edited(form)).await;
    }
    let mut fields = fields(&visit);
    if visit.ticked("webhook[forget_password]") {
        fields.password = Some(String::new());
    }
    if visit.ticked("webhook[forget_secret]") {
        fields.secret = Some(String::new());
    }
    match webhooks::update(&visit.app, &visit.actor, (space, row.id), fields).await {
        Ok(row) => {
            let said = visit.tell("webhook-updated", &row.name);
            Ok(visit.go_telling(&format!("/namespaces/{space}/webhooks/{}", row.id), said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "webhook", error)?;
            again(&visit, edited(checks::up_to_date(form, &row.updated_at))).await
        }
    }
}
