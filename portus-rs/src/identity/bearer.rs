//! `Authorization: Bearer` with a registry token of our own, as `docker search` presents it.

use std::sync::Arc;

use super::{actor::Account, credentials, names};
use crate::{
    app::App,
    error::{Error, Result},
    protocol::{
        scope::{Access, AccessKind, Action},
        token::{self, Claims, Expected, TokenError},
    },
    queries::facts::Facts,
};

/// Whoever a token that grants searching belongs to, as the account is now; `None` where it is nobody's, or good for
/// something else.
pub async fn check_search(app: &App, facts: &Facts, given: &str) -> Result<Option<Arc<Account>>> {
    let refused = || {
        Error::NotSignedIn(
            "this registry token is not valid for searching: run `docker login` again".to_owned(),
        )
    };
    let claims = read(app, facts, given).await?.ok_or_else(refused)?;
    if claims.sub.is_empty() || !claims.access.iter().flatten().any(is_search) {
        return Ok(None);
    }
    let login = facts.login(&names::canonical(&claims.sub)).await?;
    let account = login.ok_or_else(refused)?.account;
    credentials::usable(app, &account)?;
    Ok(Some(account))
}

fn is_search(access: &Access) -> bool {
    let enough = |action: &Action| matches!(action, Action::Search | Action::All);
    access.kind == AccessKind::Registry
        && access.name == "catalog"
        && access.actions.iter().any(enough)
}

/// The claims of a token that we made for one of our registries.
async fn read(app: &App, facts: &Facts, given: &str) -> Result<Option<Claims>> {
    let keys = [app.keys.signing.verifying_key().clone()];
    for registry in facts.all_registries().await?.iter() {
        let services = [
            Some(registry.hostname.as_str()),
            registry.external_hostname.as_deref(),
        ];
        for service in services.into_iter().flatten() {
            let expected = Expected {
                issuer: &app.config.machine_fqdn.value,
                service,
                now: app.clock.now(),
            };
            match token::verify(given, &keys, expected) {
                Ok(claims) => return Ok(Some(claims)),
                Err(TokenError::Elsewhere) => {}
                Err(_) => return Ok(None),
            }
        }
    }
    Ok(None)
}
