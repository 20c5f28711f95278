//! Tasks about registries.

use crate::{
    actions::registries::{self, NewRegistry},
    identity::actor::Actor,
    queries::by_name,
};

use super::{
    context::Session,
    failure::{Failure, Outcome},
    tasks::Arguments,
};

/// `portus:create_registry`.
pub async fn create(session: &Session, arguments: Arguments) -> Outcome {
    arguments.check_count()?;
    let use_ssl = arguments.boolean("use_ssl")?;
    let external = arguments.given("external").filter(|text| !text.is_empty());
    let new = NewRegistry {
        name: arguments.get("name").to_owned(),
        hostname: arguments.get("hostname").to_owned(),
        use_ssl,
        external_hostname: external.map(str::to_owned),
        ..NewRegistry::default()
    };
    let app = session.app().await?;
    let existing = by_name::registries(&app.database).await?;
    if existing
        .iter()
        .any(|row| row.name == new.name || row.hostname == new.hostname)
    {
        return Err(Failure::answer(
            255,
            "There is already a registry configured!",
        ));
    }
    crate::queries::registries::check(&new.name, &new.hostname, external).into_result()?;
    if !arguments.has("force")
        && let Err(error) = app.registries.reachable(&new.hostname, new.use_ssl).await
    {
        return Err(Failure::answer(
            255,
            format!(
                "\nRegistry not reachable:\nname={} hostname={} use_ssl={} external_hostname={}\n{error}",
                new.name,
                new.hostname,
                new.use_ssl,
                new.external_hostname.as_deref().unwrap_or_default(),
            ),
        ));
    }
    registries::create(&app, &Actor::Operator, new).await?;
    Ok(())
}
