//! One's passkeys: which there are, another, and one less. Whoever changes something here shows first that it is them.

pub mod asking;

use serde::Serialize;

use super::{
    form::Form,
    oauth::Button,
    route::{Route, delete, get, post},
    second_factor::{Codes, begin_shown},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    actions::passkeys::{self, Needed, Shown},
    entities::passkey,
    error::{Error, Result},
    identity::passkey::{Obstacle, Party},
    queries,
    web::error::PageResult,
};

use asking::{Answered, Place};

pub fn routes() -> Vec<Route> {
    vec![
        get("/users/passkeys", show),
        post("/users/passkeys", add),
        post("/users/passkeys/challenge", ask),
        post("/users/passkeys/confirm", confirm),
        post("/users/passkeys/confirm/challenge", ask_to_confirm),
        post("/users/passkeys/codes", renew),
        delete("/users/passkeys/{id}", remove),
    ]
}

const HERE: &str = "/users/passkeys";
const PROFILE: &str = "/users/edit";
/// What may lead here and go on from here: setting up an authenticator.
const FACTOR: &str = "factor";
/// The forms: a new passkey, and what shows who it is.
const NEW: &str = "passkey";
const SHOWN: &str = "confirm";

/// What `profile/passkeys.html` shows.
#[derive(Serialize)]
pub struct Passkeys {
    passkeys: Vec<Row>,
    place: Option<Place>,
    /// Why there is no place, where there is none.
    obstacle: Option<&'static str>,
    /// As it is configured.
    address: String,
    /// Whether they have shown who they are.
    confirmed: bool,
    /// `password`, `code` or `provider`, where they have to.
    asks: &'static str,
    /// The providers, then.
    doors: Vec<Button>,
    /// Where the provider sends them back to.
    door_to: &'static str,
    /// What they came from, which goes on once they have shown who they are: `factor` or nothing.
    then: &'static str,
    form: Form,
    gate: Form,
    /// Whether there is room for another.
    more: bool,
    /// Whether the account asks for more than its password.
    factor: bool,
    /// Recovery codes that are left.
    codes: u64,
}

/// A passkey as it is listed.
#[derive(Serialize)]
struct Row {
    id: i64,
    name: String,
    created_at: Moment,
    last_used_at: Option<Moment>,
}

impl From<passkey::Model> for Row {
    fn from(row: passkey::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: Moment(row.created_at),
            last_used_at: row.last_used_at.map(Moment),
        }
    }
}

impl Page for Passkeys {
    const VIEW: &'static str = "profile/passkeys.html";

    fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        let row = |used| Row {
            id: 1,
            name: "laptop<canary>".to_owned(),
            created_at: at,
            last_used_at: used,
        };
        let mut wrong = Form::new(NEW).with("name", "x<canary>");
        wrong
            .errors
            .insert("name".to_owned(), vec!["Name <canary>".to_owned()]);
        let mut refused = Form::new(SHOWN);
        refused.complaints.push("Wrong <canary>".to_owned());
        let page = |confirmed, asks, obstacle: Option<&'static str>| Self {
            passkeys: vec![row(None), row(Some(at))],
            place: obstacle.is_none().then(Place::sample),
            obstacle,
            address: "http://192.0.2.1<canary>".to_owned(),
            confirmed,
            asks,
            doors: Button::samples(),
            door_to: HERE,
            then: FACTOR,
            form: wrong.clone(),
            gate: refused.clone(),
            more: true,
            factor: true,
            codes: 3,
        };
        vec![
            page(true, "code", None),
            page(false, "code", None),
            page(false, "password", None),
            page(false, "provider", None),
            page(true, "code", Some("plain")),
            page(false, "code", Some("number")),
            Self {
                passkeys: Vec::new(),
                more: false,
                factor: false,
                codes: 0,
                then: "",
                form: Form::new(NEW),
                gate: Form::new(SHOWN),
                ..page(true, "password", None)
            },
        ]
    }
}

fn session(visit: &Member) -> Option<i64> {
    visit.session.as_ref().map(|it| it.id)
}

fn goes_on(visit: &Member) -> bool {
    visit.text("then") == FACTOR
}

