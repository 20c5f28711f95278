//! One request to a registry, with a token of exactly the scope that it needs.

use std::{net::IpAddr, sync::Arc};

use reqwest::{Method, Response, StatusCode, header};
use url::{Host, Url};

use super::{
    challenge::Challenge,
    error::{RegistryError, Result},
    registry::RegistryClient,
    transport,
};
use crate::{entities::user::PORTUS, protocol::scope::Access};

/// Registry, service, and what the token permits.
pub(super) type TokenKey = (i64, String, Option<Access>);

/// What a registry asks of those who come without a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Nothing,
    /// A token for this service.
    Token(Arc<str>),
}

/// Bytes read of an answer that is an error.
const ERROR_BODY: usize = 64 * 1024;

pub const UNTRUSTED: &str = "the registry does not trust our certificate: its rootcertbundle must hold the certificate that \
     `portus-rs registry-config` prints, and its issuer must be machine_fqdn.value; restart the registry afterwards";
pub const UNGRANTED: &str = "the registry accepts our token but not for this: check that auth.token.service in its configuration \
     is the hostname under which it is known here";

impl RegistryClient<'_> {
    /// Sends a request, with a token if the registry wants one. Any status but 401 is an answer.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Url,
        access: Option<&Access>,
        accept: Option<&str>,
    ) -> Result<Response> {
        let services = &self.clients().services;
        let known = services.get(&self.row.id);
        let token = match &known {
            Some(Asks::Token(service)) => Some(self.token(service, access)?),
            _ => None,
        };
        let answer = self.request(&method, url, token.as_deref(), accept).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            if known.is_none() && answer.status().is_success() {
                services.insert(self.row.id, Asks::Nothing);
            }
            return Ok(answer);
        }
        let challenge = challenge_of(&answer).ok_or(RegistryError::NoBearer)?;
        let asks = Asks::Token(Arc::from(challenge.service.as_str()));
        if token.is_some() && known.as_ref() == Some(&asks) {
            // Remembered tokens may be what it dislikes: after its clock or its bundle changed.
            self.clients()
                .tokens
                .invalidate(&self.key(&challenge.service, access));
            services.invalidate(&self.row.id);
            return Err(refused(&challenge));
        }
        self.accept_challenge(&challenge).await?;
        let token = self.token(&challenge.service, access)?;
        let answer = self.request(&method, url, Some(&token), accept).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.clients()
                .tokens
                .invalidate(&self.key(&challenge.service, access));
            return Err(refused(&challenge_of(&answer).unwrap_or_default()));
        }
        services.insert(self.row.id, asks);
        Ok(answer)
    }

    pub(super) async fn request(
        &self,
        method: &Method,
        url: &Url,
        token: Option<&str>,
        accept: Option<&str>,
    ) -> Result<Response> {
        permitted(url)?;
        let mut request = self.clients().http.request(method.clone(), url.clone());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        request.send().await.map_err(|error| noted(&error))
    }

    /// Refuses to sign for another token server, or for another registry's service.
    pub(super) async fn accept_challenge(&self, challenge: &Challenge) -> Result<()> {
        if !self.is_ours(&challenge.realm) {
            return Err(RegistryError::OtherTokenServer(challenge.realm.clone()));
        }
        let service = challenge.service.as_str();
        let own =
            service == self.row.hostname || self.row.external_hostname.as_deref() == Some(service);
        if !own {
            let internal = |error: crate::error::Error| RegistryError::Internal(error.to_string());
            let facts = self.app.present.facts().await.map_err(internal)?;
            let other = facts.registry(service).await.map_err(internal)?;
            if other.is_some_and(|other| other.id != self.row.id) {
                return Err(RegistryError::OtherService(service.to_owned()));
            }
        }
        Ok(())
    }

    /// Whether a realm is this service's own token endpoint, as far as its names are known.
    fn is_ours(&self, realm: &str) -> bool {
        let Ok(realm) = Url::parse(realm) else {
            return false;
        };
        let fqdn = &self.app.config.machine_fqdn;
        let Ok(public) = Url::parse(&self.app.config.public_url()) else {
            return false;
        };
        if realm.origin() == public.origin() {
            return true;
        }
        if fqdn.configured && realm.host_str() == Some(host_of(&fqdn.value)) {
            return true;
        }
        // With nothing configured nobody knows our public name, and loopback has several.
        let unnamed = !fqdn.configured && fqdn.external_url.is_none();
        let here = is_loopback(&realm)
            && realm.port_or_known_default() == Some(self.app.config.listener.address.port);
        (unnamed || here) && realm.path().ends_with("/v2/token")
    }

    fn key(&self, service: &str, access: Option<&Access>) -> TokenKey {
        (self.row.id, service.to_owned(), access.cloned())
    }

    pub(super) fn token(&self, service: &str, access: Option<&Access>) -> Result<Arc<str>> {
        let key = self.key(service, access);
        if let Some(token) = self.clients().tokens.get(&key) {
            return Ok(token);
        }
        let granted = access.map(|access| vec![access.clone()]);
        let form = self.row.token_header.into();
        let (token, _) = self
            .app
            .sign(service, form, PORTUS, granted)
            .map_err(|error| RegistryError::Internal(error.to_string()))?;
        let token: Arc<str> = token.into();
        self.clients().tokens.insert(key, Arc::clone(&token));
        Ok(token)
    }
}

fn refused(challenge: &Challenge) -> RegistryError {
    RegistryError::TokenRefused(if challenge.error == "insufficient_scope" {
        UNGRANTED
    } else {
        UNTRUSTED
    })
}

pub(super) fn challenge_of(answer: &Response) -> Option<Challenge> {
    let values = answer.headers().get_all(header::WWW_AUTHENTICATE);
    values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(Challenge::parse)
}

fn host_of(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(host, _)| host)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Addresses written as numbers never meet the resolver.
pub(super) fn permitted(url: &Url) -> Result<()> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        _ => return Ok(()),
    };
    if transport::is_forbidden(address) {
        return Err(RegistryError::Network {
            reason: "connection refused",
            detail: transport::Forbidden.to_string(),
        });
    }
    Ok(())
}

/// The error, with its causes in the log: Portus' words for it do not tell much.
pub(super) fn noted(error: &reqwest::Error) -> RegistryError {
    let error = RegistryError::of_request(error);
    if let RegistryError::Network { reason, detail } = &error {
        tracing::debug!(reason, detail, "A registry cannot be reached");
    }
    error
}

/// Reads an answer's body, if it is no longer than `limit` bytes.
pub(super) async fn body(mut answer: Response, limit: usize) -> Result<Vec<u8>> {
    let mut read = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| noted(&error))? {
        if read.len() + chunk.len() > limit {
            return Err(RegistryError::TooLarge(limit));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// The error that an unsuccessful answer stands for.
pub(super) async fn failure(answer: Response) -> RegistryError {
    let status = answer.status().as_u16();
    match body(answer, ERROR_BODY).await {
        Ok(body) => RegistryError::of_answer(status, &body),
        Err(RegistryError::TooLarge(_)) => RegistryError::of_answer(status, b""),
        Err(error) => error,
    }
}
