//! `client`: asks the registry itself, as `bin/client.rb` did.

use crate::{
    app::App,
    entities::registry,
    protocol::digest::Digest,
    queries::by_name,
    remote::{RegistryClient, RegistryError},
};

use super::{
    console::say,
    context::Session,
    failure::{Failure, Outcome},
};

/// What to ask the registry.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Commands:
  catalog                            list every repository with its tags
  manifest NAME[:TAG]                print an image's manifest
  delete NAME DIGEST blobs|manifests delete from the registry, whoever needs it
  ping [HOST:PORT [use_ssl]]         say whether a registry answers")]
pub struct Options {
    /// catalog, manifest, delete or ping
    command: Option<String>,
    /// What the command takes
    words: Vec<String>,
    /// The registry's host name; by default the oldest registry
    #[arg(long, value_name = "HOST")]
    registry: Option<String>,
    /// Print JSON (catalog)
    #[arg(long)]
    json: bool,
}

const NO_REGISTRY: &str = "No registry has been configured!";

pub async fn ask(session: &Session, options: Options) -> Outcome {
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match options.command.as_deref() {
        Some("ping") => ping(session, &options, &words).await,
        Some(command @ ("catalog" | "manifest" | "delete")) => {
            // Before anything is opened, so that a slip costs nothing.
            let deed = Deed::read(command, &words)?;
            let app = session.app().await?;
            let row = configured(&app, options.registry.as_deref()).await?;
            deed.perform(&RegistryClient::new(&app, &row), options.json)
                .await
        }
        _ => Err(Failure::answer(
            1,
            "Valid commands: catalog, delete, manifest and ping.",
        )),
    }
}

async fn configured(app: &App, hostname: Option<&str>) -> Result<registry::Model, Failure> {
    let row = match hostname {
        Some(hostname) => by_name::registry(&app.database, hostname).await?,
        None => by_name::registries(&app.database).await?.into_iter().next(),
    };
    row.ok_or_else(|| Failure::answer(1, NO_REGISTRY))
}

enum Deed<'a> {
    Catalog,
    Manifest { name: &'a str, tag: &'a str },
    DeleteManifest { name: &'a str, digest: &'a str },
    DeleteBlob { name: &'a str, digest: Digest },
}