async fn page(visit: &Member, form: Option<Form>, gate: Option<Form>) -> Result<Passkeys> {
    let app = &visit.app;
    let id = visit.actor.user_id().ok_or(Error::NotFound)?;
    let owner = queries::users::by_id(app, id).await?;
    let passkeys = queries::passkeys::all(app, id).await?;
    let doors = passkeys::doors(app, id).await?;
    let then = if goes_on(visit) { FACTOR } else { "" };
    Ok(Passkeys {
        more: (passkeys.len() as u64) < passkeys::MOST,
        passkeys: passkeys.into_iter().map(Row::from).collect(),
        place: Place::of(app),
        obstacle: Party::of(&app.config).err().map(Obstacle::as_str),
        address: app.config.public_url(),
        confirmed: passkeys::is_confirmed(app, &owner, session(visit)).await?,
        asks: match passkeys::needed(app, &owner).await? {
            Needed::Factor => "code",
            Needed::Provider => "provider",
            Needed::Password | Needed::Nothing => "password",
        },
        doors: doors.into_iter().map(Button::of).collect(),
        door_to: if then.is_empty() { HERE } else { PROFILE },
        then,
        form: form.unwrap_or_else(|| Form::new(NEW)),
        gate: gate.unwrap_or_else(|| Form::new(SHOWN)),
        factor: owner.second_factor,
        codes: queries::second_factor::codes_left(app, id).await?,
    })
}

async fn show(visit: Member) -> PageResult {
    let page = page(&visit, None, None).await?;
    visit.show("profile", &page).await
}

async fn ask(visit: Member) -> PageResult {
    let (app, address) = (&visit.app, visit.address());
    let question = passkeys::begin(app, &visit.actor, session(&visit), address).await;
    asking::ask(&visit, question)
}

async fn add(visit: Member) -> PageResult {
    let name = visit.text("passkey[name]");
    let answered = Answered::read(&visit);
    let given = answered.given(&visit);
    let (app, actor) = (&visit.app, &visit.actor);
    match passkeys::add(app, actor, &name, given, session(&visit)).await {
        Ok(Some(codes)) => visit.show("profile", &Codes::new(codes, true)).await,
        Ok(None) => Ok(visit.go_telling(HERE, visit.tell("passkeys-added", name.trim()))),
        Err(error) => {
            let mut form = visit.refused(NEW, error)?;
            form.values.remove("answer");
            let page = page(&visit, Some(form), None).await?;
            visit.show_again("profile", &page).await
        }
    }
}

async fn ask_to_confirm(visit: Member) -> PageResult {
    let account = visit.actor.account().ok_or(Error::NotFound)?;
    let question = passkeys::ask_to_confirm(&visit.app, account, visit.address()).await;
    asking::ask(&visit, question)
}

async fn confirm(visit: Member) -> PageResult {
    let (password, code) = (visit.text("confirm[password]"), visit.text("confirm[code]"));
    let answered = Answered::read(&visit);
    let shown = if visit.filled("passkey[answer]").is_some() {
        Shown::Passkey(answered.given(&visit))
    } else if visit.filled("confirm[code]").is_some() {
        Shown::Code(&code)
    } else {
        Shown::Password(&password)
    };
    let session = session(&visit).ok_or(Error::NotFound)?;
    let (app, facts, actor) = (&visit.app, &visit.facts, &visit.actor);
    match passkeys::confirm(app, facts, actor, session, shown, visit.address()).await {
        Ok(()) if goes_on(&visit) => begin_shown(&visit).await,
        Ok(()) => Ok(visit.go(HERE)),
        Err(error) => {
            let mut gate = visit.refused(SHOWN, error)?;
            gate.values.clear();
            let page = page(&visit, None, Some(gate)).await?;
            visit.show_again("profile", &page).await
        }
    }
}

async fn renew(visit: Member) -> PageResult {
    match passkeys::renew_codes(&visit.app, &visit.actor, session(&visit)).await {
        Ok(codes) => visit.show("profile", &Codes::new(codes, false)).await,
        Err(error) => visit.go_refused(HERE, error),
    }
}

async fn remove(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    match passkeys::remove(&visit.app, &visit.actor, id, session(&visit)).await {
        Ok(()) => Ok(visit.go_telling(HERE, visit.say("passkeys-removed"))),
        Err(error) => visit.go_refused(HERE, error),
    }
}

#[cfg(test)]
mod tests {
    use super::Passkeys;

    crate::web::pages::view::renders!(Passkeys);
}
