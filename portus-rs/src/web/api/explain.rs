//! Why somebody may or may not do something.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, get, noun},
    reply::Shown,
    respond::ok,
};
use crate::{
    entities::user,
    error::Error,
    identity::actor::Account,
    policy::{Rule, catalogue::Kind},
    protocol::scope::ScopeRequest,
    queries::{
        by_name,
        explain::{self, Candour},
    },
    web::{
        error::{ApiError, ApiResult},
        extract::{caller::Call, declare::params, params::Problems},
    },
};

pub fn operations() -> Noun {
    noun(
        "explain",
        "Why somebody may or may not do something.",
        vec![
            get(
                "/v1/explain",
                "Explains what docker would be granted, or one action of this API",
                explain,
            )
            .about(
                "Give `scope` as docker does, `action` with `resource`, or both; the actions are those of \
                 `docs/PERMISSIONS.md`. About oneself, or for admins about anybody.",
            )
            .may(&[404])
            .ours(),
        ],
    )
}

params! {
    struct Question {
        /// User name; oneself unless given, `-` for somebody who has not logged in.
        user: Option<String>,
        /// As docker asks: `repository:NAME:ACTIONS`. May be given several times.
        scope: Option<Vec<String>>,
        /// The registry's service (its host name); the oldest registry's unless given.
        service: Option<String>,
        /// One of the actions of `docs/PERMISSIONS.md`, such as `repository.describe`.
        action: Option<String> = explain::actions().map(|it| it.key).collect::<Vec<_>>(),
        /// Id of what the action is about, where it is about one thing.
        resource: Option<i64>,
    }
}

/// The answers, and why.
#[derive(Serialize, ToSchema)]
struct Explained {
    /// Null for somebody who has not logged in.
    user: Option<String>,
    /// Why this account is turned away whatever it asks for.
    cannot_log_in: Option<String>,
    /// What docker would be told; null if no scope was asked for.
    token: Option<ExplainedToken>,
    /// Whether the action may be done; null if none was asked for.
    action: Option<ExplainedAction>,
}

/// What a token would hold.
#[derive(Serialize, ToSchema)]
struct ExplainedToken {
    service: String,
    /// Whether any registry goes by this service. If not, nothing is granted.
    registry_known: bool,
    granted: Vec<ExplainedAccess>,
    decisions: Vec<ExplainedDecision>,
}

#[derive(Serialize, ToSchema)]
struct ExplainedAccess {
    name: String,
    actions: Vec<String>,
}

/// One action on one name.
#[derive(Serialize, ToSchema)]
struct ExplainedDecision {
    name: String,
    action: String,
    granted: bool,
    /// The rule that decided.
    #[schema(value_type = String)]
    rule: Rule,
    /// What the rule says.
    text: &'static str,
    /// What would change the answer.
    remedy: Option<&'static str>,
}

/// One action of the API.
#[derive(Serialize, ToSchema)]
struct ExplainedAction {
    action: &'static str,
    /// What it is.
    about: &'static str,
    resource: Option<i64>,
    granted: bool,
    /// What somebody would be answered who tried: 200, 401, 403 or 404.
    status: u16,
    #[schema(value_type = String)]
    rule: Rule,
    text: &'static str,
    remedy: Option<&'static str>,
}

async fn explain(call: Call, asked: Question) -> ApiResult<Shown<Explained>> {
    let missing = |name| Err(ApiError::Parameters(Problems::missing(name)));
    let scopes = asked.scope.unwrap_or_default();
    if scopes.is_empty() && asked.action.is_none() {
        return missing("scope");
    }
    let request = ScopeRequest::parse(scopes.iter().map(String::as_str));
    if request.dropped > 0 {
        return Err(ApiError::Parameters(Problems::invalid("scope")));
    }
    let action = match &asked.action {
        None => None,
        Some(key) => match explain::actions().find(|it| it.key == key) {
            Some(action) if action.about != Kind::Service && asked.resource.is_none() => {
                return missing("resource");
            }
            Some(action) => Some(action),
            None => return Err(ApiError::Parameters(Problems::invalid("action"))),
        },
    };
    let candour = if call.admin().is_ok() {
        Candour::Full
    } else {
        Candour::Discreet
    };
    let account = match asked.user.as_deref() {
        None => call.actor.account().cloned(),
        Some(name) => {
            let row = by_name::user(&call.app.database, name).await?;
            let oneself = |row: &user::Model| call.actor.user_id() == Some(row.id);
            if !row.as_ref().is_some_and(oneself) {
                call.admin()?;
            }
            match row {
                Some(row) => Some(std::sync::Arc::new(Account::from(&row))),
                None if name == "-" => None,
                None => return Err(Error::NotFound.into()),
            }
        }
    };
    let app = &call.app;
    // What the caller's own credential leaves of their rights is not what is asked about.
    let who = explain::who(account.as_deref());
    let mut explained = Explained {
        user: account.as_ref().map(|account| account.username.clone()),
        cannot_log_in: None,
        token: None,
        action: None,
    };
    if !request.scopes.is_empty() {
        let found = explain::token(
            app,
            (account.as_deref(), who),
            asked.service,
            &request,
            candour,
        )
        .await?;
        explained.cannot_log_in = found.cannot_log_in;
        let granted = found.granted.into_iter().map(|it| ExplainedAccess {
            name: it.name,
            actions: it.actions,
        });
        let decisions = found.decisions.into_iter().map(|it| ExplainedDecision {
            name: it.name,
            action: it.action,
            granted: it.reason.granted,
            rule: it.reason.rule,
            text: it.reason.text,
            remedy: it.reason.remedy,
        });
        explained.token = Some(ExplainedToken {
            service: found.service,
            registry_known: found.registry_known,
            granted: granted.collect(),
            decisions: decisions.collect(),
        });
    }
    if let Some(action) = action {
        let found = explain::action(app, account.as_ref(), action, asked.resource, candour).await?;
        explained.cannot_log_in = found.cannot_log_in;
        explained.action = Some(ExplainedAction {
            action: action.key,
            about: action.text,
            resource: asked.resource.filter(|_| action.about != Kind::Service),
            granted: found.reason.granted,
            status: found.status,
            rule: found.reason.rule,
            text: found.reason.text,
            remedy: found.reason.remedy,
        });
    }
    ok(explained)
}
