//! The registries this service speaks for, for admins.

use actix_web::HttpResponse;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::respond::{Time, created, ok};
use crate::{
    actions::registries::{self, NewRegistry, RegistryChanges},
    entities::{TokenHeader, registry},
    error::{Error, Invalid},
    queries::registries::{Candidate, all, complaints},
    web::{error::ApiResult, extract::caller::Call},
};

#[derive(Serialize)]
struct Registry {
    id: i64,
    name: String,
    hostname: String,
    external_hostname: Option<String>,
    use_ssl: bool,
    created_at: Time,
    updated_at: Time,
    token_header: TokenHeader,
    proxy: bool,
    events_enforced: bool,
}

impl From<registry::Model> for Registry {
    fn from(row: registry::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            hostname: row.hostname,
            external_hostname: row.external_hostname,
            use_ssl: row.use_ssl,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            token_header: row.token_header,
            proxy: row.proxy,
            events_enforced: row.events_enforced,
        }
    }
}

/// What a validation found.
#[derive(Serialize)]
pub struct Status {
    messages: Messages,
    valid: bool,
}

struct Messages(Vec<(&'static str, Vec<String>)>);

impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, messages) in &self.0 {
            map.serialize_entry(field, messages)?;
        }
        map.end()
    }
}

impl Status {
    /// With `only`, other fields do not count.
    pub fn of(invalid: &Invalid, only: Option<&[String]>) -> Self {
        let messages: Vec<_> = invalid
            .fields()
            .filter(|(field, _)| only.is_none_or(|only| only.iter().any(|it| it == field)))
            .map(|(field, messages)| (field, messages.to_vec()))
            .collect();
        Self {
            valid: messages.is_empty(),
            messages: Messages(messages),
        }
    }
}

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let rows = all(&call.app).await?;
    ok(rows.into_iter().map(Registry::from).collect::<Vec<_>>())
}

pub async fn validate(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    let name = read.required_string("name").unwrap_or_default();
    let hostname = read.required_string("hostname").unwrap_or_default();
    let use_ssl = read.required_boolean("use_ssl");
    let external = read.string("external_hostname");
    let only = read.strings("only");
    read.finish()?;
    let asked = only
        .as_ref()
        .is_none_or(|only| only.iter().any(|it| it == "hostname"));
    let candidate = Candidate {
        name: &name,
        hostname: &hostname,
        external_hostname: external.as_deref(),
        use_ssl: use_ssl.unwrap_or(false),
        ask: asked && use_ssl.is_some(),
    };
    let mut invalid = complaints(&call.app, &candidate).await?;
    if use_ssl.is_none() {
        invalid.add("use_ssl", NOT_LISTED);
    }
    ok(Status::of(&invalid, only.as_deref()))
}

const NOT_LISTED: &str = "is not included in the list";

pub async fn create(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    read.required_object("registry");
    let name = read.required_string("registry[name]").unwrap_or_default();
    let hostname = read
        .required_string("registry[hostname]")
        .unwrap_or_default();
    let use_ssl = read.required_boolean("registry[use_ssl]");
    let external = read.string("registry[external_hostname]");
    let extras = Extras::read(&call);
    read.finish()?;
    let extras = extras?;
    let candidate = Candidate {
        name: &name,
        hostname: &hostname,
        external_hostname: external.as_deref(),
        use_ssl: use_ssl.unwrap_or(false),
        ask: use_ssl.is_some(),
    };
    let mut invalid = complaints(&call.app, &candidate).await?;
    if use_ssl.is_none() {
        invalid.add("use_ssl", NOT_LISTED);
    }
    extras.complain(&mut invalid);
    invalid.into_result()?;
    let new = NewRegistry {
        name,
        hostname,
        use_ssl: use_ssl.unwrap_or(false),
        external_hostname: external,
    };
    let mut row = registries::create(&call.app, &call.actor, new).await?;
    if extras.any() {
        let changes = extras.into_changes();
        row = registries::update(&call.app, &call.actor, row.id, changes).await?;
    }
    created(Registry::from(row))
}

pub async fn update(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    read.required_object("registry");
    let name = read.string("registry[name]");
    let hostname = read.string("registry[hostname]");
    let use_ssl = read.boolean("registry[use_ssl]");
    let external = read.string("registry[external_hostname]");
    let extras = Extras::read(&call);
    read.finish()?;
    let extras = extras?;
    let id = call.id("id")?;
    let old = all(&call.app)
        .await?
        .into_iter()
        .find(|row| row.id == id)
        .ok_or(Error::NotFound)?;
    let mut invalid = Invalid::default();
    extras.complain(&mut invalid);
    invalid.into_result()?;
    let changes = RegistryChanges {
        name,
        hostname,
        use_ssl,
        external_hostname: external,
        ..extras.into_changes()
    };
    ask_again(&call, &old, &changes).await?;
    let row = registries::update(&call.app, &call.actor, id, changes).await?;
    ok(Registry::from(row))
}

/// A new address must answer, unless something else is wrong with it already.
async fn ask_again(call: &Call, old: &registry::Model, changes: &RegistryChanges) -> ApiResult<()> {
    let hostname = changes.hostname.as_deref().unwrap_or(&old.hostname).trim();
    let use_ssl = changes.use_ssl.unwrap_or(old.use_ssl);
    if hostname == old.hostname && use_ssl == old.use_ssl {
        return Ok(());
    }
    let sound = crate::queries::registries::check(&old.name, hostname, None)
        .fields()
        .next()
        .is_none();
    if sound && let Err(reason) = call.app.registries.reachable(hostname, use_ssl).await {
        return Err(Error::invalid("hostname", reason.to_string()).into());
    }
    Ok(())
}

/// Settings of a registry that Portus does not know.
struct Extras {
    token_header: Option<String>,
    proxy: Option<bool>,
    events_secret: Option<String>,
    events_enforced: Option<bool>,
}

/// Shorter secrets can be guessed.
const SHORTEST_SECRET: usize = 16;

impl Extras {
    fn read(call: &Call) -> ApiResult<Self> {
        let mut read = call.params.read();
        let extras = Self {
            token_header: read.string("registry[token_header]"),
            proxy: read.boolean("registry[proxy]"),
            events_secret: read.string("registry[events_secret]"),
            events_enforced: read.boolean("registry[events_enforced]"),
        };
        read.finish()?;
        Ok(extras)
    }

    fn any(&self) -> bool {
        self.token_header.is_some()
            || self.proxy.is_some()
            || self.events_secret.is_some()
            || self.events_enforced.is_some()
    }

    fn header(&self) -> Option<Result<TokenHeader, ()>> {
        self.token_header.as_deref().map(str::parse)
    }

    fn complain(&self, invalid: &mut Invalid) {
        if self.header().is_some_and(|it| it.is_err()) {
            invalid.add("token_header", NOT_LISTED);
        }
        if self
            .events_secret
            .as_ref()
            .is_some_and(|it| it.chars().count() < SHORTEST_SECRET)
        {
            invalid.add(
                "events_secret",
                format!("is too short (minimum is {SHORTEST_SECRET} characters)"),
            );
        }
    }

    fn into_changes(self) -> RegistryChanges {
        RegistryChanges {
            token_header: self.header().and_then(Result::ok),
            proxy: self.proxy,
            events_secret: self.events_secret,
            events_enforced: self.events_enforced,
            ..RegistryChanges::default()
        }
    }
}
