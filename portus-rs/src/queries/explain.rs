//! Why somebody may or may not do something: the decisions themselves, for the command line and the API.

use std::sync::Arc;

use sea_orm::EntityTrait;
use serde::Serialize;

use super::{access, by_name};
use crate::{
    app::App,
    entities::{
        application_token, comment, namespace, registry, repository, tag, team, user, webhook,
    },
    error::{Error, Result},
    identity::{actor::Account, credentials},
    policy::{
        Rule, Standing, Verdict, Who,
        catalogue::{self, Action, Kind, Refusal, Thing},
    },
    protocol::scope::{self, RequestedScope, ScopeKind, ScopeRequest},
};

/// One answer and what it rests on.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    pub granted: bool,
    pub rule: Rule,
    /// What the rule says.
    pub text: &'static str,
    /// What would change the answer.
    pub remedy: Option<&'static str>,
}

impl Reason {
    fn of(verdict: Verdict, able: bool) -> Self {
        Self {
            granted: verdict.granted && able,
            rule: verdict.rule,
            text: verdict.rule.text(),
            remedy: verdict.rule.remedy(),
        }
    }
}

/// One action on the name of one scope.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    pub name: String,
    pub action: String,
    #[serde(flatten)]
    pub reason: Reason,
}

/// What a token for one scope would hold.
#[derive(Clone, Debug, Serialize)]
pub struct Granted {
    pub name: String,
    pub actions: Vec<String>,
}

/// The answer to a token request, explained.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// `None` for somebody who has not logged in.
    pub user: Option<String>,
    pub service: String,
    /// Whether any registry goes by this service.
    pub registry_known: bool,
    /// Why this account gets no token at all.
    pub cannot_log_in: Option<String>,
    pub granted: Vec<Granted>,
    pub decisions: Vec<Decision>,
}

/// How much the one who asks may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candour {
    /// Everything: an admin asks, or whoever has a shell.
    Full,
    /// What one may not see looks as if it did not exist.
    Discreet,
}

/// Why an account is turned away whatever it asks for.
fn turned_away(app: &App, account: Option<&Account>) -> Option<String> {
    let refused = account.and_then(|account| credentials::usable(app, account).err());
    refused.map(|error| error.to_string())
}

/// Explains a token request. Without a service the oldest registry's is meant.
pub async fn token(
    app: &App,
    (account, who): (Option<&Account>, Who),
    service: Option<String>,
    request: &ScopeRequest,
    candour: Candour,
) -> Result<Explanation> {
    let service = match service {
        Some(service) => service,
        None => by_name::registries(&app.database)
            .await?
            .into_iter()
            .next()
            .map(|row| row.hostname)
            .ok_or_else(|| {
                Error::Unknown(
                    "there is no registry yet: create it with portus:create_registry[NAME,HOST:PORT,USE_SSL]"
                        .to_owned(),
                )
            })?,
    };
    let facts = app.present.facts().await?;
    let answer = access::decide_for(&facts, &app.rules, who, &service, request).await?;
    let unseen = match candour {
        Candour::Full => vec![false; request.scopes.len()],
        Candour::Discreet => {
            let pulls = pulls(request);
            let seen = access::decide_for(&facts, &app.rules, who, &service, &pulls).await?;
            let refused = |index| {
                let mut of_it = seen.grant.decisions.iter().filter(|it| it.scope == index);
                of_it.any(|it| !it.verdict.granted && it.verdict.rule != Rule::InvalidName)
            };
            let scopes = request.scopes.iter().enumerate();
            scopes
                .map(|(index, it)| it.kind != ScopeKind::Registry && refused(index))
                .collect()
        }
    };
    let cannot_log_in = turned_away(app, account);
    let able = cannot_log_in.is_none();
    let decisions = answer.grant.decisions.iter().filter_map(|decision| {
        let scope = request.scopes.get(decision.scope)?;
        let verdict = if unseen.get(decision.scope) == Some(&true) {
            Verdict::no(Rule::UnknownNamespace)
        } else {
            decision.verdict
        };
        Some(Decision {
            name: scope.name.clone(),
            action: decision.action.as_str().to_owned(),
            reason: Reason::of(verdict, able),
        })
    });
    let granted = answer.grant.access.iter().filter(|_| able);
    Ok(Explanation {
        user: account.map(|account| account.username.clone()),
        registry_known: answer.registry.is_some(),
        decisions: decisions.collect(),
        granted: granted
            .map(|access| Granted {
                name: access.name.clone(),
                actions: access
                    .actions
                    .iter()
                    .map(|it| it.as_str().to_owned())
                    .collect(),
            })
            .collect(),
        service,
        cannot_log_in,
    })
}

/// Somebody with all the rights of an account, or nobody.
pub fn who(account: Option<&Account>) -> Who {
    account.map_or(Who::Anonymous, |account| Who::User {
        id: account.id,
        admin: account.admin,
    })
}

