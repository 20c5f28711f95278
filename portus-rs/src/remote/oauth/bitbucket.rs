//! Bitbucket Cloud.

use oauth2::AuthType;
use reqwest::StatusCode;
use serde_json::Value;

use super::{
    Endpoints, Provider,
    error::{OAuthError, Result},
    profile::Profile,
};

pub(super) fn endpoints(server: &str) -> Endpoints {
    Endpoints {
        authorize: format!("{server}/site/oauth2/authorize"),
        token: format!("{server}/site/oauth2/access_token"),
        auth: AuthType::BasicAuth,
        scopes: ["account", "email"].map(str::to_owned).into(),
        extra: Vec::new(),
    }
}

fn api(server: &str) -> String {
    if server == "https://bitbucket.org" {
        "https://api.bitbucket.org/2.0".to_owned()
    } else {
        format!("{server}/2.0")
    }
}

pub(super) async fn profile(
    provider: Provider<'_>,
    server: &str,
    access: &str,
    workspace: Option<&str>,
) -> Result<Profile> {
    let (http, api) = (provider.http(), api(server));
    let user = http.json(&format!("{api}/user"), Some(access)).await?;
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let uuid = text(&user, "uuid").unwrap_or_default();
    if text(&user, "account_status").is_some_and(|it| it != "active") {
        return Err(OAuthError::closed("its account_status is not active"));
    }
    let emails = http
        .json(&format!("{api}/user/emails"), Some(access))
        .await?;
    let emails = emails.get("values").and_then(Value::as_array);
    let is = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_bool) == Some(true);
    let email = emails
        .into_iter()
        .flatten()
        .find(|entry| is(entry, "is_primary") && is(entry, "is_confirmed"))
        .and_then(|entry| text(entry, "email"));
    let profile = Profile {
        provider: provider.key().to_owned(),
        issuer: server.to_owned(),
        email_verified: email.is_some(),
        email,
        username: text(&user, "username"),
        name: text(&user, "display_name"),
        groups: None,
        subject: uuid.clone(),
    };
    provider.in_domain(&profile)?;
    if let Some(workspace) = workspace {
        let encoded = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let url = format!(
            "{api}/workspaces/{}/members/{}",
            encoded(workspace),
            encoded(&uuid)
        );
        let answer = http.get(&url, Some(access)).await?;
        // Whoever is not in a workspace may not ask about it.
        let absent = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN];
        if absent.contains(&answer.status) || !names(&answer.json(&url)?, &uuid) {
            return Err(OAuthError::barred(
                "Invalid team",
                "the account is not in the workspace of oauth.bitbucket.options.team",
            ));
        }
    }
    Ok(profile)
}

/// Whether a membership is this person's.
fn names(membership: &Value, uuid: &str) -> bool {
    let user = membership.get("user").and_then(|it| it.get("uuid"));
    !uuid.is_empty() && user.and_then(Value::as_str) == Some(uuid)
}
