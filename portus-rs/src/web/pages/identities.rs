//! Accounts at identity providers that open an account here: in one's own profile, and where admins look after people.

use serde::Serialize;

use super::{
    route::{Route, delete},
    view::Moment,
    visit::{Admin, Visit},
};
use crate::{
    actions,
    app::App,
    entities::identity,
    error::{Error, Result},
    queries,
    web::{error::PageResult, pages::visit::Member},
};

pub fn routes() -> Vec<Route> {
    vec![
        delete("/users/identities/{identity}", unlink_own),
        delete("/admin/users/{id}/identities/{identity}", unlink),
    ]
}

/// A link, for `parts/identities.html`.
#[derive(Serialize)]
pub struct Link {
    id: i64,
    /// As the button of the provider says it, or as it was called while it was configured.
    provider: String,
    /// What the provider calls the person.
    email: Option<String>,
    subject: String,
    issuer: String,
    created_at: Moment,
    last_used_at: Moment,
    /// The account came from there and the viewer is its owner, who cannot take it back.
    kept: bool,
}

impl Link {
    pub fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        let link = |email: Option<&str>| Self {
            id: 1,
            provider: "Id<canary>".to_owned(),
            email: email.map(str::to_owned),
            subject: "0d1c<canary>".to_owned(),
            issuer: "https://id<canary>".to_owned(),
            created_at: at,
            last_used_at: at,
            kept: email.is_none(),
        };
        vec![link(Some("ann<canary>@example.org")), link(None)]
    }

    fn new(app: &App, row: identity::Model, kept: bool) -> Self {
        let provider = app.providers.named(&row.provider);
        Self {
            id: row.id,
            provider: provider.map_or(row.provider, |it| it.title().to_owned()),
            email: row.email,
            subject: row.subject,
            issuer: row.issuer,
            created_at: Moment(row.created_at),
            last_used_at: Moment(row.last_used_at),
            kept,
        }
    }
}

/// The links of an account, for its owner and for admins.
pub async fn of(visit: &Visit, user_id: i64) -> Result<Vec<Link>> {
    let rows = queries::identities::of(&visit.app, visit.actor.who(), user_id).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let owner = queries::users::by_id(&visit.app, user_id).await?;
    let own = visit.actor.user_id() == Some(user_id);
    let links = rows.into_iter().map(|row| {
        let kept = own && queries::identities::is_owner(&row, &owner);
        Link::new(&visit.app, row, kept)
    });
    Ok(links.collect())
}

/// Takes a link of this account back; the name of its provider.
async fn take_back(visit: &Visit, user_id: i64) -> Result<String> {
    let id = visit.id("identity")?;
    let links = of(visit, user_id).await?;
    let link = links.into_iter().find(|it| it.id == id);
    let link = link.ok_or(Error::NotFound)?;
    actions::identities::unlink(&visit.app, &visit.actor, id).await?;
    Ok(link.provider)
}

async fn unlink_own(visit: Member) -> PageResult {
    let own = visit.actor.user_id().ok_or(Error::NotFound)?;
    match take_back(&visit, own).await {
        Ok(name) => Ok(visit.go_telling("/users/edit", visit.tell("identity-unlinked", &name))),
        Err(error @ Error::Refused(_)) => visit.go_refused("/users/edit", error),
        Err(error) => Err(error.into()),
    }
}

async fn unlink(visit: Admin) -> PageResult {
    let id = visit.id("id")?;
    let said = visit.tell("identity-unlinked", &take_back(&visit, id).await?);
    Ok(visit.go_telling(&format!("/admin/users/{id}/edit"), said))
}
