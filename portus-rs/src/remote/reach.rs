//! Whether a registry can be reached, and whether it takes our tokens.

use chrono::NaiveDateTime;
use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::{
    RegistryClients,
    error::{RegistryError, Result},
    exchange::{self, UNTRUSTED},
    registry::RegistryClient,
};

/// A registry that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// It asks for a token.
    pub authenticates: bool,
    /// What it calls itself when it asks for one.
    pub service: Option<String>,
    /// Something odd that does not matter much, for the person who sets it up.
    pub warning: Option<String>,
}

/// What a registry thinks of our tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It takes them.
    Accepted,
    /// It asks nobody for a token: whoever reaches it may do everything.
    Open,
    /// It refuses them, or cannot be asked; the text says why and what to do.
    Failed(RegistryError),
}

/// A self-test, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub trust: Trust,
    pub at: NaiveDateTime,
}

/// Whether a registry deletes what it is told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletes {
    Yes,
    /// `storage.delete.enabled` is off there, or it is a cache of another registry.
    No,
    /// It is in read-only mode for a while.
    ReadOnly,
    /// It cannot be asked; the text says why.
    Unknown(RegistryError),
}

/// How a registry answered a deletion, and when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionCheck {
    pub deletes: Deletes,
    pub at: NaiveDateTime,
}

/// A repository that nobody need have, and a digest that nothing has: with both, nothing can be deleted.
const NOWHERE: &str = "portus-rs/deletion-check";
const NOTHING: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The registry's `/v2/`. A hostname may carry a port.
pub(super) fn base(hostname: &str, use_ssl: bool) -> Result<Url> {
    let scheme = if use_ssl { "https" } else { "http" };
    let bad = || RegistryError::BadName(hostname.to_owned());
    let url = Url::parse(&format!("{scheme}://{hostname}/v2/")).map_err(|_| bad())?;
    if url.path() == "/v2/" && url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err(bad())
    }
}

impl RegistryClients {
    /// Asks whether a registry answers at this address. The error's text is what the registry form shows.
    pub async fn reachable(&self, hostname: &str, use_ssl: bool) -> Result<Reached> {
        let url = base(hostname, use_ssl)?;
        exchange::permitted(&url)?;
        let answer = self
            .http
            .get(url)
            .send()
            .await
            .map_err(|error| exchange::noted(&error))?;
        judge(&answer)
    }
}

impl RegistryClients {
    /// Whether a scanner says that it is well, and else why not.
    pub async fn scanner_is_well(&self, url: Url) -> std::result::Result<(), Option<&'static str>> {
        exchange::permitted(&url).map_err(|error| error.reason())?;
        let answer = self.http.get(url).send().await;
        match answer.map(|it| it.status()) {
            Ok(StatusCode::OK) => Ok(()),
            Ok(_) => Err(None),
            Err(error) => Err(exchange::noted(&error).reason()),
        }
    }
}

fn judge(answer: &Response) -> Result<Reached> {
    let authenticates = match answer.status() {
        StatusCode::OK => false,
        StatusCode::UNAUTHORIZED => true,
        _ => return Err(RegistryError::NotARegistry),
    };
    let service = exchange::challenge_of(answer).map(|it| it.service);
    let named = answer
        .headers()
        .contains_key("docker-distribution-api-version");
    let warning = match (named, authenticates && service.is_some()) {
        (true, _) => None,
        (false, true) => Some(
            "the header Docker-Distribution-Api-Version is missing: some proxy takes it away"
                .to_owned(),
        ),
        (false, false) => return Err(RegistryError::NotARegistry),
    };
    Ok(Reached {
        authenticates,
        service,
        warning,
    })
}

impl RegistryClient<'_> {
    /// Whether this registry answers.
    pub async fn reachable(&self) -> Result<Reached> {
        self.clients()
            .reachable(&self.row.hostname, self.row.use_ssl)
            .await
    }

    /// The self-test: shows the registry a token without any rights. The result is kept for the health page.
    pub async fn check_token(&self) -> Trust {
        let trust = self.try_token().await;
        let at = self.app.clock.now();
        let check = Check {
            trust: trust.clone(),
            at,
        };
        self.clients().keep_check(self.row.id, check);
        trust
    }

    /// The same for a registry that is not kept here yet.
    pub async fn try_token(&self) -> Trust {
        match self.ask_trust().await {
            Ok(trust) => trust,
            Err(error) => Trust::Failed(error),
        }
    }

    /// Whether it deletes images, found out by having it delete one that cannot exist: it says that there is none, or
    /// that it deletes nothing at all. The result is kept for the health page.
    pub async fn check_deletion(&self) -> Deletes {
        let deletes = match self.delete_manifest(NOWHERE, NOTHING).await {
            // No registry has it, so one that has deleted it deletes.
            Ok(()) | Err(RegistryError::Absent(_)) => Deletes::Yes,
            Err(RegistryError::Unsupported { read_only: true }) => Deletes::ReadOnly,
            Err(RegistryError::Unsupported { read_only: false }) => Deletes::No,
            Err(error) => Deletes::Unknown(error),
        };
        let check = DeletionCheck {
            deletes: deletes.clone(),
            at: self.app.clock.now(),
        };
        self.clients().keep_deletion(self.row.id, check);
        deletes
    }

    async fn ask_trust(&self) -> Result<Trust> {
        let url = self.url("")?;
        let answer = self.request(&Method::GET, &url, None, None).await?;
        let reached = judge(&answer)?;
        if !reached.authenticates {
            return Ok(Trust::Open);
        }
        let challenge = exchange::challenge_of(&answer).ok_or(RegistryError::NoBearer)?;
        self.accept_challenge(&challenge).await?;
        let token = self.token(&challenge.service, None)?;
        let answer = self.request(&Method::GET, &url, Some(&token), None).await?;
        match answer.status() {
            StatusCode::OK => Ok(Trust::Accepted),
            StatusCode::UNAUTHORIZED => Err(RegistryError::TokenRefused(UNTRUSTED)),
            _ => Err(exchange::failure(answer).await),
        }
    }
}
