//! `portus:update_tags`: what the registry could tell of tags and we do not know.

use std::{collections::HashMap, sync::Arc};

use crate::{
    actions::{
        catalog::{self, Findings, Found},
        manifests::{self, Described},
    },
    app::App,
    entities::registry,
    jobs::manifest_details,
    queries::{
        by_name,
        stale_tags::{self, StaleTag},
    },
    remote::RegistryClient,
};

use super::{
    console::{agrees, say},
    context::Session,
    failure::{Failure, Outcome},
    progress,
    tasks::Arguments,
};

const WARNING: &str = "\
This rake task may take a while depending on how many images have been stored
in your private registry. If you are running this in production it's
recommended that the registry is running in \"readonly\" mode, so there are no
race conditions with concurrent accesses.
";

pub async fn update(session: &Session, arguments: Arguments) -> Outcome {
    let forced = session.loaded()?.config.process.force_digest_update;
    say(WARNING);
    if !forced && !agrees("Are you sure that you want to proceed with this ? (y/n) ") {
        return Ok(());
    }
    let all = matches!(
        arguments.get("update").to_lowercase().as_str(),
        "t" | "true"
    );
    let app = session.app().await?;
    let registries: HashMap<i64, registry::Model> = by_name::registries(&app.database)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    if registries.is_empty() {
        return Err(Failure::answer(1, "No registry has been configured!"));
    }
    let total = stale_tags::count(&app.database, all).await?;
    if total == 0 {
        say("There are no tags to be updated.");
        return Ok(());
    }
    say(format!("Updating a total of {total} tags..."));
    let bar = progress::bar(Some(total));
    let (mut after, mut number) = (0, 0_u64);
    loop {
        let page = stale_tags::after(&app.database, all, after).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for stale in &page {
            number += 1;
            let name = stale.repository();
            bar.suspend(|| say(format!("[{number}/{total}] Updating {name}/{}", stale.name)));
            if let Some(registry) = registries.get(&stale.registry_id)
                && let Err(error) = one(&app, registry, stale, &name).await
            {
                bar.suspend(|| say(format!("Could not get the manifest for {name}: {error}")));
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    say("");
    Ok(())
}

async fn one(
    app: &Arc<App>,
    registry: &registry::Model,
    stale: &StaleTag,
    name: &str,
) -> Result<(), crate::error::Error> {
    let read_at = app.clock.now();
    let client = RegistryClient::new(app, registry);
    let (read, children) = manifest_details::read(&client, name, &stale.name).await?;
    let findings = Findings {
        repository: name.to_owned(),
        found: vec![Found {
            tag: stale.name.clone(),
            digest: read.manifest.digest.clone(),
            read: None,
        }],
        ..Findings::default()
    };
    let applied = catalog::apply(app, registry, &findings, read_at).await?;
    match applied.repository_id {
        Some(repository_id) => {
            let described = Described {
                repository_id,
                read,
                children,
            };
            manifests::describe(app, &[described]).await
        }
        None => Err(crate::error::Error::Refused(
            "events of it wait to be applied; they will bring the details".to_owned(),
        )),
    }
}
