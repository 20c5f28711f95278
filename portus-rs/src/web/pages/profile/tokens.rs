//! Application tokens on the profile: what docker and programs log in with.

use serde::Serialize;

use super::{Forms, own_id, page};
use crate::{
    actions::application_tokens,
    app::App,
    error::Result,
    queries::{self, viewer::Viewer},
    web::{
        error::PageResult,
        pages::{
            flash::{Flash, Kind},
            limits::{self, Limits},
            view::Moment,
            visit::Member,
        },
    },
};

/// A token as the profile lists it.
#[derive(Serialize)]
pub struct Token {
    id: i64,
    application: String,
    limits: Limits,
    created_at: Option<Moment>,
    last_used_at: Option<Moment>,
    last_used_ip: Option<String>,
}

impl Token {
    pub fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        let token = |(id, limits)| Self {
            id,
            application: "ci<canary>".to_owned(),
            limits,
            created_at: Some(at),
            last_used_at: (id > 1).then_some(at),
            last_used_ip: (id > 1).then(|| "192.0.2.1<canary>".to_owned()),
        };
        (1..).zip(Limits::samples()).map(token).collect()
    }
}

impl From<queries::application_tokens::Row> for Token {
    fn from(row: queries::application_tokens::Row) -> Self {
        let limits = Limits::of(&row);
        let token = row.token;
        Self {
            id: token.id,
            application: token.application,
            limits,
            created_at: token.created_at.map(Moment),
            last_used_at: token.last_used_at.map(Moment),
            last_used_ip: token.last_used_ip,
        }
    }
}

pub async fn all(app: &App, viewer: &Viewer, id: i64) -> Result<Vec<Token>> {
    let rows = queries::application_tokens::of(app, viewer, id).await?;
    Ok(rows.into_iter().map(Token::from).collect())
}

pub async fn create(visit: Member) -> PageResult {
    let id = own_id(&visit)?;
    let done = match limits::wanted(&visit) {
        Ok(new) => application_tokens::issue_limited(&visit.app, &visit.actor, id, &new).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(issued) => {
            let told = Flash {
                kind: Kind::Notice,
                text: visit.tell("profile-token-created", &issued.token.application),
                secret: Some(issued.plain),
            };
            Ok(visit.go_saying("/users/edit", &[told]))
        }
        Err(error) => {
            let form = visit.refused("application_token", error)?;
            let forms = Forms {
                token: Some(form),
                ..Forms::default()
            };
            let page = page(&visit, forms).await?;
            visit.show_again("profile", &page).await
        }
    }
}

pub async fn destroy(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let named = all(&visit.app, &visit.viewer().await?, own_id(&visit)?).await?;
    let named = named.into_iter().find(|it| it.id == id);
    application_tokens::revoke(&visit.app, &visit.actor, id).await?;
    let name = named.map(|it| it.application).unwrap_or_default();
    let text = visit.tell("profile-token-removed", &name);
    Ok(visit.go_telling(&visit.back_to("/users/edit"), text))
}
