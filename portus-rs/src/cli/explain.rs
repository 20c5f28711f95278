//! `explain`: the answer to a token request and the rule behind it, for people.

use crate::{
    app::App,
    identity::{actor::Account, credentials},
    policy::{Reach, Rule, Who},
    protocol::scope::ScopeRequest,
    queries::{access, application_tokens, by_name},
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
    let service = match options.service {
        Some(service) => service,
        None => by_name::registries(&app.database)
            .await?
            .into_iter()
            .next()
            .map(|row| row.hostname)
            .ok_or_else(|| {
                Failure::aborted(
                    "there is no registry yet: create it with portus:create_registry[NAME,HOST:PORT,USE_SSL]",
                )
            })?,
    };
    let facts = app.present.facts().await?;
    let asking = asking(&app, options.token.as_deref(), account.as_ref()).await?;
    let answer = access::decide_for(&facts, &app.rules, asking, &service, &request).await?;
    let who = account
        .as_ref()
        .map_or("somebody who has not logged in", |account| {
            &account.username
        });
    let unable = account
        .as_ref()
        .and_then(|account| credentials::usable(&app, account).err())
        .map(|error| error.to_string());
    if options.json {
        let decisions: Vec<serde_json::Value> = answer
            .grant
            .decisions
            .iter()
            .map(|decision| {
                let scope = &request.scopes[decision.scope];
                serde_json::json!({
                    "name": scope.name,
                    "action": decision.action.as_str(),
                    "granted": decision.verdict.granted && unable.is_none(),
                    "rule": decision.verdict.rule,
                    "text": decision.verdict.rule.text(),
                    "remedy": decision.verdict.rule.remedy(),
                })
            })
            .collect();
        let document = serde_json::json!({
            "user": account.as_ref().map(|account| &account.username),
            "service": service,
            "registry_known": answer.registry.is_some(),
            "cannot_log_in": unable,
            "decisions": decisions,
        });
        say(format!("{document:#}"));
        return Ok(());
    }
    if answer.registry.is_none() {
        say(sentence("nothing is granted", Rule::UnknownRegistry));
        let known: Vec<String> = by_name::registries(&app.database)
            .await?
            .into_iter()
            .map(|row| row.hostname)
            .collect();
        say(format!("  asked: {service}\n  known: {}", known.join(", ")));
        return Ok(());
    }
    say(format!("{who} at {service}:"));
    if let Some(reason) = &unable {
        say(format!("  gets no token at all: {reason}"));
    }
    for decision in &answer.grant.decisions {
        let scope = &request.scopes[decision.scope];
        let may = if decision.verdict.granted {
            "may"
        } else {
            "may not"
        };
        let what = format!("{may} {} {}", decision.action.as_str(), scope.name);
        say(format!("  {}", sentence(&what, decision.verdict.rule)));
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
