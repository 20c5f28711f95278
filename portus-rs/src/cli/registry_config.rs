//! `registry-config`: the registry's side of the contract, as YAML or as variables of its environment.

use std::path::{Path, PathBuf};

use crate::{
    actions::registries,
    app::App,
    entities::registry,
    identity::actor::Actor,
    protocol::stanza::{Form, Secret, Stanza, USUAL_BUNDLE},
    queries::by_name,
};

use super::{
    console::{complain, say},
    context::Session,
    failure::{Failure, Outcome},
};

/// What the registry needs to know of us.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Host name and port of the registry, when there are several or its row is yet to be created
    #[arg(long, value_name = "HOST")]
    hostname: Option<String>,
    /// Print variables for the registry's environment: lines for docker's --env-file, or exports for a shell
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "docker", value_parser = ["docker", "shell"])]
    env: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "Where the registry reaches this service, when it is not machine_fqdn.external_url"
    )]
    url: Option<String>,
    /// Make a new secret for notifications; the one before ends with it
    #[arg(long)]
    new_secret: bool,
    /// Write the certificates to this file, and name it in the stanza
    #[arg(long, value_name = "PATH")]
    bundle: Option<PathBuf>,
    /// Print the certificates alone: the content of the registry's rootcertbundle
    #[arg(long, conflicts_with_all = ["env", "url", "new_secret", "bundle", "hostname"])]
    certificate: bool,
    /// Do not have pulls reported; nothing is known then of who pulled what and when
    #[arg(long)]
    no_pulls: bool,
}

pub async fn print(session: &Session, options: Options) -> Outcome {
    if options.certificate {
        let keys = session.keys(&crate::clock::Clock::default())?;
        let pem = keys.bundle_pem()?;
        if pem.is_empty() {
            return Err(Failure::aborted(format!(
                "no certificate belongs to the key in {}; PORTUS_CERT_PATH names one",
                keys.key_file.display()
            )));
        }
        say(pem.trim_end());
        return Ok(());
    }
    let url = match &options.url {
        Some(url) => Some(checked(url)?),
        None => None,
    };
    session.warn()?;
    let app = session.app().await?;
    let row = choose(&app, options.hostname.as_deref()).await?;
    let secret = secret(&app, row.as_ref(), options.new_secret).await?;
    let bundle = match &options.bundle {
        Some(path) => {
            write_bundle(&app, path)?;
            std::path::absolute(path).unwrap_or_else(|_| path.clone())
        }
        None => PathBuf::from(USUAL_BUNDLE),
    };
    let service = match (&row, options.hostname) {
        (Some(row), _) => row.hostname.clone(),
        (None, hostname) => hostname.unwrap_or_default(),
    };
    let stanza = Stanza {
        base: url.unwrap_or_else(|| app.config.public_url()),
        service,
        issuer: app.config.machine_fqdn.value.clone(),
        bundle: bundle.display().to_string(),
        bundle_written: options.bundle.is_some(),
        certified: !app.keys.bundle.is_empty(),
        secret,
        renewal: "`--new-secret`".to_owned(),
        pulls: !options.no_pulls,
    };
    say(match options.env.as_deref() {
        None => stanza.yaml(),
        Some("shell") => stanza.variables(Form::Shell),
        Some(_) => stanza.variables(Form::Docker),
    });
    Ok(())
}

fn checked(url: &str) -> Result<String, Failure> {
    let good = url::Url::parse(url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.host().is_some() && url.query().is_none()
    });
    if good {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(Failure::aborted(format!(
            "--url '{url}' is no address: write https://HOST[:PORT][/PATH]"
        )))
    }
}

/// The row that is meant; none only for a named registry that has none yet.
async fn choose(app: &App, hostname: Option<&str>) -> Result<Option<registry::Model>, Failure> {
    if let Some(hostname) = hostname {
        if let Some(row) = by_name::registry(&app.database, hostname).await? {
            return Ok(Some(row));
        }
        crate::queries::registries::check("new", hostname, None).into_result()?;
        return Ok(None);
    }
    let mut rows = by_name::registries(&app.database).await?;
    match rows.len() {
        0 => Err(Failure::aborted(
            "there is no registry yet: create it with portus:create_registry[NAME,HOST:PORT,USE_SSL], \
             or name it with --hostname HOST:PORT",
        )),
        1 => Ok(rows.pop()),
        _ => {
            let names: Vec<&str> = rows.iter().map(|row| row.hostname.as_str()).collect();
            Err(Failure::aborted(format!(
                "there are several registries; choose one with --hostname: {}",
                names.join(", ")
            )))
        }
    }
}

/// A secret can be shown only when it is made, because only its hash is kept.
async fn secret(app: &App, row: Option<&registry::Model>, renew: bool) -> Result<Secret, Failure> {
    let Some(row) = row else {
        if renew {
            return Err(Failure::aborted(
                "there is no row of this registry to keep a secret in: create it first with \
                 portus:create_registry[NAME,HOST:PORT,USE_SSL]",
            ));
        }
        return Ok(Secret::NoRow);
    };
    if row.events_secret_sha256.is_some() && !renew {
        return Ok(Secret::Known);
    }
    let plain = registries::renew_events_secret(app, &Actor::Operator, row.id).await?;
    if row.events_secret_sha256.is_some() {
        complain(
            "portus-rs: the former secret of this registry ends now; restart the registry with the new one",
        );
    }
    Ok(Secret::Shown(plain))
}

fn write_bundle(app: &App, path: &Path) -> Outcome {
    let pem = app.keys.bundle_pem()?;
    if pem.is_empty() {
        return Err(Failure::aborted(format!(
            "--bundle: no certificate belongs to the key in {}; PORTUS_CERT_PATH names one",
            app.keys.key_file.display()
        )));
    }
    std::fs::write(path, pem).map_err(|error| {
        Failure::aborted(format!(
            "--bundle: cannot write {}: {error}",
            path.display()
        ))
    })
}
