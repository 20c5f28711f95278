//! OpenID Connect: the code flow with an ID token, for any provider with a discovery document. Google is one.

use oauth2::AuthType;
use serde_json::{Map, Value};

use super::{
    Endpoints, Provider, Providers, Shown,
    error::{OAuthError, Result},
    issuers::OFFLINE,
    profile::Profile,
};
use crate::{
    config::{Offline, OpenIdConnect},
    error::wordings,
};

/// Where to go, with these scopes and what asks for leave to ask again later.
pub(super) async fn endpoints(
    providers: &Providers,
    issuer: &str,
    mut scopes: Vec<String>,
    offline: Offline,
) -> Result<Endpoints> {
    let document = providers.issuers.document(issuer).await?;
    let lacks = |name: &str| {
        OAuthError::failed(
            "the provider's discovery document cannot be used",
            format!("the discovery document of {issuer} has no {name}"),
        )
    };
    let asked_for = scopes.iter().any(|it| it == OFFLINE);
    let wanted = providers.asks_again && offline != Offline::Never && document.offline;
    if wanted && !asked_for {
        scopes.push(OFFLINE.to_owned());
    }
    let mut extra = Vec::new();
    if (wanted || asked_for) && offline == Offline::Consent {
        extra.push(("prompt", "consent".to_owned()));
    }
    let endpoint = |it: &Option<String>, name| it.clone().ok_or_else(|| lacks(name));
    Ok(Endpoints {
        authorize: endpoint(&document.authorization_endpoint, "authorization_endpoint")?,
        token: endpoint(&document.token_endpoint, "token_endpoint")?,
        auth: if document.basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        },
        scopes,
        extra,
    })
}

/// What the ID token says, and what the provider says besides about the same person.
struct Said {
    issuer: String,
    subject: String,
    token: Map<String, Value>,
    more: Map<String, Value>,
}

