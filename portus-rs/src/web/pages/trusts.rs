//! Whose jobs enter as a bot without a secret: listed, said and taken back by those who look after the bot.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    checks::{self, moment},
    form::Form,
    route::{Route, delete, get, post},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    actions::trusts::{self, MOST, Written},
    entities::user,
    error::{Error, Result},
    queries::{
        self,
        trusts::{Kept, Row},
    },
    web::error::PageResult,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/bots/{id}/trusts", list),
        post("/bots/{id}/trusts", create),
        delete("/bots/{id}/trusts/{trust}", remove),
    ]
}

/// Issuers that many have, to be chosen while one types.
const ISSUERS: [&str; 2] = [
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
];

/// How far a trust may go; the first is what most want.
const SCOPES: [&str; 4] = ["push", "pull", "read", "full"];

/// What `trusts/list.html` shows.
#[derive(Serialize)]
pub struct Trusts {
    bot: i64,
    username: String,
    /// Where the bot is looked after otherwise.
    home: String,
    trusts: Vec<Trust>,
    /// For another one, as long as there may be more.
    form: Option<Form>,
    /// Issuers that are offered.
    issuers: Vec<String>,
    scopes: [&'static str; 4],
    /// Whether any job gets in, by the configuration.
    enabled: bool,
}

#[derive(Serialize)]
struct Trust {
    id: i64,
    name: String,
    issuer: String,
    audience: String,
    claims: Vec<String>,
    scope: &'static str,
    /// Whether it is good for these namespaces only.
    limited: bool,
    namespaces: Vec<String>,
    created_at: Moment,
    last_used_at: Option<Moment>,
    last_used_ip: Option<String>,
    last_subject: Option<String>,
}

impl From<Row> for Trust {
    fn from(row: Row) -> Self {
        let trust = row.trust;
        Self {
            id: trust.id,
            name: trust.name,
            issuer: trust.issuer,
            audience: trust.audience,
            claims: written(row.claims),
            scope: trust.scope.as_str(),
            limited: row.namespaces.is_some(),
            namespaces: row.namespaces.unwrap_or_default(),
            created_at: Moment(trust.created_at),
            last_used_at: moment(trust.last_used_at),
            last_used_ip: trust.last_used_ip,
            last_subject: trust.last_subject,
        }
    }
}

/// As they are typed in.
fn written(claims: BTreeMap<String, String>) -> Vec<String> {
    let pairs = claims.into_iter();
    pairs.map(|(name, text)| format!("{name}={text}")).collect()
}

impl Page for Trusts {
    const VIEW: &'static str = "trusts/list.html";

    fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        let trust = |used: bool| Trust {
            id: 1,
            name: "main <canary>".to_owned(),
            issuer: "https://ci<canary>".to_owned(),
            audience: "us<canary>".to_owned(),
            claims: vec!["sub=<canary>".to_owned()],
            scope: if used { "push" } else { "full" },
            limited: true,
            namespaces: vec!["apps<canary>".to_owned(); usize::from(used)],
            created_at: at,
            last_used_at: used.then_some(at),
            last_used_ip: used.then(|| "192.0.2.1<canary>".to_owned()),
            last_subject: used.then(|| "repo<canary>".to_owned()),
        };
        let page = |trusts, form: Option<Form>| Self {
            bot: 4,
            username: "robot<canary>".to_owned(),
            home: "/teams/7#bots".to_owned(),
            enabled: form.is_some(),
            trusts,
            form,
            issuers: vec!["https://ci<canary>".to_owned()],
            scopes: SCOPES,
        };
        let mut refused = Form::new("trust").with("claims", "sub<canary>");
        refused.again = true;
        let errors = &mut refused.errors;
        errors.insert("claims".to_owned(), vec!["not <canary>".to_owned()]);
        errors.insert("issuer".to_owned(), vec!["not <canary>".to_owned()]);
        vec![
            page(Vec::new(), Some(Form::new("trust"))),
            page(vec![trust(true), trust(false)], Some(refused)),
            page(vec![trust(true)], None),
        ]
    }
}

/// The page of the team that a bot belongs to, or what admins see of it.
fn home(bot: &user::Model) -> String {
    match bot.owner_team_id {
        Some(team) => format!("/teams/{team}#bots"),
        None => format!("/admin/users/{}/edit", bot.id),
    }
}

fn place(bot: &user::Model) -> &'static str {
    if bot.owner_team_id.is_some() {
        "teams"
    } else {
        "users"
    }
}

async fn kept(visit: &Member) -> Result<Kept> {
    let viewer = visit.viewer().await?;
    queries::trusts::of(&visit.app, &viewer, visit.id("id")?).await
}

fn page(visit: &Member, kept: Kept, refused: Option<Form>) -> Trusts {
    let settings = &visit.app.config.workload_identity;
    let blank = || {
        Form::new("trust")
            .with("audience", visit.app.config.public_url())
            .with("scope", SCOPES[0])
    };
    let more = (kept.trusts.len() as u64) < MOST;
    let mut issuers = settings.issuers.clone();
    if issuers.is_empty() {
        issuers = ISSUERS.map(str::to_owned).into();
    }
    Trusts {
        bot: kept.bot.id,
        home: home(&kept.bot),
        username: kept.bot.username,
        trusts: kept.trusts.into_iter().map(Trust::from).collect(),
        form: refused.or_else(|| more.then(blank)),
        issuers,
        scopes: SCOPES,
        enabled: settings.enabled,
    }
}

async fn list(visit: Member) -> PageResult {
    let kept = kept(&visit).await?;
    let place = place(&kept.bot);
    visit.show(place, &page(&visit, kept, None)).await
}

/// Claims stand a line each, namespaces between commas or blanks.
fn asked(visit: &Member) -> Written {
    let claims = visit.text("trust[claims]");
    let namespaces = visit.text("trust[namespaces]");
    let owned = |it: &str| it.to_owned();
    Written {
        name: visit.text("trust[name]"),
        issuer: visit.text("trust[issuer]"),
        audience: visit.text("trust[audience]"),
        claims: claims
            .lines()
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .map(owned)
            .collect(),
        scope: visit.filled("trust[scope]"),
        namespaces: namespaces
            .split([',', ' ', '\r', '\n'])
            .filter(|it| !it.is_empty())
            .map(owned)
            .collect(),
    }
}

async fn created(visit: &Member, bot: i64) -> Result<String> {
    let new = asked(visit).understood()?;
    let made = trusts::create(&visit.app, &visit.actor, bot, new).await?;
    Ok(made.name)
}

async fn create(visit: Member) -> PageResult {
    let kept = kept(&visit).await?;
    let id = kept.bot.id;
    match created(&visit, id).await {
        Ok(name) => {
            let said = visit.tell("trust-created", &name);
            Ok(visit.go_telling(&format!("/bots/{id}/trusts"), said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "trust", error)?;
            let place = place(&kept.bot);
            let page = page(&visit, kept, Some(form));
            visit.show_again(place, &page).await
        }
    }
}

async fn remove(visit: Member) -> PageResult {
    let (kept, id) = (kept(&visit).await?, visit.id("trust")?);
    let trust = kept.trusts.into_iter().find(|it| it.trust.id == id);
    let name = trust.ok_or(Error::NotFound)?.trust.name;
    trusts::delete(&visit.app, &visit.actor, kept.bot.id, id).await?;
    let said = visit.tell("trust-removed", &name);
    Ok(visit.go_telling(&format!("/bots/{}/trusts", kept.bot.id), said))
}

#[cfg(test)]
mod tests {
    use super::Trusts;

    crate::web::pages::view::renders!(Trusts);
}
