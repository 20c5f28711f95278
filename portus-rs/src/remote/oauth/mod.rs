//! Identity providers: where people are sent, what the answer is worth, and whom a provider's restrictions let in.
//! Nothing here knows of accounts.

mod again;
mod bitbucket;
mod error;
mod github;
mod gitlab;
mod http;
mod issuers;
mod openid;
mod profile;
mod trusted;

use chrono::NaiveDateTime;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    config::{self, Config, ProviderKind},
    error::{Error, Result as Outcome, wordings},
};

pub use again::{Grant, Redeemed, Setback, Whom};
pub use error::OAuthError;
pub use issuers::Issuers;
pub use profile::Profile;

use error::Result;
use http::Http;
use issuers::Source;

/// Every provider that is on offer.
pub struct Providers {
    http: Http,
    issuers: Issuers,
    /// Whether people are asked about again after their login.
    asks_again: bool,
    offered: Vec<config::Provider>,
}

/// One provider, ready to be asked.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    all: &'a Providers,
    config: &'a config::Provider,
}

/// Where somebody is sent, and what must be remembered until they come back.
pub struct Begun {
    pub url: String,
    pub state: String,
    pub nonce: String,
    /// Proves that whoever redeems the code is whoever asked for it (RFC 7636).
    pub verifier: String,
}

/// What came back, and what was remembered.
pub struct Returned<'a> {
    pub code: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a str,
    pub redirect: &'a str,
    pub now: NaiveDateTime,
}

/// Somebody whom a provider knows.
pub struct Known {
    pub profile: Profile,
    /// What lets it be asked about them again, if it gave anything.
    pub grant: Option<Grant>,
}

/// What a provider gave to ask with about somebody.
struct Shown<'a> {
    access: &'a str,
    id_token: Option<&'a str>,
    /// Of the login that it belongs to.
    nonce: Option<&'a str>,
    now: NaiveDateTime,
    /// The subject of somebody who has been here before and is only asked about.
    known: Option<&'a str>,
}

/// Where a provider takes and answers requests.
struct Endpoints {
    authorize: String,
    token: String,
    /// How it wants to see the client's secret.
    auth: AuthType,
    scopes: Vec<String>,
    /// More that is said when people are sent there.
    extra: Vec<(&'static str, String)>,
}

/// What token endpoints say beyond OAuth 2.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Extra {
    id_token: Option<String>,
}

impl ExtraTokenFields for Extra {}

type Tokens = StandardTokenResponse<Extra, BasicTokenType>;
type Speaker = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl Providers {
    pub fn new(config: &Config) -> Outcome<Self> {
        let http = Http::new(config).map_err(Error::Internal)?;
        Ok(Self {
            issuers: Issuers::of(Source::Configured(http.clone())),
            http,
            asks_again: config.oauth.recheck.is_some(),
            offered: config.oauth.providers.clone(),
        })
    }

    /// Those on offer, in the order of their buttons.
    pub fn offered(&self) -> impl Iterator<Item = Provider<'_>> {
        self.offered
            .iter()
            .map(|config| Provider { all: self, config })
    }

    pub fn named(&self, key: &str) -> Option<Provider<'_>> {
        self.offered().find(|it| it.config.key == key)
    }
}

