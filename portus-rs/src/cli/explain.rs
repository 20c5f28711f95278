//! `explain`: the answer to a token request and the rule behind it, for people.

use crate::{
    app::App,
    identity::actor::Account,
    policy::{Reach, Rule, Who},
    protocol::scope::ScopeRequest,
    queries::{
        application_tokens, by_name,
        explain::{self, Candour},
    },
};

use super::{
    console::say,
    context::Session,
    failure::{Failure, Outcome},
};

/// Why somebody may or may not do something in a registry.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// User name, or - for somebody who has not logged in
    user: String,
    /// As docker asks for it: repository:NAME:ACTIONS, where ACTIONS is pull, push, delete or several with commas
    #[arg(required = true)]
    scope: Vec<String>,
    /// What it looks like through the user's application token of this name, with its limits
    #[arg(long, value_name = "APPLICATION")]
    token: Option<String>,
    /// The registry's service (its host name); by default the oldest registry's
    #[arg(long, value_name = "HOST")]
    service: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn print(session: &Session, options: Options) -> Outcome {
    let request = ScopeRequest::parse(options.scope.iter().map(String::as_str));
    if request.dropped > 0 {
        return Err(Failure::aborted(
            "this is no scope: write repository:NAME:ACTIONS, such as repository:team/app:pull,push",
        ));
    }
    let app = session.app().await?;
    let account = if options.user == "-" {
        None
    } else {
        let row = by_name::user(&app.database, &options.user).await?;
        let row = row.ok_or_else(|| {
            Failure::aborted(format!(
                "there is no user '{}'; '-' stands for somebody who has not logged in",
                options.user
            ))
        })?;
        Some(Account::from(&row))
    };
    let asking = asking(&app, options.token.as_deref(), account.as_ref()).await?;
    let found = explain::token(
        &app,
        (account.as_ref(), asking),
        options.service,
        &request,
        Candour::Full,
    )
    .await?;
    if options.json {
        let document = serde_json::to_value(&found).map_err(anyhow::Error::from)?;
        say(format!("{document:#}"));
        return Ok(());
    }
    let service = &found.service;
    if !found.registry_known {
        say(sentence("nothing is granted", Rule::UnknownRegistry));
        let known: Vec<String> = by_name::registries(&app.database)
            .await?
            .into_iter()
            .map(|row| row.hostname)
            .collect();
        say(format!("  asked: {service}\n  known: {}", known.join(", ")));
        return Ok(());
    }
    let who = found
        .user
        .as_deref()
        .unwrap_or("somebody who has not logged in");
    say(format!("{who} at {service}:"));
    if let Some(reason) = &found.cannot_log_in {
        say(format!("  gets no token at all: {reason}"));
        return Ok(());
    }
    for decision in &found.decisions {
        let may = if decision.reason.granted {
            "may"
        } else {
            "may not"
        };
        let what = format!("{may} {} {}", decision.action, decision.name);
        say(format!("  {}", sentence(&what, decision.reason.rule)));
    }
    Ok(())
}

/// Whoever is asked about, through the token that is asked about.
async fn asking(app: &App, token: Option<&str>, account: Option<&Account>) -> Result<Who, Failure> {
    match (token, account) {
        (Some(application), Some(account)) => {
            let found = application_tokens::named(app, account.id, application).await?;
            let token = found.ok_or_else(|| {
                Failure::aborted(format!(
                    "{} has no application token '{application}'",
                    account.username
                ))
            })?;
            let reach = Reach {
                scope: token.scope,
                namespace: token.namespace_id,
                ends: token.expires_at.is_some(),
            };
            Ok(Who::with(account.id, account.admin, reach))
        }
        (Some(_), None) => Err(Failure::aborted(
            "somebody who has not logged in has no application token",
        )),
        (None, Some(account)) => Ok(Who::with(account.id, account.admin, Reach::FULL)),
        (None, None) => Ok(Who::Anonymous),
    }
}

fn sentence(what: &str, rule: Rule) -> String {
    match rule.remedy() {
        Some(remedy) => format!("{what}: {rule}\n    to change that: {remedy}"),
        None => format!("{what}: {rule}"),
    }
}
