//! GitHub, and GitHub Enterprise Server: OAuth 2 with a REST interface of its own.

use oauth2::AuthType;
use serde_json::Value;

use super::{
    Endpoints, Provider,
    error::{OAuthError, Result},
    profile::Profile,
};

/// Whom the restrictions let in.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub organization: Option<&'a str>,
    pub team: Option<&'a str>,
}

pub(super) fn endpoints(server: &str) -> Endpoints {
    Endpoints {
        authorize: format!("{server}/login/oauth/authorize"),
        token: format!("{server}/login/oauth/access_token"),
        auth: AuthType::RequestBody,
        scopes: ["read:user", "user:email", "read:org"]
            .map(str::to_owned)
            .into(),
        extra: Vec::new(),
    }
}

fn api(server: &str) -> String {
    if server == "https://github.com" {
        "https://api.github.com".to_owned()
    } else {
        format!("{server}/api/v3")
    }
}

pub(super) async fn profile(
    provider: Provider<'_>,
    server: &str,
    access: &str,
    wanted: Wanted<'_>,
) -> Result<Profile> {
    let (http, api) = (provider.http(), api(server));
    let user = http.json(&format!("{api}/user"), Some(access)).await?;
    let text = |name: &str| user.get(name).and_then(Value::as_str).map(str::to_owned);
    // Told by GitHub Enterprise Server.
    if text("suspended_at").is_some() {
        return Err(OAuthError::closed("it has a suspended_at"));
    }
    let mut email = None;
    // The address on the profile may be anybody's; these are checked by mail.
    http.any(
        &format!("{api}/user/emails?per_page=100"),
        access,
        |entry| {
            let is = |name: &str| entry.get(name).and_then(Value::as_bool) == Some(true);
            if is("primary") && is("verified") {
                email = entry
                    .get("email")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
            }
            email.is_some()
        },
    )
    .await?;
    let profile = Profile {
        provider: provider.key().to_owned(),
        issuer: server.to_owned(),
        subject: user
            .get("id")
            .and_then(Value::as_i64)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        email_verified: email.is_some(),
        email,
        username: text("login"),
        name: text("name"),
        groups: None,
    };
    provider.in_domain(&profile)?;
    check(provider, &api, access, wanted).await?;
    Ok(profile)
}

async fn check(provider: Provider<'_>, api: &str, access: &str, wanted: Wanted<'_>) -> Result<()> {
    let login_of = |organization: &Value| {
        organization
            .get("login")
            .and_then(Value::as_str)
            .map(str::to_lowercase)
    };
    let organization = wanted.organization.map(str::to_lowercase);
    let (url, refusal) = match (wanted.team, &organization) {
        (None, None) => return Ok(()),
        (Some(_), _) => ("teams", "The Github account isn't in allowed team."),
        (None, Some(_)) => ("orgs", "The Github account isn't in allowed organization."),
    };
    let member = |entry: &Value| match wanted.team {
        None => login_of(entry) == organization,
        Some(team) => {
            let named = |field: &str| entry.get(field).and_then(Value::as_str) == Some(team);
            organization.is_some()
                && entry.get("organization").and_then(login_of) == organization
                && (named("slug") || named("name"))
        }
    };
    let url = format!("{api}/user/{url}?per_page=100");
    if provider.http().any(&url, access, member).await? {
        Ok(())
    } else {
        Err(OAuthError::Refused(refusal.to_owned()))
    }
}
