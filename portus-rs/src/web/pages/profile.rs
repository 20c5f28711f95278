//! One's own account: what others see of it, password, tokens, where one is signed in, and its end.

pub mod devices;
mod tokens;

use actix_web::http::header;
use serde::Serialize;

use super::{
    checks,
    form::Form,
    identities::{self, Link},
    route::{Route, delete, get, post, put},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    actions::{
        self,
        passkeys::{self, Needed},
        users,
    },
    entities::user,
    error::{Error, Result},
    identity::throttle,
    policy::users::{PRIVILEGED, set_privileged},
    queries,
    web::{error::PageResult, extract::session},
};

use devices::{DockerLogin, SignedIn};
use tokens::Token;

pub fn routes() -> Vec<Route> {
    vec![
        get("/users/edit", edit),
        put("/users", update),
        post("/users/disable", disable),
        post("/application_tokens", tokens::create),
        delete("/application_tokens/{id}", tokens::destroy),
        delete("/users/sessions/{id}", devices::end),
        delete("/users/sessions", devices::end_others),
        delete("/users/docker_logins/{id}", devices::log_out),
    ]
}

/// What `profile/edit.html` shows.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Serialize)]
pub struct Profile {
    profile: Form,
    password: Form,
    token: Form,
    username: String,
    has_email: bool,
    shows_display_name: bool,
    /// Whether a password of ours is asked for before something is changed.
    has_password: bool,
    /// Whether that a provider has let them in lately is asked for instead.
    by_provider: bool,
    changes_password: bool,
    may_disable: bool,
    tokens: Vec<Token>,
    more_tokens: bool,
    sessions: Vec<SignedIn>,
    docker_logins: Vec<DockerLogin>,
    identities: Vec<Link>,
    second_factor: Option<Factor>,
    /// Whether there can be one.
    offers_second_factor: bool,
    /// How many there are.
    passkeys: u64,
}

/// A second factor that is asked for.
#[derive(Serialize)]
struct Factor {
    since: Moment,
    codes: u64,
}

impl Page for Profile {
    const VIEW: &'static str = "profile/edit.html";

    fn samples() -> Vec<Self> {
        let factor = Factor {
            since: Moment(chrono::NaiveDateTime::default()),
            codes: 3,
        };
        let full = Self {
            profile: Form::new("user").with("email", "ann<canary>@example.org"),
            password: Form::new("password"),
            token: Form::new("application_token"),
            username: "ann<canary>".to_owned(),
            has_email: true,
            shows_display_name: true,
            has_password: true,
            by_provider: false,
            changes_password: true,
            may_disable: true,
            tokens: Token::samples(),
            more_tokens: true,
            sessions: SignedIn::samples(),
            docker_logins: DockerLogin::samples(),
            identities: Link::samples(),
            second_factor: Some(factor),
            offers_second_factor: true,
            passkeys: 2,
        };
        let mut refused = Form::new("user").with("email", "x<canary>");
        refused
            .errors
            .insert("email".to_owned(), vec!["Email <canary>".to_owned()]);
        let bare = Self {
            profile: refused,
            password: Form::new("password"),
            token: Form::new("application_token"),
            username: "ann<canary>".to_owned(),
            has_email: false,
            shows_display_name: false,
            has_password: false,
            by_provider: true,
            changes_password: false,
            may_disable: false,
            tokens: Vec::new(),
            more_tokens: false,
            sessions: Vec::new(),
            docker_logins: Vec::new(),
            identities: Vec::new(),
            second_factor: None,
            offers_second_factor: true,
            passkeys: 0,
        };
        vec![full, bare]
    }
}

/// The forms of the page, of which one may have been refused.
#[derive(Default)]
struct Forms {
    profile: Option<Form>,
    password: Option<Form>,
    token: Option<Form>,
}

async fn edit(visit: Member) -> PageResult {
    let page = page(&visit, Forms::default()).await?;
    visit.show("profile", &page).await
}

fn own_id(visit: &Member) -> Result<i64> {
    visit.actor.user_id().ok_or(Error::NotFound)
}

