//! The registries this service speaks for, for admins.

use serde::{Serialize, Serializer, ser::SerializeMap};
use utoipa::ToSchema;

use super::{
    operation::{Noun, get, noun, post, put},
    reply::{Created, Paged, Shown},
    respond::{Time, created, ok, paged},
    words,
};
use crate::{
    actions::registries,
    entities::{TokenHeader, registry},
    error::{Error, Invalid},
    queries::registries::{Candidate, Registries, all, complaints},
    web::{
        error::ApiResult,
        extract::{
            caller::{Admin, Call},
            declare::{Present, params},
            filters::Filters,
            page::Page,
        },
    },
};

pub fn operations() -> Noun {
    noun(
        "registries",
        "The registries this service speaks for, for admins.",
        vec![
            get("/v1/registries", "Lists registries", list),
            get(
                "/v1/registries/validate",
                "Tells whether a registry could be set up so, and asks whether it answers",
                validate,
            ),
            post("/v1/registries", "Sets up a registry that answers", create),
            put("/v1/registries/{id}", "Changes a registry", update)
                .about("A new address must answer."),
        ],
    )
}

params! {
    /// How a registry might be set up.
    struct RegistryCandidate {
        name: String,
        /// `host[:port]`, as this service reaches it.
        hostname: String,
        use_ssl: Present<bool>,
        /// `host[:port]`, as its users reach it.
        external_hostname: Option<String>,
        /// Fields to look at; all unless given.
        only: Option<Vec<String>>,
    }
}

params! {
    /// A registry to be set up.
    struct NewRegistry in registry {
        name: String,
        /// `host[:port]`, as this service reaches it.
        hostname: String,
        use_ssl: Present<bool>,
        /// `host[:port]`, as its users reach it.
        external_hostname: Option<String>,
        /// How it is told which key signed a token. Portus does not know this.
        token_header: Option<String> = TokenHeader::WORDS,
        /// Whether it passes on another registry. Portus does not know this.
        proxy: Option<bool>,
        /// What it shows when it sends events, from 16 characters. Portus does not know this.
        events_secret: Option<String>,
        /// Whether events without the secret are refused. Portus does not know this.
        events_enforced: Option<bool>,
    }
}

params! {
    /// What is to be different about a registry.
    struct RegistryChanges in registry {
        name: Option<String>,
        /// `host[:port]`, as this service reaches it.
        hostname: Option<String>,
        use_ssl: Option<bool>,
        /// `host[:port]`, as its users reach it.
        external_hostname: Option<String>,
        /// How it is told which key signed a token. Portus does not know this.
        token_header: Option<String> = TokenHeader::WORDS,
        /// Whether it passes on another registry. Portus does not know this.
        proxy: Option<bool>,
        /// What it shows when it sends events, from 16 characters. Portus does not know this.
        events_secret: Option<String>,
        /// Whether events without the secret are refused. Portus does not know this.
        events_enforced: Option<bool>,
    }
}

#[derive(Serialize, ToSchema)]
struct Registry {
    id: i64,
    name: String,
    hostname: String,
    external_hostname: Option<String>,
    use_ssl: bool,
    created_at: Time,
    updated_at: Time,
    #[schema(schema_with = words::token_header)]
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
#[derive(Serialize, ToSchema)]
pub struct Status {
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
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

async fn list(call: Admin, page: Page, filters: Filters<Registries>) -> ApiResult<Paged<Registry>> {
    let list = filters.narrow(&call.app, Registries);
    paged(&call, &page, list, Registry::from).await
}

async fn validate(call: Admin, wanted: RegistryCandidate) -> ApiResult<Shown<Status>> {
    let (Present(use_ssl), only) = (wanted.use_ssl, wanted.only);
    let asked = only
        .as_ref()
        .is_none_or(|only| only.iter().any(|it| it == "hostname"));
    let candidate = Candidate {
        name: &wanted.name,
        hostname: &wanted.hostname,
        external_hostname: wanted.external_hostname.as_deref(),
        use_ssl: use_ssl.unwrap_or(false),
        events_secret: None,
        ask: asked && use_ssl.is_some(),
    };
    let mut invalid = complaints(&call.app, &candidate).await?.invalid;
    if use_ssl.is_none() {
        invalid.add("use_ssl", NOT_LISTED);
    }
    ok(Status::of(&invalid, only.as_deref()))
}

const NOT_LISTED: &str = "is not included in the list";

async fn create(call: Admin, new: NewRegistry) -> ApiResult<Created<Registry>> {
    let Present(use_ssl) = new.use_ssl;
    let extras = Extras {
        token_header: new.token_header,
        proxy: new.proxy,
        events_secret: new.events_secret,
        events_enforced: new.events_enforced,
    };
    let candidate = Candidate {
        name: &new.name,
        hostname: &new.hostname,
        external_hostname: new.external_hostname.as_deref(),
        use_ssl: use_ssl.unwrap_or(false),
        events_secret: extras.events_secret.as_deref(),
        ask: use_ssl.is_some(),
    };
    let mut invalid = complaints(&call.app, &candidate).await?.invalid;
    if use_ssl.is_none() {
        invalid.add("use_ssl", NOT_LISTED);
    }
    extras.complain(&mut invalid);
    invalid.into_result()?;
    let new = registries::NewRegistry {
        name: new.name,
        hostname: new.hostname,
        use_ssl: use_ssl.unwrap_or(false),
        external_hostname: new.external_hostname,
        token_header: extras.header().and_then(Result::ok),
        proxy: extras.proxy.unwrap_or(false),
        events_secret: extras.events_secret,
        events_enforced: extras.events_enforced.unwrap_or(false),
    };
    let row = registries::create(&call.app, &call.actor, new).await?;
    created(Registry::from(row))
}

async fn update(call: Admin, wanted: RegistryChanges) -> ApiResult<Shown<Registry>> {
    let extras = Extras {
        token_header: wanted.token_header,
        proxy: wanted.proxy,
        events_secret: wanted.events_secret,
        events_enforced: wanted.events_enforced,
    };
    let id = call.id("id")?;
    let old = all(&call.app)
        .await?
        .into_iter()
        .find(|row| row.id == id)
        .ok_or(Error::NotFound)?;
    let mut invalid = Invalid::default();
    extras.complain(&mut invalid);
    invalid.into_result()?;
    let changes = registries::RegistryChanges {
        name: wanted.name,
        hostname: wanted.hostname,
        use_ssl: wanted.use_ssl,
        external_hostname: wanted.external_hostname,
        ..extras.into_changes()
    };
    ask_again(&call, &old, &changes).await?;
    let row = registries::update(&call.app, &call.actor, id, changes).await?;
    ok(Registry::from(row))
}

/// A new address must answer, unless something else is wrong with it already.
async fn ask_again(
    call: &Call,
    old: &registry::Model,
    changes: &registries::RegistryChanges,
) -> ApiResult<()> {
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

impl Extras {
    fn header(&self) -> Option<Result<TokenHeader, ()>> {
        self.token_header.as_deref().map(str::parse)
    }

    fn complain(&self, invalid: &mut Invalid) {
        if self.header().is_some_and(|it| it.is_err()) {
            invalid.add("token_header", NOT_LISTED);
        }
    }

    fn into_changes(self) -> registries::RegistryChanges {
        registries::RegistryChanges {
            token_header: self.header().and_then(Result::ok),
            proxy: self.proxy,
            events_secret: self.events_secret,
            events_enforced: self.events_enforced,
            ..registries::RegistryChanges::default()
        }
    }
}
