//! Webhooks: made, changed, switched on and off, removed.

pub mod deliveries;
pub mod headers;
pub mod sending;
pub mod testing;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};

use super::change::{Change, Subject};
use crate::{
    activity::Activity,
    app::App,
    entities::{ContentType, RequestMethod, namespace, webhook},
    error::{Error, Invalid, Result},
    identity::actor::Actor,
    keys::vault::Purpose,
    policy::{
        Guard, Permit,
        webhooks::{ApproachWebhooks, CreateWebhook, DeleteWebhook, ManageWebhook},
    },
    remote::destination,
};

/// What people say of a webhook; `None` leaves a field alone, and at a new one means its default.
#[derive(Clone, Default)]
pub struct WebhookFields {
    /// Blank: the URL's host.
    pub name: Option<String>,
    pub url: Option<String>,
    /// `GET`, the default, or `POST`.
    pub request_method: Option<String>,
    /// `application/json`, the default, or `application/x-www-form-urlencoded`.
    pub content_type: Option<String>,
    /// Blank: none.
    pub username: Option<String>,
    /// Blank: none.
    pub password: Option<String>,
    /// Signs what is sent. Blank: none.
    pub secret: Option<String>,
    pub raw_body: Option<bool>,
    pub enabled: Option<bool>,
}

/// A webhook counts by its namespace.
impl Subject for (webhook::Model, namespace::Model) {
    async fn find(
        id: i64,
        transaction: &DatabaseTransaction,
    ) -> Result<Option<Self>, sea_orm::DbErr> {
        let found = webhook::Entity::find_by_id(id)
            .find_also_related(namespace::Entity)
            .one(transaction)
            .await?;
        Ok(found.and_then(|(row, namespace)| Some((row, namespace?))))
    }

    fn team_id(&self) -> Option<i64> {
        Some(self.1.team_id)
    }

    fn namespace_id(&self) -> Option<i64> {
        Some(self.1.id)
    }
}

/// Makes a webhook, switched off unless said otherwise.
pub async fn create(
    app: &App,
    actor: &Actor,
    namespace_id: i64,
    fields: WebhookFields,
) -> Result<webhook::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<CreateWebhook>(namespace_id).await?;
    let blank = webhook::Model {
        id: 0,
        namespace_id,
        name: String::new(),
        url: String::new(),
        request_method: RequestMethod::Get,
        content_type: ContentType::Json,
        username: None,
        password_sealed: None,
        secret_sealed: None,
        raw_body: false,
        enabled: false,
        created_at: change.now(),
        updated_at: change.now(),
    };
    let fields = WebhookFields {
        url: Some(fields.url.unwrap_or_default()),
        ..fields
    };
    let (row, _) = merged(app, &blank, fields)?;
    let row = webhook::ActiveModel {
        id: NotSet,
        ..every_column(row)
    };
    let made = change.insert(&permit, row).await?;
    let told = Activity::webhook_created(permit.on(), &made);
    change.commit([told]).await?;
    Ok(made)
}

/// Changes a webhook.
pub async fn update(
    app: &App,
    actor: &Actor,
    (namespace_id, id): (i64, i64),
    fields: WebhookFields,
) -> Result<webhook::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = permitted::<ManageWebhook>(&change, namespace_id, id).await?;
    let (old, namespace) = permit.on().clone();
    let (mut new, changed) = merged(app, &old, fields)?;
    if changed.is_empty() {
        return Ok(old);
    }
    new.updated_at = change.now();
    let updated = change.update(&permit, every_column(new)).await?;
    let mut told = Vec::new();
    // Switching has an entry of its own.
    let others: Vec<&str> = changed
        .iter()
        .copied()
        .filter(|it| *it != "enabled")
        .collect();
    if !others.is_empty() {
        told.push(Activity::webhook_updated(&namespace, &updated, &others));
    }
    if updated.enabled != old.enabled {
        told.push(Activity::webhook_toggled(&namespace, &updated));
    }
    change.commit(told).await?;
    Ok(updated)
}

/// Switches a webhook on if it is off, and off if it is on.
pub async fn toggle_enabled(
    app: &App,
    actor: &Actor,
    (namespace_id, id): (i64, i64),
) -> Result<webhook::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = permitted::<ManageWebhook>(&change, namespace_id, id).await?;
    let row = webhook::ActiveModel {
        id: Set(id),
        enabled: Set(!permit.on().0.enabled),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    let told = Activity::webhook_toggled(&permit.on().1, &updated);
    change.commit([told]).await?;
    Ok(updated)
}

/// Removes a webhook with its headers and deliveries.
pub async fn delete(app: &App, actor: &Actor, (namespace_id, id): (i64, i64)) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = permitted::<DeleteWebhook>(&change, namespace_id, id).await?;
    change
        .delete_where::<webhook::Entity, _>(&permit, webhook::Column::Id.eq(id))
        .await?;
    let (row, namespace) = permit.into_inner();
    let told = Activity::webhook_destroyed(&namespace, &row);
    change.commit([told]).await
}