/// The same names with nothing but pull asked for.
fn pulls(request: &ScopeRequest) -> ScopeRequest {
    let scopes = request.scopes.iter().map(|scope| RequestedScope {
        actions: vec![scope::Action::Pull],
        ..scope.clone()
    });
    ScopeRequest {
        scopes: scopes.collect(),
        dropped: 0,
    }
}

/// What the API or a page would answer.
#[derive(Clone, Debug)]
pub struct Answered {
    pub reason: Reason,
    /// 200, 401, 403 or 404: what somebody would be told who tried.
    pub status: u16,
    pub cannot_log_in: Option<String>,
}

/// Explains one action of the catalogue on one thing.
///
/// A discreet answer about what may not be seen is [`Error::NotFound`], as for an id that does not exist.
pub async fn action(
    app: &App,
    account: Option<&Arc<Account>>,
    action: &'static Action,
    id: Option<i64>,
    candour: Candour,
) -> Result<Answered> {
    let thing = thing(app, action.about, id).await?.ok_or(Error::NotFound)?;
    let facts = app.present.facts().await?;
    let role = match (account, thing.team_id()) {
        (Some(account), Some(team)) => facts.roles(account.id).await?.get(&team).copied(),
        _ => None,
    };
    let who = who(account.map(|it| &**it));
    let standing = Standing { who, role };
    let decision = action
        .decide(standing, &thing, &app.rules)
        .ok_or(Error::NotFound)?;
    let hidden = !decision.verdict.granted && decision.refusal == Refusal::Hidden;
    if hidden && candour == Candour::Discreet {
        return Err(Error::NotFound);
    }
    let cannot_log_in = turned_away(app, account.map(|it| &**it));
    let status = match (cannot_log_in.is_none(), account) {
        (false, _) | (true, None) => 401,
        _ if decision.verdict.granted => 200,
        _ if hidden => 404,
        _ => 403,
    };
    Ok(Answered {
        reason: Reason::of(decision.verdict, cannot_log_in.is_none()),
        status,
        cannot_log_in,
    })
}

/// The thing itself. Docker's names are explained as scopes, entries of the audit log by the lists that hold them.
async fn thing(app: &App, kind: Kind, id: Option<i64>) -> Result<Option<Thing>> {
    let reader = app.database.reader();
    let id = match kind {
        Kind::Service => return Ok(Some(Thing::Service(()))),
        Kind::Image | Kind::Activity => return Ok(None),
        _ => id.ok_or(Error::NotFound)?,
    };
    Ok(match kind {
        Kind::Service | Kind::Image | Kind::Activity => None,
        Kind::Namespace => {
            let row = namespace::Entity::find_by_id(id).one(reader).await?;
            row.map(Thing::Namespace)
        }
        Kind::Repository => in_repository(app, id).await?.map(Thing::Repository),
        Kind::Tag => match tag::Entity::find_by_id(id).one(reader).await? {
            Some(row) => in_repository(app, row.repository_id)
                .await?
                .map(|(repository, namespace)| Thing::Tag((row, repository, namespace))),
            None => None,
        },
        Kind::Comment => match comment::Entity::find_by_id(id).one(reader).await? {
            Some(row) => in_repository(app, row.repository_id)
                .await?
                .map(|(repository, namespace)| Thing::Comment((row, repository, namespace))),
            None => None,
        },
        Kind::Webhook => {
            let found = webhook::Entity::find_by_id(id)
                .find_also_related(namespace::Entity)
                .one(reader)
                .await?;
            found.and_then(|(row, namespace)| Some(Thing::Webhook((row, namespace?))))
        }
        Kind::Team => {
            let row = team::Entity::find_by_id(id).one(reader).await?;
            row.map(Thing::Team)
        }
        Kind::User => {
            let row = user::Entity::find_by_id(id).one(reader).await?;
            row.map(Thing::User)
        }
        Kind::Token => {
            let found = application_token::Entity::find_by_id(id)
                .find_also_related(user::Entity)
                .one(reader)
                .await?;
            found.and_then(|(row, owner)| Some(Thing::Token((row, owner?))))
        }
        Kind::Registry => {
            let row = registry::Entity::find_by_id(id).one(reader).await?;
            row.map(Thing::Registry)
        }
    })
}

async fn in_repository(
    app: &App,
    id: i64,
) -> Result<Option<(repository::Model, namespace::Model)>> {
    let found = repository::Entity::find_by_id(id)
        .find_also_related(namespace::Entity)
        .one(app.database.reader())
        .await?;
    Ok(found.and_then(|(row, namespace)| Some((row, namespace?))))
}

/// The actions that can be asked about, by name.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    let asked = |action: &&Action| !matches!(action.about, Kind::Image | Kind::Activity);
    catalogue::ACTIONS.iter().filter(asked)
}
