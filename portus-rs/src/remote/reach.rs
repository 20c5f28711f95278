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
    if answer
        .headers()
        .contains_key("docker-distribution-api-version")
    {
        return Ok(Reached {
            authenticates,
            warning: None,
        });
    }
    if authenticates && exchange::challenge_of(answer).is_some() {
        return Ok(Reached {
            authenticates,
            warning: Some(
                "the header Docker-Distribution-Api-Version is missing: some proxy takes it away"
                    .to_owned(),
            ),
        });
    }
    Err(RegistryError::NotARegistry)
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
        let trust = match self.ask_trust().await {
            Ok(trust) => trust,
            Err(error) => Trust::Failed(error),
        };
        let at = self.app.clock.now();
        let check = Check {
            trust: trust.clone(),
            at,
        };
        self.clients().keep_check(self.row.id, check);
        trust
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