/// Leave to do `G` to a webhook of that namespace. Whoever may not come near the namespace's webhooks learns nothing
/// about which there are.
async fn permitted<G>(change: &Change<'_>, namespace_id: i64, id: i64) -> Result<Permit<G>>
where
    G: Guard<On = (webhook::Model, namespace::Model)>,
{
    change.permit::<ApproachWebhooks>(namespace_id).await?;
    let found = webhook::Entity::find_by_id(id)
        .filter(webhook::Column::NamespaceId.eq(namespace_id))
        .find_also_related(namespace::Entity)
        .one(change.reader())
        .await?
        .and_then(|(row, namespace)| Some((row, namespace?)))
        .ok_or(Error::NotFound)?;
    change.permit_loaded(found).await
}

/// The row with what was said written over it, and the names of the fields that differ.
fn merged(
    app: &App,
    old: &webhook::Model,
    fields: WebhookFields,
) -> Result<(webhook::Model, Vec<&'static str>)> {
    let mut row = old.clone();
    let mut invalid = Invalid::default();
    if let Some(url) = fields.url {
        match checked_url(app, &url) {
            Ok(url) => row.url = url,
            Err(complaint) => invalid.add("url", complaint),
        }
    }
    if let Some(word) = fields.request_method.filter(|word| !word.is_empty()) {
        match word.to_ascii_uppercase().parse() {
            Ok(method) => row.request_method = method,
            Err(()) => invalid.add("request_method", NOT_LISTED),
        }
    }
    if let Some(word) = fields.content_type.filter(|word| !word.is_empty()) {
        match word.to_ascii_lowercase().parse() {
            Ok(kind) => row.content_type = kind,
            Err(()) => invalid.add("content_type", NOT_LISTED),
        }
    }
    if let Some(name) = &fields.name {
        name.trim().clone_into(&mut row.name);
    }
    if row.name.is_empty() {
        row.name = host(&row.url);
    }
    if row.name.chars().count() > LONGEST {
        invalid.add("name", TOO_LONG);
    } else if row.name.contains(char::is_control) {
        invalid.add("name", "is invalid");
    }
    if let Some(name) = fields.username {
        // Basic authentication ends the name at the first colon.
        if name.contains(':') || name.contains(char::is_control) {
            invalid.add("username", "is invalid");
        } else if name.chars().count() > LONGEST {
            invalid.add("username", TOO_LONG);
        }
        row.username = Some(name).filter(|it| !it.is_empty());
    }
    let mut changed = Vec::new();
    let secrets = [
        ("password", fields.password, Purpose::WebhookPassword),
        ("secret", fields.secret, Purpose::WebhookSecret),
    ];
    for (field, text, purpose) in secrets {
        let Some(text) = text else { continue };
        if text.contains(['\r', '\n']) {
            invalid.add(field, "is invalid");
        } else if text.chars().count() > LONGEST {
            invalid.add(field, TOO_LONG);
        } else {
            let place = match purpose {
                Purpose::WebhookPassword => &mut row.password_sealed,
                _ => &mut row.secret_sealed,
            };
            if replace_secret(app, purpose, &text, place)? {
                changed.push(field);
            }
        }
    }
    invalid.into_result()?;
    row.raw_body = fields.raw_body.unwrap_or(row.raw_body);
    row.enabled = fields.enabled.unwrap_or(row.enabled);
    let plain = [
        ("name", row.name != old.name),
        ("url", row.url != old.url),
        ("request_method", row.request_method != old.request_method),
        ("content_type", row.content_type != old.content_type),
        ("username", row.username != old.username),
        ("raw_body", row.raw_body != old.raw_body),
        ("enabled", row.enabled != old.enabled),
    ];
    changed.extend(
        plain
            .into_iter()
            .filter(|(_, it)| *it)
            .map(|(name, _)| name),
    );
    Ok((row, changed))
}

/// Seals a new text, or none if it is blank. Whether anything changed.
fn replace_secret(
    app: &App,
    purpose: Purpose,
    text: &str,
    place: &mut Option<String>,
) -> Result<bool> {
    if text.is_empty() {
        return Ok(place.take().is_some());
    }
    let same = place
        .as_deref()
        .and_then(|sealed| app.vault.open(purpose, sealed).ok())
        .is_some_and(|known| known.expose() == text);
    if same {
        return Ok(false);
    }
    let sealed = app
        .vault
        .seal(purpose, text)
        .map_err(|error| Error::Internal(error.into()))?;
    *place = Some(sealed);
    Ok(true)
}

/// The URL as it is kept: as it was written, with a scheme.
fn checked_url(app: &App, text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("can't be blank".to_owned());
    }
    destination::read(text)
        .and_then(|url| destination::check_url(&url, &app.config.webhooks))
        .map(|()| destination::with_scheme(text))
        .map_err(|refusal| refusal.to_string())
}

fn host(url: &str) -> String {
    destination::read(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

const NOT_LISTED: &str = "is not included in the list";
const LONGEST: usize = 255;
const TOO_LONG: &str = "is too long (maximum is 255 characters)";

fn every_column(row: webhook::Model) -> webhook::ActiveModel {
    webhook::ActiveModel {
        id: Set(row.id),
        namespace_id: Set(row.namespace_id),
        name: Set(row.name),
        url: Set(row.url),
        request_method: Set(row.request_method),
        content_type: Set(row.content_type),
        username: Set(row.username),
        password_sealed: Set(row.password_sealed),
        secret_sealed: Set(row.secret_sealed),
        raw_body: Set(row.raw_body),
        enabled: Set(row.enabled),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
    }
}