impl<'a> Deed<'a> {
    fn read(command: &str, words: &[&'a str]) -> Result<Self, Failure> {
        match (command, words) {
            ("catalog", _) => Ok(Self::Catalog),
            ("manifest", [image, ..]) => {
                let (name, tag) = name_and_tag(image);
                Ok(Self::Manifest { name, tag })
            }
            ("manifest", []) => Err(Failure::answer(
                1,
                "You have to at least specify the name of the image",
            )),
            (_, [name, digest, "manifests"]) => Ok(Self::DeleteManifest { name, digest }),
            (_, [name, digest, "blobs"]) => {
                let digest = Digest::parse(digest).map_err(|_| {
                    Failure::aborted(format!("'{digest}' is no digest: write sha256:…"))
                })?;
                Ok(Self::DeleteBlob { name, digest })
            }
            (_, [_, _, kind]) => Err(Failure::answer(
                1,
                format!("Unknown {kind} object. Only available: blobs and manifests."),
            )),
            _ => Err(Failure::answer(
                1,
                "usage: delete <name> <digest> blobs/manifests",
            )),
        }
    }

    async fn perform(&self, registry: &RegistryClient<'_>, json: bool) -> Outcome {
        match self {
            Self::Catalog => catalog(registry, json).await,
            Self::Manifest { name, tag } => manifest(registry, name, tag).await,
            Self::DeleteManifest { name, digest } => {
                registry
                    .delete_manifest(name, digest)
                    .await
                    .map_err(failed)?;
                say(format!("Deleted {name}@{digest}"));
                Ok(())
            }
            Self::DeleteBlob { name, digest } => {
                registry.delete_blob(name, digest).await.map_err(failed)?;
                say(format!("Deleted {name}@{digest}"));
                Ok(())
            }
        }
    }
}

fn failed(error: RegistryError) -> Failure {
    Failure::aborted(error)
}

/// A name with a port in it keeps it: only what stands behind the last slash can be a tag.
fn name_and_tag(image: &str) -> (&str, &str) {
    match image.rsplit_once([':', '@']) {
        Some((name, "sha256")) => (name, "latest"),
        Some((name, tag)) if !tag.contains('/') => match name.strip_suffix("@sha256") {
            Some(bare) => (bare, &image[bare.len() + 1..]),
            None => (name, tag),
        },
        _ => (image, "latest"),
    }
}

async fn catalog(registry: &RegistryClient<'_>, json: bool) -> Outcome {
    let mut pages = registry.catalog().map_err(failed)?;
    let mut count = 0_usize;
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.map_err(failed)? {
        for name in page {
            count += 1;
            let tags = match registry.tags(&name).await {
                // The catalog lists repositories whose last tag is gone.
                Err(RegistryError::Absent(_)) => Vec::new(),
                tags => tags.map_err(failed)?,
            };
            if json {
                all.push(serde_json::json!({"name": name, "tags": tags}));
            } else {
                say(format!("{name}: {}", tags.join(", ")));
            }
        }
    }
    if json {
        say(format!("{:#}", serde_json::Value::from(all)));
    } else {
        say(format!("Size: {count}"));
    }
    Ok(())
}

async fn manifest(registry: &RegistryClient<'_>, name: &str, tag: &str) -> Outcome {
    let fetched = registry.manifest(name, tag).await.map_err(failed)?;
    if let Some(id) = fetched.manifest.image_id() {
        let short: String = id.chars().take(12).collect();
        say(format!("Image ID: {id} (truncated as in Docker: {short})"));
    }
    say(format!("Manifest digest: {}", fetched.digest));
    match serde_json::from_slice::<serde_json::Value>(&fetched.body) {
        Ok(value) => say(format!("{value:#}")),
        Err(_) => say(String::from_utf8_lossy(&fetched.body)),
    }
    Ok(())
}

async fn ping(session: &Session, options: &Options, words: &[&str]) -> Outcome {
    let config = &session.loaded()?.config;
    let (hostname, use_ssl) = if let [host, rest @ ..] = words {
        let use_ssl = match rest {
            [] => {
                say("Beware: use_ssl omitted, assuming false.");
                false
            }
            ["use_ssl", ..] => true,
            _ => {
                say("Beware: use \"use_ssl\", assuming false.");
                false
            }
        };
        ((*host).to_owned(), use_ssl)
    } else {
        let database = session.database().await?;
        let row = match options.registry.as_deref() {
            Some(hostname) => by_name::registry(&database, hostname).await?,
            None => by_name::registries(&database).await?.into_iter().next(),
        };
        let row = row.ok_or_else(|| {
            Failure::answer(
                1,
                format!("{NO_REGISTRY}\nUsage: rails runner ping hostname:port [use_ssl]"),
            )
        })?;
        (row.hostname, row.use_ssl)
    };
    let clients = crate::remote::RegistryClients::new(config)?;
    match clients.reachable(&hostname, use_ssl).await {
        Ok(reached) => {
            say("Registry reachable");
            if let Some(warning) = reached.warning {
                super::console::complain(format!("portus-rs: {warning}"));
            }
            Ok(())
        }
        Err(error) => {
            super::console::complain(format!("portus-rs: {hostname}: {error}"));
            Err(Failure::answer(1, "Error: cannot reach the registry"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_tag_and_a_digest_is_one() {
        assert_eq!(name_and_tag("a/b"), ("a/b", "latest"));
        assert_eq!(name_and_tag("a/b:1"), ("a/b", "1"));
        assert_eq!(name_and_tag("host:5000/b"), ("host:5000/b", "latest"));
        assert_eq!(name_and_tag("a@sha256:0a"), ("a", "sha256:0a"));
    }
}
