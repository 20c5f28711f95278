//! Application tokens on the profile: what docker and programs log in with.

use serde::Serialize;

use super::{Forms, own_id, page};
use crate::{
    actions::application_tokens,
    app::App,
    entities::TokenScope,
    error::Result,
    queries::{self, viewer::Viewer},
    web::{
        error::PageResult,
        pages::{
            flash::{Flash, Kind},
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
    /// `read`, `pull` or nothing for everything.
    limits: Option<&'static str>,
    namespace: Option<String>,
    expires_at: Option<Moment>,
    expired: bool,
    created_at: Option<Moment>,
    last_used_at: Option<Moment>,
    last_used_ip: Option<String>,
}

impl Token {
    pub fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        let token = |id, limits, expired| Self {
            id,
            application: "ci<canary>".to_owned(),
            limits,
            namespace: limits.map(|_| "qa<canary>".to_owned()),
            expires_at: limits.map(|_| at),
            expired,
            created_at: Some(at),
            last_used_at: limits.map(|_| at),
            last_used_ip: limits.map(|_| "192.0.2.1<canary>".to_owned()),
        };
        vec![
            token(1, None, false),
            token(2, Some("read"), false),
            token(3, Some("pull"), true),
        ]
    }
}

impl From<queries::application_tokens::Row> for Token {
    fn from(row: queries::application_tokens::Row) -> Self {
        let token = row.token;
        Self {
            id: token.id,
            application: token.application,
            limits: match token.scope {
                TokenScope::Full => None,
                other => Some(other.as_str()),
            },
            namespace: row.namespace,
            expires_at: token.expires_at.map(Moment),
            expired: row.expired,
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
    let application = visit.text("application_token[application]");
    let id = own_id(&visit)?;
    match application_tokens::issue(&visit.app, &visit.actor, id, &application).await {
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
