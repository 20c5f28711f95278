//! The bots of a team: made, given tokens that are shown once, shut out and removed by those who look after them.

use serde::Serialize;

use super::super::{
    checks::{self, moment},
    flash::Flash,
    form::Form,
    limits::{self, Limits},
    route::{Route, delete, post, put},
    table::{Shape, Table},
    view::Moment,
    visit::Member,
};
use super::show::{Asked, again};
use crate::{
    actions::{application_tokens, bots},
    entities::Role,
    error::{Error, Result},
    queries::{
        self,
        bots::{Kept, Stable},
        viewer::Viewer,
    },
    web::error::PageResult,
};

pub const SHAPE: Shape = Shape {
    prefix: "bt_",
    columns: &["username"],
    sorted_by: "username",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        post("/teams/{id}/bots", create),
        put("/teams/{id}/bots/{bot}/enabled", switch),
        delete("/teams/{id}/bots/{bot}", remove),
        post("/teams/{id}/bots/{bot}/tokens", issue),
        delete("/teams/{id}/bots/{bot}/tokens/{token}", revoke),
    ]
}

/// A row of the table of bots.
#[derive(Serialize)]
pub struct Bot {
    id: i64,
    username: String,
    display_name: Option<String>,
    role: Option<&'static str>,
    enabled: bool,
    tokens: Vec<Token>,
    trusts: i64,
}

#[derive(Serialize)]
struct Token {
    id: i64,
    application: String,
    last_used_at: Option<Moment>,
    limits: Limits,
}

impl Bot {
    fn new(kept: Kept) -> Self {
        let tokens = kept.tokens.into_iter().map(|row| Token {
            id: row.token.id,
            last_used_at: moment(row.token.last_used_at),
            limits: Limits::of(&row),
            application: row.token.application,
        });
        Self {
            id: kept.user.id,
            username: kept.user.username,
            display_name: kept.user.display_name.filter(|it| !it.is_empty()),
            role: kept.role.map(Role::as_str),
            enabled: kept.user.enabled,
            tokens: tokens.collect(),
            trusts: kept.trusts,
        }
    }

    pub fn samples() -> Vec<Self> {
        let at = Some(Moment(chrono::NaiveDateTime::default()));
        let token = |(id, limits)| Token {
            id,
            application: "ci <canary>".to_owned(),
            last_used_at: at.filter(|_| id > 1),
            limits,
        };
        let bot = |enabled: bool| Self {
            id: 4,
            username: "robot<canary>".to_owned(),
            display_name: Some("Robot <canary>".to_owned()),
            role: enabled.then_some("viewer"),
            enabled,
            tokens: if enabled {
                (1..).zip(Limits::samples()).map(token).collect()
            } else {
                Vec::new()
            },
            trusts: i64::from(enabled),
        };
        vec![bot(true), bot(false)]
    }
}

pub async fn kept(visit: &Member, viewer: &Viewer, team_id: i64) -> Result<Table<Bot>> {
    let list = queries::bots::of(&visit.app, viewer, team_id).await?;
    visit.plain_table(SHAPE, Stable(list), Bot::new).await
}

/// The team that the path names, if people know of it.
async fn team(visit: &Member) -> Result<i64> {
    let viewer = visit.viewer().await?;
    let team = queries::teams::known(&visit.app, &viewer, visit.id("id")?).await?;
    Ok(team.id)
}

async fn create(visit: Member) -> PageResult {
    let team = team(&visit).await?;
    let new = bots::NewBot {
        username: visit.text("bot[username]").trim().to_owned(),
        email: visit.filled("bot[email]"),
        display_name: visit.filled("bot[display_name]"),
        role: visit.filled("bot[role]"),
    };
    match bots::create(&visit.app, &visit.actor, team, new).await {
        Ok((bot, _)) => {
            let said = visit.tell("bot-created", &bot.username);
            Ok(visit.go_telling(&format!("/teams/{team}#bots"), said))
        }
        Err(error) => {
            let asked = Asked {
                bot: Some(checks::refused(&visit, "bot", error)?),
                ..Asked::default()
            };
            again(&visit, team, asked).await
        }
    }
}

async fn switch(visit: Member) -> PageResult {
    let (team, bot) = (team(&visit).await?, visit.id("bot")?);
    let enabled = visit.ticked("enabled");
    let row = bots::set_enabled(&visit.app, &visit.actor, team, bot, enabled).await?;
    let key = if row.enabled {
        "bot-enabled"
    } else {
        "bot-disabled"
    };
    let said = visit.tell(key, &row.username);
    Ok(visit.go_telling(&visit.back_to(&format!("/teams/{team}")), said))
}

async fn remove(visit: Member) -> PageResult {
    let (team, id) = (team(&visit).await?, visit.id("bot")?);
    let viewer = visit.viewer().await?;
    let bot = queries::bots::one(&visit.app, &viewer, team, id).await?;
    let page = visit.back_to(&format!("/teams/{team}"));
    match bots::delete(&visit.app, &visit.actor, team, id).await {
        Ok(()) => {
            let said = visit.tell("bot-removed", &bot.username);
            Ok(visit.go_telling(&page, said))
        }
        Err(denied @ Error::Forbidden(_)) => Err(denied.into()),
        Err(error) => visit.go_refused(&page, error),
    }
}

/// Issues a token. It travels to the next page in a sealed cookie, and nowhere else.
async fn issue(visit: Member) -> PageResult {
    let (team, id) = (team(&visit).await?, visit.id("bot")?);
    let viewer = visit.viewer().await?;
    let bot = queries::bots::one(&visit.app, &viewer, team, id).await?;
    let done = match limits::wanted(&visit) {
        Ok(new) => application_tokens::issue_limited(&visit.app, &visit.actor, id, &new).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(issued) => {
            let said = Flash {
                secret: Some(issued.plain),
                ..Flash::notice(visit.tell("bot-token-created", &bot.username))
            };
            Ok(visit.go_saying(&format!("/teams/{team}"), &[said]))
        }
        Err(error) => {
            let form: Form = checks::refused(&visit, "application_token", error)?;
            let asked = Asked {
                token: Some(form.with("bot", id.to_string())),
                ..Asked::default()
            };
            again(&visit, team, asked).await
        }
    }
}

async fn revoke(visit: Member) -> PageResult {
    let (team, id) = (team(&visit).await?, visit.id("bot")?);
    let viewer = visit.viewer().await?;
    let token = visit.id("token")?;
    let tokens = queries::application_tokens::of(&visit.app, &viewer, id).await?;
    let token = tokens.into_iter().find(|it| it.token.id == token);
    let token = token.ok_or(Error::NotFound)?.token;
    queries::bots::one(&visit.app, &viewer, team, id).await?;
    application_tokens::revoke(&visit.app, &visit.actor, token.id).await?;
    let said = visit.tell("bot-token-removed", &token.application);
    Ok(visit.go_telling(&format!("/teams/{team}"), said))
}