impl Said {
    /// A claim by its name, or by the path to it where dots separate members.
    fn claim(&self, name: &str) -> Option<&Value> {
        [&self.token, &self.more].into_iter().find_map(|claims| {
            claims.get(name).or_else(|| {
                let mut parts = name.split('.');
                let first = claims.get(parts.next()?)?;
                parts.try_fold(first, |value, part| value.get(part))
            })
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        self.claim(name)?.as_str().map(str::to_owned)
    }

    /// An address, and whether the provider vouches for it.
    fn email(&self) -> (Option<String>, bool) {
        let said = |claims: &Map<String, Value>| {
            let email = claims.get("email")?.as_str()?.to_owned();
            let verified = match claims.get("email_verified") {
                Some(Value::Bool(verified)) => *verified,
                Some(Value::String(word)) => word == "true",
                _ => false,
            };
            Some((email, verified))
        };
        match (said(&self.token), said(&self.more)) {
            // Either may vouch, but for the same address only.
            (Some((email, verified)), Some((other, also))) => {
                let verified = verified || (also && other == email);
                (Some(email), verified)
            }
            (Some((email, verified)), None) | (None, Some((email, verified))) => {
                (Some(email), verified)
            }
            (None, None) => (None, false),
        }
    }

    fn groups(&self, name: &str) -> Vec<String> {
        match self.claim(name) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// Checks the ID token, and asks for what it leaves out. Somebody who is known may come without one.
async fn said(
    provider: Provider<'_>,
    issuer: &str,
    shown: &Shown<'_>,
    needed: &[&str],
) -> Result<Said> {
    let issuers = &provider.all.issuers;
    let audience = provider.config.client.id.expose();
    let mut said = match (shown.id_token, shown.known) {
        (Some(token), _) => {
            let claims = issuers
                .read(issuer, token, audience, shown.nonce, shown.now)
                .await?;
            Said {
                issuer: claims.issuer,
                subject: claims.subject,
                token: claims.all,
                more: Map::new(),
            }
        }
        (None, Some(subject)) => Said {
            issuer: issuers.document(issuer).await?.issuer.clone(),
            subject: subject.to_owned(),
            token: Map::new(),
            more: Map::new(),
        },
        (None, None) => {
            return Err(OAuthError::failed(
                "the provider's ID token is not valid",
                format!(
                    "{} gave no ID token: is the scope openid allowed there?",
                    provider.key()
                ),
            ));
        }
    };
    let document = issuers.document(issuer).await?;
    let whole = needed.iter().all(|name| said.claim(name).is_some());
    if let Some(url) = document.userinfo_endpoint.as_ref().filter(|_| !whole) {
        let more = provider.http().json(url, Some(shown.access)).await?;
        // Whoever swaps the access token must not swap the person.
        if more.get("sub").and_then(Value::as_str) != Some(said.subject.as_str()) {
            return Err(OAuthError::failed(
                "the provider contradicts itself",
                format!("{url} speaks of somebody else than the ID token"),
            ));
        }
        if let Value::Object(more) = more {
            said.more = more;
        }
    }
    Ok(said)
}

/// What was said at the login by an ID token, and is not said now that there is none, is unknown.
fn unsaid(provider: Provider<'_>, name: &str) -> OAuthError {
    OAuthError::failed(
        "the provider leaves out what it said at the login",
        format!("{} gave neither an ID token nor {name}", provider.key()),
    )
}

pub(super) async fn profile(
    provider: Provider<'_>,
    config: &OpenIdConnect,
    shown: &Shown<'_>,
) -> Result<Profile> {
    let wanted = [
        &config.username_claim,
        &config.name_claim,
        &config.groups_claim,
    ];
    let mut needed = vec!["email", "email_verified"];
    needed.extend(wanted.into_iter().flatten().map(String::as_str));
    let said = said(provider, &config.issuer, shown, &needed).await?;
    let (email, verified) = said.email();
    let text = |claim: &Option<String>| claim.as_deref().and_then(|name| said.text(name));
    let profile = Profile {
        provider: provider.key().to_owned(),
        email_verified: verified || (config.assume_verified && email.is_some()),
        email,
        username: text(&config.username_claim),
        name: text(&config.name_claim),
        groups: config
            .groups_claim
            .as_deref()
            .filter(|name| shown.id_token.is_some() || said.claim(name).is_some())
            .map(|name| said.groups(name)),
        issuer: said.issuer.clone(),
        subject: said.subject.clone(),
    };
    provider.in_domain(&profile)?;
    if config.group.is_some() && config.groups_claim.is_some() && profile.groups.is_none() {
        return Err(unsaid(provider, "groups"));
    }
    if let Some(group) = &config.group
        && !profile.groups.iter().flatten().any(|it| it == group)
    {
        return Err(OAuthError::Refused(
            wordings::OTHER_GROUP.with(&[&provider.kind()]),
        ));
    }
    Ok(profile)
}

pub(super) async fn google(
    provider: Provider<'_>,
    issuer: &str,
    hosted_domain: Option<&str>,
    shown: &Shown<'_>,
) -> Result<Profile> {
    let needed = ["email", "email_verified"];
    let said = said(provider, issuer, shown, &needed).await?;
    let (email, email_verified) = said.email();
    let profile = Profile {
        provider: provider.key().to_owned(),
        email,
        email_verified,
        username: None,
        name: said.text("name"),
        groups: None,
        issuer: said.issuer.clone(),
        subject: said.subject.clone(),
    };
    provider.in_domain(&profile)?;
    // The parameter only suggests an account; this claim alone says whose it is.
    let hosted = said.token.get("hd").and_then(Value::as_str);
    if hosted_domain.is_some() && shown.id_token.is_none() {
        return Err(unsaid(provider, "hd"));
    }
    if hosted_domain.is_some() && hosted != hosted_domain {
        return Err(OAuthError::barred(
            "Invalid hosted domain",
            "the account is not of oauth.google_oauth2.options.hd",
        ));
    }
    Ok(profile)
}
