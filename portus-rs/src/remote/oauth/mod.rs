//! Identity providers: where people are sent, what the answer is worth, and whom a provider's restrictions let in.
//! Nothing here knows of accounts.

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
    error::{Error, Result as Outcome},
};

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
            } => {
                let mut endpoints = openid::endpoints(self.all, server).await?;
                endpoints.scopes = ["openid", "email", "profile"].map(str::to_owned).into();
                endpoints.extra = hosted_domain.iter().map(|it| ("hd", it.clone())).collect();
                Ok(endpoints)
            }
            ProviderKind::OpenIdConnect(it) => {
                let mut endpoints = openid::endpoints(self.all, &it.issuer).await?;
                endpoints.scopes.clone_from(&it.scopes);
                Ok(endpoints)
            }
            ProviderKind::GitHub { server, .. } => Ok(github::endpoints(server)),
            ProviderKind::GitLab { server, group } => {
                Ok(gitlab::endpoints(server, group.is_some()))
            }
            ProviderKind::Bitbucket { server, .. } => Ok(bitbucket::endpoints(server)),
        }
    }

    fn speaker(self, endpoints: &Endpoints, redirect: &str) -> Result<Speaker> {
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
        Ok(Client::new(ClientId::new(client.id.expose().to_owned()))
            .set_client_secret(ClientSecret::new(client.secret.expose().to_owned()))
            .set_auth_type(endpoints.auth.clone())
            .set_auth_uri(AuthUrl::new(endpoints.authorize.clone()).map_err(bad)?)
            .set_token_uri(TokenUrl::new(endpoints.token.clone()).map_err(bad)?)
            .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(bad)?))
    }

    /// Sends somebody to the provider, who will send them back to `redirect`.
    pub async fn begin(self, redirect: &str) -> Result<Begun> {
        let endpoints = self.endpoints().await?;
        let speaker = self.speaker(&endpoints, redirect)?;
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
    pub async fn finish(self, returned: &Returned<'_>) -> Result<Profile> {
        let endpoints = self.endpoints().await?;
        let speaker = self.speaker(&endpoints, returned.redirect)?;
        let call = |request: oauth2::HttpRequest| self.all.http.pass_on(request);
        let tokens = speaker
            .exchange_code(AuthorizationCode::new(returned.code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(returned.verifier.to_owned()))
            .request_async(&call)
            .await
            .map_err(|error| self.not_redeemed(error))?;
        let access = tokens.access_token().secret();
        let id_token = tokens.extra_fields().id_token.as_deref();
        let profile = match &self.config.kind {
            ProviderKind::Google {
                server,
                hosted_domain,
            } => {
                openid::google(
                    self,
                    server,
                    hosted_domain.as_deref(),
                    id_token,
                    access,
                    returned,
                )
                .await
            }
            ProviderKind::OpenIdConnect(it) => {
                openid::profile(self, it, id_token, access, returned).await
            }
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
            return Err(OAuthError::Refused(format!(
                "Email addresses on the domain {of} aren't allowed."
            )));
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
