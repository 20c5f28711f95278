//! GitLab, hosted anywhere.

use oauth2::AuthType;
use serde_json::Value;

use super::{
    Endpoints, Provider,
    error::{OAuthError, Result},
    profile::Profile,
};

pub(super) fn endpoints(server: &str, groups: bool) -> Endpoints {
    // Groups are told only to those who may read more than the user.
    let scopes: &[&str] = if groups {
        &["read_user", "read_api"]
    } else {
        &["read_user"]
    };
    Endpoints {
        authorize: format!("{server}/oauth/authorize"),
        token: format!("{server}/oauth/token"),
        auth: AuthType::RequestBody,
        scopes: scopes.iter().map(|it| (*it).to_owned()).collect(),
        extra: Vec::new(),
    }
}

pub(super) async fn profile(
    provider: Provider<'_>,
    server: &str,
    access: &str,
    group: Option<&str>,
) -> Result<Profile> {
    let http = provider.http();
    let user = http
        .json(&format!("{server}/api/v4/user"), Some(access))
        .await?;
    let text = |name: &str| user.get(name).and_then(Value::as_str).map(str::to_owned);
    if text("state").is_some_and(|it| it != "active") {
        return Err(OAuthError::closed("its state is not active"));
    }
    let email = text("email").filter(|it| !it.is_empty());
    let profile = Profile {
        provider: provider.key().to_owned(),
        issuer: server.to_owned(),
        subject: user
            .get("id")
            .and_then(Value::as_i64)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        // Set once the address was confirmed by mail, or by an admin of the server.
        email_verified: email.is_some() && text("confirmed_at").is_some(),
        email,
        username: text("username"),
        name: text("name"),
        groups: None,
    };
    provider.in_domain(&profile)?;
    if let Some(group) = group {
        let url = format!("{server}/api/v4/groups?per_page=100&min_access_level=10");
        let is =
            |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str) == Some(group);
        let member = http
            .any(&url, access, |entry| {
                is(entry, "full_path") || is(entry, "name")
            })
            .await?;
        if !member {
            return Err(OAuthError::Refused(
                "The Gitlab account isn't in allowed group.".to_owned(),
            ));
        }
    }
    Ok(profile)
}
