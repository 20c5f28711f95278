//! The page at `/`: what concerns the reader; the form to sign in for everybody else.

use serde::Serialize;

use super::{
    form::Form,
    route::{Route, get},
    sign_in,
    view::Page,
    visit::{Member, Turned, Visit, Visitor},
};
use crate::web::error::PageResult;

pub fn routes() -> Vec<Route> {
    vec![get("/", show)]
}

/// What `dashboard/show.html` shows.
#[derive(Serialize)]
pub struct Dashboard {
    greeting: String,
}

impl Page for Dashboard {
    const VIEW: &'static str = "dashboard/show.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            greeting: "<canary>".to_owned(),
        }]
    }
}

/// Either of two pages at one address.
enum Either {
    In(Member),
    Out(Visit),
}

impl Visitor for Either {
    async fn admit(visit: Visit) -> Result<Self, Turned> {
        if visit.session.is_some() {
            Member::admit(visit).await.map(Self::In)
        } else {
            Ok(Self::Out(visit))
        }
    }
}

async fn show(visit: Either) -> PageResult {
    match visit {
        Either::Out(visit) => sign_in::form(&visit, Form::new("user")).await,
        Either::In(member) => {
            let page = Dashboard {
                greeting: member.actor.name().to_owned(),
            };
            member.show("dashboard", &page).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dashboard;

    crate::web::pages::view::renders!(Dashboard);
}
