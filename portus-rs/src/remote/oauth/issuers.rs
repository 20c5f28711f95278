//! What issuers publish of themselves: the discovery document and the keys they sign with (OpenID Connect Discovery 1.0).
//! Both are remembered; keys are asked for again when a token names one that nobody knows, but not at every such token.

use std::{sync::Arc, time::Duration};

use chrono::NaiveDateTime;
use moka::future::Cache;
use serde_json::Value;

use super::{
    error::{OAuthError, Result},
    http::Http,
    trusted::Trusted,
};
use crate::config::Config;
use crate::protocol::id_token::{Claims, Expected, Fault, Keys, Token};

/// The scope for leave to ask again later (OpenID Connect Core 1.0, section 11).
pub(super) const OFFLINE: &str = "offline_access";
/// How long a document or a set of keys is believed.
const LIFE: Duration = Duration::from_hours(1);
/// How soon keys are asked for again at the earliest.
const AGAIN: Duration = Duration::from_secs(30);

/// What is known of issuers.
pub struct Issuers {
    source: Source,
    documents: Cache<String, Arc<Document>>,
    keys: Cache<String, Arc<Keys>>,
    refreshed: Cache<String, ()>,
}

/// Who names the issuers, and so where they may be.
pub(super) enum Source {
    /// The configuration.
    Configured(Http),
    /// Whoever looks after a bot.
    Trusted(Box<Trusted>),
}

impl Source {
    async fn json(&self, url: &str) -> Result<Value> {
        match self {
            Self::Configured(http) => http.json(url, None).await,
            Self::Trusted(client) => client.json(url).await,
        }
    }
}

/// A discovery document, as far as it is used.
#[derive(Debug)]
pub(super) struct Document {
    /// As the issuer spells itself.
    pub issuer: String,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub userinfo_endpoint: Option<String>,
    /// Whether the token endpoint takes the client's secret as Basic credentials.
    pub basic: bool,
    /// Whether it says that it gives leave to ask again later.
    pub offline: bool,
    jwks_uri: String,
}

impl Issuers {
    /// Issuers of jobs, which people name.
    pub fn trusted(config: &Config) -> Self {
        Self::of(Source::Trusted(Box::new(Trusted::new(config))))
    }

    pub(super) fn of(source: Source) -> Self {
        Self {
            source,
            documents: Cache::builder()
                .max_capacity(256)
                .time_to_live(LIFE)
                .build(),
            keys: Cache::builder()
                .max_capacity(256)
                .time_to_live(LIFE)
                .build(),
            refreshed: Cache::builder()
                .max_capacity(256)
                .time_to_live(AGAIN)
                .build(),
        }
    }

    pub(super) async fn document(&self, issuer: &str) -> Result<Arc<Document>> {
        let load = async {
            let url = format!(
                "{}/.well-known/openid-configuration",
                issuer.trim_end_matches('/')
            );
            let found = self.source.json(&url).await?;
            Document::read(issuer, &found).map(Arc::new)
        };
        self.documents
            .try_get_with(issuer.to_owned(), load)
            .await
            .map_err(|error: Arc<OAuthError>| OAuthError::clone(&error))
    }

    async fn keys(&self, document: &Document) -> Result<Arc<Keys>> {
        let load = async {
            let set = self.source.json(&document.jwks_uri).await?;
            let keys = Keys::read(&set);
            if keys.is_empty() {
                return Err(OAuthError::failed(
                    "the provider's keys cannot be used",
                    format!("{} holds no public key for signatures", document.jwks_uri),
                ));
            }
            Ok(Arc::new(keys))
        };
        self.keys
            .try_get_with(document.issuer.clone(), load)
            .await
            .map_err(|error: Arc<OAuthError>| OAuthError::clone(&error))
    }

    /// What a token says, if this issuer signed it for this audience and it is valid now.
    pub async fn read(
        &self,
        issuer: &str,
        text: &str,
        audience: &str,
        nonce: Option<&str>,
        now: NaiveDateTime,
    ) -> Result<Claims> {
        let token = Token::read(text).map_err(fault)?;
        let document = self.document(issuer).await?;
        let keys = self.keys(&document).await?;
        let claims = match token.verified(&keys) {
            Err(Fault::UnknownKey) if !self.refreshed.contains_key(&document.issuer) => {
                self.refreshed.insert(document.issuer.clone(), ()).await;
                self.keys.invalidate(&document.issuer).await;
                let keys = self.keys(&document).await?;
                token.verified(&keys).cloned()
            }
            done => done.cloned(),
        };
        let claims = claims.map_err(fault)?;
        let expected = Expected {
            issuer: &document.issuer,
            audience,
            nonce,
            now,
        };
        claims.check(expected).map_err(fault)?;
        Ok(claims)
    }
}

fn fault(fault: Fault) -> OAuthError {
    OAuthError::failed(
        "the provider's ID token is not valid",
        format!("the ID token is refused: {fault}"),
    )
}

impl Document {
    fn read(issuer: &str, found: &Value) -> Result<Self> {
        let unusable = |detail: String| {
            OAuthError::failed("the provider's discovery document cannot be used", detail)
        };
        let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
        let named = text("issuer").unwrap_or_default();
        if named.trim_end_matches('/') != issuer.trim_end_matches('/') {
            return Err(unusable(format!(
                "the discovery document of {issuer} names another issuer: set the issuer exactly as it says itself"
            )));
        }
        let methods = found.get("token_endpoint_auth_methods_supported");
        let methods = methods.and_then(Value::as_array);
        Ok(Self {
            issuer: named,
            authorization_endpoint: text("authorization_endpoint"),
            token_endpoint: text("token_endpoint"),
            userinfo_endpoint: text("userinfo_endpoint"),
            basic: methods.is_none_or(|it| it.iter().any(|it| it == "client_secret_basic")),
            offline: found
                .get("scopes_supported")
                .and_then(Value::as_array)
                .is_some_and(|it| it.iter().any(|it| it == OFFLINE)),
            jwks_uri: text("jwks_uri").ok_or_else(|| {
                unusable(format!(
                    "the discovery document of {issuer} has no jwks_uri"
                ))
            })?,
        })
    }
}
