//! Asking a provider about somebody who is not there: what it gave at the login for that, and what its answer means.

use std::pin::Pin;

use oauth2::{
    AsyncHttpClient, RefreshToken, RequestTokenError, TokenResponse as _,
    basic::{BasicErrorResponse, BasicErrorResponseType},
};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Endpoints, Provider, Shown, Tokens,
    error::{OAuthError, Result},
    issuers::OFFLINE,
    profile::Profile,
};
use crate::config::ProviderKind;

/// What lets a provider be asked again. Has no `Debug`: it is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    token: String,
    /// It is redeemed for an access token, and not one itself.
    renews: bool,
    /// It is meant to outlive the login at the provider, so that its end says something about the person.
    lasting: bool,
}

impl Grant {
    /// Whether its end says more than that a login at the provider is over.
    pub fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// Whether showing it may use it up.
    pub fn renews(&self) -> bool {
        self.renews
    }
}

/// A grant that has been redeemed. Has no `Debug` either.
pub struct Redeemed {
    access: String,
    id_token: Option<String>,
    renews: bool,
    /// What to ask with the next time, where that is something else.
    pub renewed: Option<Grant>,
}

/// Somebody whom a provider has named before.
#[derive(Clone, Copy)]
pub struct Whom<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
}

/// Why somebody is not vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setback {
    /// The provider does not honour what it gave any more.
    Withdrawn,
    /// It knows the person, and has shut them out, or a restriction keeps them out.
    Barred(String),
    /// It could not be asked, which says nothing about the person. `unspent`: what was shown counts as before.
    Trouble { detail: String, unspent: bool },
}

impl Setback {
    fn trouble(error: &OAuthError, unspent: bool) -> Self {
        Self::Trouble {
            detail: error.to_string(),
            unspent: unspent || matches!(error, OAuthError::Unheard(_)),
        }
    }
}

/// Carries what the protocol library says. A closure's future would be bound to one lifetime too many for a task.
struct Courier<'a>(Provider<'a>);

impl<'c> AsyncHttpClient<'c> for Courier<'_> {
    type Error = OAuthError;
    type Future = Pin<Box<dyn Future<Output = Result<oauth2::HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: oauth2::HttpRequest) -> Self::Future {
        Box::pin(self.0.pass_on(request))
    }
}

impl Provider<'_> {
    /// What these tokens leave to ask again with.
    pub(super) fn grant(self, endpoints: &Endpoints, tokens: &Tokens) -> Option<Grant> {
        if !self.all.asks_again {
            return None;
        }
        if let Some(token) = tokens.refresh_token() {
            let lasting = match &self.config.kind {
                ProviderKind::OpenIdConnect(_) => match tokens.scopes() {
                    Some(given) => given.iter().any(|it| it.as_str() == OFFLINE),
                    None => endpoints.scopes.iter().any(|it| it == OFFLINE),
                },
                _ => true,
            };
            return Some(Grant {
                token: token.secret().clone(),
                renews: true,
                lasting,
            });
        }
        // One that expires by itself says nothing by doing so.
        let lasting = !self.speaks_openid() && tokens.expires_in().is_none();
        lasting.then(|| Grant {
            token: tokens.access_token().secret().clone(),
            renews: false,
            lasting: true,
        })
    }

    /// Redeems a grant. What is renewed by that has to be kept before anything else is done.
    pub async fn redeem(self, grant: &Grant) -> Result<Redeemed, Setback> {
        if !grant.renews {
            return Ok(Redeemed {
                access: grant.token.clone(),
                id_token: None,
                renews: false,
                renewed: None,
            });
        }
        let unspent = |error: OAuthError| Setback::trouble(&error, true);
        let endpoints = self.endpoints().await.map_err(unspent)?;
        let speaker = self.speaker(&endpoints, None).map_err(unspent)?;
        let token = RefreshToken::new(grant.token.clone());
        let tokens = speaker
            .exchange_refresh_token(&token)
            .request_async(&Courier(self))
            .await
            .map_err(|error| self.not_renewed(error))?;
        let renewed = tokens
            .refresh_token()
            .map(RefreshToken::secret)
            .filter(|it| !it.is_empty() && **it != grant.token);
        Ok(Redeemed {
            access: tokens.access_token().secret().clone(),
            id_token: tokens.extra_fields().id_token.clone(),
            renews: true,
            renewed: renewed.map(|token| Grant {
                token: token.clone(),
                ..grant.clone()
            }),
        })
    }

    async fn pass_on(self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse> {
        let answer = self.all.http.pass_on(request).await?;
        let status = answer.status();
        let said = format!("{} answered with status {}", self.key(), status.as_u16());
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(OAuthError::Unheard(said));
        }
        if status.is_server_error() {
            return Err(OAuthError::failed("the provider is out of order", said));
        }
        Ok(answer)
    }

    fn not_renewed(self, error: RequestTokenError<OAuthError, BasicErrorResponse>) -> Setback {
        if let RequestTokenError::ServerResponse(answer) = &error {
            return match answer.error() {
                BasicErrorResponseType::InvalidGrant => Setback::Withdrawn,
                other => Setback::Trouble {
                    detail: format!("{} refused to be asked again: {other}", self.key()),
                    unspent: true,
                },
            };
        }
        // GitHub says so with the status of a success.
        if let RequestTokenError::Parse(_, body) = &error {
            let said: Option<Value> = serde_json::from_slice(body).ok();
            let word = said.as_ref().and_then(|it| it.get("error")?.as_str());
            if word == Some("bad_refresh_token") {
                return Setback::Withdrawn;
            }
        }
        Setback::trouble(&self.not_redeemed(error), false)
    }

    /// Who it is that the grant was given for, if they may still enter.
    pub async fn look(
        self,
        redeemed: &Redeemed,
        whom: Whom<'_>,
        now: chrono::NaiveDateTime,
    ) -> Result<Profile, Setback> {
        let shown = Shown {
            access: &redeemed.access,
            id_token: redeemed.id_token.as_deref(),
            nonce: None,
            now,
            known: Some(whom.subject),
        };
        let profile = match self.profile(&shown).await {
            Ok(profile) => profile,
            Err(OAuthError::Refused(reason) | OAuthError::Barred { reason, .. }) => {
                return Err(Setback::Barred(reason));
            }
            // One that has just been given is good whatever an answer says.
            Err(OAuthError::Withdrawn(_)) if !redeemed.renews => return Err(Setback::Withdrawn),
            Err(error) => return Err(Setback::trouble(&error, true)),
        };
        if profile.subject != whom.subject || profile.issuer != whom.issuer {
            return Err(Setback::Trouble {
                detail: format!("{} speaks of somebody else", self.key()),
                unspent: true,
            });
        }
        Ok(profile)
    }
}