async fn page(visit: &Member, forms: Forms) -> Result<Profile> {
    let (app, id) = (&visit.app, own_id(visit)?);
    let viewer = visit.viewer().await?;
    let owner = queries::users::by_id(app, id).await?;
    let tokens = tokens::all(app, &viewer, id).await?;
    let has_email = owner.email.as_ref().is_some_and(|it| !it.is_empty());
    let has_password = !owner.directory && !owner.password_hash.is_empty();
    let by_provider = !owner.directory && passkeys::needed(app, &owner).await? == Needed::Provider;
    let second_factor = queries::second_factor::of(app, id).await?;
    Ok(Profile {
        profile: forms.profile.unwrap_or_else(|| shown(&owner)),
        password: forms.password.unwrap_or_else(|| Form::new("password")),
        token: forms
            .token
            .unwrap_or_else(|| Form::new("application_token")),
        has_email,
        shows_display_name: app.config.display_name,
        has_password: has_password && !by_provider,
        by_provider,
        changes_password: has_password,
        may_disable: has_email && actions::users::may_leave(app, &owner).await?,
        more_tokens: (tokens.len() as u64) < actions::application_tokens::MOST,
        tokens,
        sessions: devices::sessions(visit, id).await?,
        docker_logins: devices::docker_logins(visit, id).await?,
        identities: identities::of(visit, id).await?,
        second_factor: second_factor.map(|it| Factor {
            since: Moment(it.since),
            codes: it.codes,
        }),
        offers_second_factor: !owner.bot,
        passkeys: queries::passkeys::count(app, id).await?,
        username: owner.username,
    })
}

fn shown(owner: &user::Model) -> Form {
    checks::about("user", &checks::account(owner))
        .with("email", owner.email.clone().unwrap_or_default())
        .with(
            "display_name",
            owner.display_name.clone().unwrap_or_default(),
        )
}

/// The public profile, or the password: Portus' forms post both to the same place.
async fn update(visit: Member) -> PageResult {
    for field in PRIVILEGED {
        if visit.params.read().has(&format!("user[{field}]")) {
            set_privileged(visit.viewer().await?.standing_nowhere()).granted()?;
        }
    }
    let owner = queries::users::by_id(&visit.app, own_id(&visit)?).await?;
    if let Some(form) = checks::stale(&visit, "user", &checks::account(&owner)) {
        let forms = Forms {
            profile: Some(form),
            ..Forms::default()
        };
        let page = page(&visit, forms).await?;
        return visit.show_again("profile", &page).await;
    }
    let given = |object: &str, name: &str| {
        let name = format!("{object}[{name}]");
        visit.params.read().string(&name)
    };
    let both = |name: &str| given("user", name).or_else(|| given("password", name));
    let changes = users::ProfileChanges {
        email: given("user", "email"),
        display_name: given("user", "display_name"),
        password: both("password"),
        password_confirmation: both("password_confirmation"),
        current_password: both("current_password"),
    };
    let password = changes.password.is_some();
    let source = throttle::source(visit.address());
    let asking = users::Asking {
        address: &source,
        session: visit.session.as_ref().map(|it| it.id),
    };
    let changed = users::update_own(&visit.app, &visit.actor, changes, asking).await;
    if let Err(error) = changed {
        let mut forms = Forms::default();
        if password {
            forms.password = Some(visit.refused("password", error)?);
        } else {
            let form = visit.refused("user", error)?;
            forms.profile = Some(checks::up_to_date(form, &checks::account(&owner)));
        }
        let page = page(&visit, forms).await?;
        return visit.show_again("profile", &page).await;
    }
    let text = match (&visit.session, password) {
        (Some(_), true) => "profile-password-updated",
        _ => "profile-updated",
    };
    Ok(visit.go_telling("/users/edit", visit.say(text)))
}

/// Shuts oneself out. Asks for the name, since only an admin undoes it.
async fn disable(visit: Member) -> PageResult {
    if visit.text("confirmation").trim() != visit.actor.name() {
        let why = super::flash::Flash::alert(visit.say("profile-disable-mismatch"));
        return Ok(visit.go_saying("/users/edit", &[why]));
    }
    let disabled = users::set_enabled(&visit.app, &visit.actor, own_id(&visit)?, false).await;
    if let Err(error) = disabled {
        return visit.go_refused("/users/edit", error);
    }
    let mut response = visit.go_telling("/users/sign_in", visit.say("profile-disabled"));
    let cookie = session::no_cookie(&visit.app, &visit.request)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::Profile;

    crate::web::pages::view::renders!(Profile);
}
