//! What an account asks for besides a password or a provider's word: the page for it, and the code it is answered with.

use std::sync::Arc;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::welcome;
use crate::{
    actions::sessions::{self, Browser, First},
    error::{Error, Result},
    identity::actor::Account,
    keys::vault::Purpose,
    queries,
    web::{
        api::sessions as api,
        error::PageResult,
        extract::client,
        pages::{
            flash::Flash,
            form::Form,
            oauth,
            passkeys::asking::Place,
            route::{Route, get, post},
            view::Page,
            visit::{Visit, own_path},
        },
    },
};

const HERE: &str = "/users/sign_in/code";

pub fn routes() -> Vec<Route> {
    vec![get(HERE, show), post(HERE, finish).without_token()]
}

/// What `sign_in/code.html` shows: the password was right, or a provider vouches for them, and there is more to show.
#[derive(Serialize)]
pub struct Code {
    form: Form,
    return_to: String,
    /// Says, sealed, who has shown what.
    ticket: String,
    /// Whether an authenticator shows codes; else there are recovery codes alone.
    authenticator: bool,
    /// Where passkeys are used, if there are some.
    place: Option<Place>,
}

impl Page for Code {
    const VIEW: &'static str = "sign_in/code.html";

    fn samples() -> Vec<Self> {
        let mut refused = Form::new("user");
        refused.complaints.push("Wrong <canary>".to_owned());
        let page = |form, authenticator, place| Self {
            form,
            return_to: "/teams?<canary>".to_owned(),
            ticket: "v1.x.<canary>".to_owned(),
            authenticator,
            place,
        };
        vec![
            page(Form::new("user"), true, None),
            page(refused, true, Some(Place::sample())),
            page(Form::new("user"), false, Some(Place::sample())),
        ]
    }
}

/// Somebody who has shown something, and not yet the rest.
#[derive(Serialize, Deserialize)]
pub(super) struct Ticket {
    user: i64,
    pub first: First,
    /// The account's at that time.
    version: i64,
    pub remember: bool,
    /// Seconds since 1970.
    until: i64,
}

/// How long somebody may look for their authenticator.
const LOOKING: TimeDelta = TimeDelta::minutes(5);

impl Ticket {
    fn issue(visit: &Visit, account: &Account, first: First, remember: bool) -> Result<String> {
        let ticket = Self {
            user: account.id,
            first,
            version: account.credentials_version,
            remember,
            until: (visit.now() + LOOKING).and_utc().timestamp(),
        };
        let text = serde_json::to_string(&ticket).map_err(|error| Error::Internal(error.into()))?;
        let sealed = visit.app.vault.seal(Purpose::HalfSignedIn, &text);
        sealed.map_err(|error| Error::Internal(error.into()))
    }

    /// Whose it is, if it still counts.
    pub async fn read(visit: &Visit, sealed: &str) -> Result<Option<(Self, Arc<Account>)>> {
        let opened = visit.app.vault.open(Purpose::HalfSignedIn, sealed).ok();
        let ticket: Option<Self> = opened.and_then(|text| serde_json::from_str(text.expose()).ok());
        let Some(ticket) = ticket else {
            return Ok(None);
        };
        let account = visit.facts.account(ticket.user).await?;
        let account = account.filter(|it| {
            it.second_factor
                && it.credentials_version == ticket.version
                && visit.now().and_utc().timestamp() <= ticket.until
        });
        Ok(account.map(|account| (ticket, account)))
    }
}

/// Asks whoever has shown the password for what else the account wants to see, and then leads them on.
pub(super) async fn ask(visit: &Visit, account: &Account, remember: bool) -> PageResult {
    let ticket = Ticket::issue(visit, account, First::password(account), remember)?;
    let back = visit.back_to("");
    let page = page(visit, Form::new("user"), (ticket, back), account).await?;
    visit.show("", &page).await
}

/// The same for whoever comes from a provider. The address they come to holds what counts once only, so the page has one
/// of its own, where it can be loaded again.
pub fn ask_there(visit: &Visit, account: &Account, first: First, back: Option<&str>) -> PageResult {
    let ticket = Ticket::issue(visit, account, first, false)?;
    let query = back.and_then(own_path).map(|it| {
        let mut query = url::form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
        query.append_pair("return_to", &it).finish()
    });
    let mut response = visit.go(&[HERE, &query.unwrap_or_default()].concat());
    oauth::keep(visit, &mut response, &ticket)?;
    Ok(response)
}

/// The page, for whoever comes from a provider.
async fn show(visit: Visit) -> PageResult {
    let Some(sealed) = oauth::kept(&visit) else {
        return Ok(visit.go("/users/sign_in"));
    };
    let Some((_, account)) = Ticket::read(&visit, &sealed).await? else {
        return late(&visit);
    };
    let back = visit.back_to("");
    let page = page(&visit, Form::new("user"), (sealed, back), &account).await?;
    visit.show("", &page).await
}

/// The page that asks for more.
async fn page(
    visit: &Visit,
    form: Form,
    (ticket, back): (String, String),
    account: &Account,
) -> Result<Code> {
    let app = &visit.app;
    let passkeys = queries::passkeys::count(app, account.id).await?;
    let authenticator = queries::second_factor::of(app, account.id).await?.is_some();
    Ok(Code {
        form,
        return_to: back,
        ticket,
        authenticator,
        place: Place::of(app).filter(|_| passkeys > 0),
    })
}

/// The page once more, for whoever has shown something wrong.
pub(super) async fn refuse(
    visit: &Visit,
    error: Error,
    ticket: String,
    account: &Account,
) -> PageResult {
    let mut form = visit.refused("user", error)?;
    form.values.clear();
    let page = page(visit, form, (ticket, visit.back_to("")), account).await?;
    visit.show_again("", &page).await
}

/// For whoever has looked for their authenticator for too long.
pub(super) fn too_late() -> Error {
    Error::NotSignedIn(sessions::LATE.to_owned())
}

fn late(visit: &Visit) -> PageResult {
    let late = Flash::alert(visit.say("sign-in-too-late"));
    let mut response = visit.go_saying("/users/sign_in", &[late]);
    oauth::forget(visit, &mut response)?;
    Ok(response)
}

/// The code that the page asked for.
async fn finish(visit: Visit) -> PageResult {
    let sealed = visit.text("ticket");
    let Some((ticket, account)) = Ticket::read(&visit, &sealed).await? else {
        return late(&visit);
    };
    let browser = Browser {
        user_agent: client::agent(&visit.request),
        remember: ticket.remember,
        replaces: visit.session.as_ref().map(|old| old.id),
    };
    let code = visit.text("user[code]");
    let (app, address) = (&visit.app, visit.address());
    let shown = Arc::clone(&account);
    let first = &ticket.first;
    match sessions::sign_in_with_code(app, account, first, &code, address, &browser).await {
        Ok(started) => {
            let entered = api::entered(app, &visit.request, started, ticket.remember).await?;
            welcome(&visit, entered, None)
        }
        Err(error) => refuse(&visit, error, sealed, &shown).await,
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    crate::web::pages::view::renders!(Code);
}