impl<'a> Provider<'a> {
    /// Its name in the configuration and in addresses.
    pub fn key(self) -> &'static str {
        self.config.key
    }

    /// What its button says.
    pub fn title(self) -> &'a str {
        match &self.config.kind {
            ProviderKind::Google { .. } => "Google",
            ProviderKind::OpenIdConnect(it) => it.title.as_deref().unwrap_or("Open Id Connect"),
            ProviderKind::GitHub { .. } => "Github",
            ProviderKind::GitLab { .. } => "Gitlab",
            ProviderKind::Bitbucket { .. } => "Bitbucket",
        }
    }

    /// What sentences call it, as Portus does.
    pub fn kind(self) -> &'a str {
        match &self.config.kind {
            ProviderKind::Google { .. } => "Google oauth2",
            ProviderKind::OpenIdConnect(it) => it.title.as_deref().unwrap_or("Openid connect"),
            ProviderKind::GitHub { .. } => "Github",
            ProviderKind::GitLab { .. } => "Gitlab",
            ProviderKind::Bitbucket { .. } => "Bitbucket",
        }
    }

    /// Whether somebody new gets an account.
    pub fn creates_users(self) -> bool {
        self.config.client.create_users
    }

    /// Whether it lets in only people of one domain or group, and not everybody who has an account there.
    pub fn is_restricted(self) -> bool {
        let grouped = match &self.config.kind {
            ProviderKind::Google { hosted_domain, .. } => hosted_domain.is_some(),
            ProviderKind::OpenIdConnect(it) => it.group.is_some(),
            ProviderKind::GitHub { organization, .. } => organization.is_some(),
            ProviderKind::GitLab { group, .. } => group.is_some(),
            ProviderKind::Bitbucket { workspace, .. } => workspace.is_some(),
        };
        grouped || self.config.client.domain.is_some()
    }

    /// The teams that a person's groups there stand for.
    pub fn group_teams(self) -> &'a [config::GroupTeam] {
        match &self.config.kind {
            ProviderKind::OpenIdConnect(it) => &it.teams,
            _ => &[],
        }
    }

    async fn endpoints(self) -> Result<Endpoints> {
        match &self.config.kind {
            ProviderKind::Google {
                server,
                hosted_domain,
                offline,
            } => {
                let scopes = ["openid", "email", "profile"].map(str::to_owned).into();
                // Google has a word of its own for what is a scope elsewhere.
                let never = config::Offline::Never;
                let mut endpoints = openid::endpoints(self.all, server, scopes, never).await?;
                endpoints
                    .extra
                    .extend(hosted_domain.iter().map(|it| ("hd", it.clone())));
                if self.all.asks_again && *offline != never {
                    endpoints.extra.push(("access_type", "offline".to_owned()));
                    if *offline == config::Offline::Consent {
                        endpoints.extra.push(("prompt", "consent".to_owned()));
                    }
                }
                Ok(endpoints)
            }
            ProviderKind::OpenIdConnect(it) => {
                openid::endpoints(self.all, &it.issuer, it.scopes.clone(), it.offline).await
            }
            ProviderKind::GitHub { server, .. } => Ok(github::endpoints(server)),
            ProviderKind::GitLab { server, group } => {
                Ok(gitlab::endpoints(server, group.is_some()))
            }
            ProviderKind::Bitbucket { server, .. } => Ok(bitbucket::endpoints(server)),
        }
    }

    fn speaker(self, endpoints: &Endpoints, redirect: Option<&str>) -> Result<Speaker> {
        let bad = |error: oauth2::url::ParseError| {
            OAuthError::failed(
                "the provider's addresses are unusable",
                format!("{}: {error}", self.key()),
            )
        };
        let client = &self.config.client;
        if client.id.expose().is_empty() || client.secret.expose().is_empty() {
            return Err(OAuthError::failed(
                "it is not set up completely",
                format!("oauth.{} lacks its identifier or secret", self.key()),
            ));
        }
        let speaker = Client::new(ClientId::new(client.id.expose().to_owned()))
            .set_client_secret(ClientSecret::new(client.secret.expose().to_owned()))
            .set_auth_type(endpoints.auth.clone())
            .set_auth_uri(AuthUrl::new(endpoints.authorize.clone()).map_err(bad)?)
            .set_token_uri(TokenUrl::new(endpoints.token.clone()).map_err(bad)?);
        Ok(match redirect {
            Some(url) => speaker.set_redirect_uri(RedirectUrl::new(url.to_owned()).map_err(bad)?),
            None => speaker,
        })
    }

    /// Sends somebody to the provider, who will send them back to `redirect`.
    pub async fn begin(self, redirect: &str) -> Result<Begun> {
        let endpoints = self.endpoints().await?;
        let speaker = self.speaker(&endpoints, Some(redirect))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random();
        let mut request = speaker
            .authorize_url(CsrfToken::new_random)
            .add_scopes(endpoints.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        if self.speaks_openid() {
            request = request.add_extra_param("nonce", nonce.secret().clone());
        }
        for (name, value) in &endpoints.extra {
            request = request.add_extra_param(*name, value.clone());
        }
        let (url, state) = request.url();
        Ok(Begun {
            url: url.into(),
            state: state.into_secret(),
            nonce: nonce.into_secret(),
            verifier: verifier.into_secret(),
        })
    }

    /// Redeems the code that somebody came back with, and says who they are if they may enter.
    pub async fn finish(self, returned: &Returned<'_>) -> Result<Known> {
        let endpoints = self.endpoints().await?;
        let speaker = self.speaker(&endpoints, Some(returned.redirect))?;
        let call = |request: oauth2::HttpRequest| self.all.http.pass_on(request);
        let tokens = speaker
            .exchange_code(AuthorizationCode::new(returned.code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(returned.verifier.to_owned()))
            .request_async(&call)
            .await
            .map_err(|error| self.not_redeemed(error))?;
        let profile = self
            .profile(&Shown {
                access: tokens.access_token().secret(),
                id_token: tokens.extra_fields().id_token.as_deref(),
                nonce: Some(returned.nonce),
                now: returned.now,
                known: None,
            })
            .await?;
        Ok(Known {
            profile,
            grant: self.grant(&endpoints, &tokens),
        })
    }

    /// Who it is, if they may enter.
    async fn profile(self, shown: &Shown<'_>) -> Result<Profile> {
        let access = shown.access;
        let profile = match &self.config.kind {
            ProviderKind::Google {
                server,
                hosted_domain,
                ..
            } => openid::google(self, server, hosted_domain.as_deref(), shown).await,
            ProviderKind::OpenIdConnect(it) => openid::profile(self, it, shown).await,
            ProviderKind::GitHub {
                server,
                organization,
                team,
            } => {
                let wanted = github::Wanted {
                    organization: organization.as_deref(),
                    team: team.as_deref(),
                };
                github::profile(self, server, access, wanted).await
            }
            ProviderKind::GitLab { server, group } => {
                gitlab::profile(self, server, access, group.as_deref()).await
            }
            ProviderKind::Bitbucket { server, workspace } => {
                bitbucket::profile(self, server, access, workspace.as_deref()).await
            }
        }?;
        profile.checked()
    }

    fn speaks_openid(self) -> bool {
        matches!(
            self.config.kind,
            ProviderKind::Google { .. } | ProviderKind::OpenIdConnect(_)
        )
    }

    fn http(self) -> &'a Http {
        &self.all.http
    }

    /// Refuses an address outside the provider's domain, or one that nobody vouches for.
    fn in_domain(self, profile: &Profile) -> Result<()> {
        let Some(domain) = &self.config.client.domain else {
            return Ok(());
        };
        let Some(email) = &profile.email else {
            return Err(OAuthError::failed(
                "the provider gave no e-mail address",
                format!("oauth.{}.domain is set", self.key()),
            ));
        };
        let of = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        if !of.eq_ignore_ascii_case(domain) {
            return Err(OAuthError::Refused(wordings::OTHER_DOMAIN.with(&[&of])));
        }
        if !profile.email_verified {
            return Err(OAuthError::failed(
                "the provider does not say that the e-mail address is verified",
                format!("oauth.{}.domain is set", self.key()),
            ));
        }
        Ok(())
    }

    fn not_redeemed(self, error: RequestTokenError<OAuthError, BasicErrorResponse>) -> OAuthError {
        match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(answer) => OAuthError::failed(
                "the provider refused the login",
                format!("{} answered the code with {}", self.key(), answer.error()),
            ),
            // The body may hold a token.
            RequestTokenError::Parse(error, _) => OAuthError::failed(
                "the provider's answer cannot be read",
                format!("{}: at {}", self.key(), error.path()),
            ),
            RequestTokenError::Other(text) => {
                OAuthError::failed("the provider's answer cannot be read", text)
            }
        }
    }
}
