//! Who opens a page, and what is asked of them before anything is shown: the order of checks is the same for all pages.

use std::{ops::Deref, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::Data,
};
use chrono::NaiveDateTime;

use super::{
    flash::{self, Flash},
    form::Form,
    frame::{Frame, Reader, Switches},
    language::Language,
    review,
    view::{Moment, Page},
};
use crate::{
    app::App,
    error::{Error, Result},
    identity::{actor::Actor, session::Session},
    policy::{self, Rule},
    queries::{activities, facts::Facts, viewer::Viewer},
    web::{
        error::{PageError, PageResult},
        extract::{client, params::Params, session},
    },
};

/// The cookie with a visitor's choice of language.
pub const LANGUAGE: &str = "_portus_language";

/// A request for a page, by whomever.
pub struct Visit {
    pub app: Data<App>,
    pub request: HttpRequest,
    pub params: Params,
    pub actor: Actor,
    pub session: Option<Session>,
    pub facts: Arc<Facts>,
    pub language: Language,
    pub flashes: Vec<Flash>,
    /// The newest entry of the audit log when the request came, where the page listens for what comes after; else 0.
    seen: i64,
}

/// A request by somebody who is signed in.
pub struct Member(Visit);

/// A request by an admin who is signed in.
pub struct Admin(Member);

impl Deref for Member {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

impl Deref for Admin {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.0
    }
}

/// Why nobody gets any further.
pub enum Turned {
    /// Elsewhere first, where this is said.
    Away(String, Option<Flash>),
    Refused(PageError),
}

impl From<Error> for Turned {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

/// Whom a page lets in.
pub trait Visitor: Sized + 'static {
    fn admit(visit: Visit) -> impl Future<Output = Result<Self, Turned>>;
}

impl Visitor for Visit {
    async fn admit(visit: Visit) -> Result<Self, Turned> {
        Ok(visit)
    }
}

impl Visitor for Member {
    async fn admit(visit: Visit) -> Result<Self, Turned> {
        let Some(account) = visit.actor.account() else {
            return Err(visit.to_sign_in());
        };
        let path = visit.path();
        let own = path == "/users" || path.starts_with("/users/");
        if account.email.as_ref().is_none_or(String::is_empty) && !own {
            return Err(Turned::Away("/users/edit".to_owned(), None));
        }
        let registries = path.starts_with("/admin/registries");
        if account.admin && !own && !registries && visit.facts.all_registries().await?.is_empty() {
            return Err(Turned::Away("/admin/registries/new".to_owned(), None));
        }
        Ok(Self(visit))
    }
}

impl Visitor for Admin {
    async fn admit(visit: Visit) -> Result<Self, Turned> {
        let member = Member::admit(visit).await?;
        let standing = member.viewer().await?.standing_nowhere();
        policy::users::administer(standing).granted()?;
        Ok(Self(member))
    }
}

impl Visit {
    /// Finds out who asks. A write that our own pages cannot have sent is refused, and one whose form was made for
    /// another session is stale.
    pub async fn open(
        app: Data<App>,
        request: HttpRequest,
        params: Params,
        token: bool,
    ) -> Result<Self, PageError> {
        let facts = app.present.facts().await?;
        let session = session::resume(&app, &facts, &request).await?;
        if !request.method().is_safe() {
            if !session::is_same_origin(&app, &request) {
                return Err(Error::forbidden(Rule::ForgedRequest).into());
            }
            let field = params.read().string("authenticity_token");
            let known = |it: &Session| session::knows_token(&request, it, field.as_deref());
            if token && !session.as_ref().is_none_or(known) {
                return Err(PageError::Stale);
            }
        }
        let actor = session.as_ref().map_or(Actor::Anonymous, |session| {
            Actor::User(Arc::clone(&session.account))
        });
        let chosen = actor.account().and_then(|it| it.language.clone());
        Ok(Self {
            seen: 0,
            language: language(&request, chosen),
            flashes: flash::read(&app, &request),
            app,
            request,
            params,
            actor,
            session,
            facts,
        })
    }

    /// The same for a page that listens, before anything that it shows is read: what comes after this is news to it.
    pub async fn listening(mut self) -> Result<Self, PageError> {
        if self.session.is_some() && self.request.method().is_safe() {
            self.seen = activities::latest(&self.app).await?.unwrap_or(0);
        }
        Ok(self)
    }

    pub fn now(&self) -> NaiveDateTime {
        self.app.clock.now()
    }

    /// Where the request comes from.
    pub fn address(&self) -> std::net::IpAddr {
        client::address(&self.request, &self.app.config.listener.trusted_proxies)
    }

    pub async fn viewer(&self) -> Result<Viewer> {
        Viewer::of(&self.facts, &self.actor).await
    }

    /// Below the root that we live under.
    pub fn path(&self) -> &str {
        let root = self.app.config.listener.url_root.as_str();
        let path = self.request.path();
        path.strip_prefix(root).unwrap_or(path)
    }

    /// The path with its query.
    pub fn here(&self) -> String {
        match self.request.query_string() {
            "" => self.path().to_owned(),
            query => format!("{}?{query}", self.path()),
        }
    }

    /// An id in the path; what is no decimal number names nothing.
    pub fn id(&self, name: &str) -> Result<i64> {
        let text = self.request.match_info().get(name).unwrap_or_default();
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok().filter(|_| plain);
        id.ok_or(Error::NotFound)
    }

    /// A part of the path as it was written.
    pub fn segment(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// A parameter as text; empty if it is not there.
    pub fn text(&self, name: &str) -> String {
        self.params.read().string(name).unwrap_or_default()
    }

    /// A parameter as text, if there is something in it.
    pub fn filled(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|it| !it.trim().is_empty())
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.params.read().boolean(name).unwrap_or(false)
    }

    /// A message of the reader's language.
    pub fn say(&self, name: &str) -> String {
        self.language.say(name)
    }

    /// A message that names something.
    pub fn tell(&self, name: &str, what: &str) -> String {
        self.language.tell(name, [("name", what.into())])
    }

    fn to_sign_in(&self) -> Turned {
        let back = if self.request.method().is_safe() {
            self.here()
        } else {
            form_of(&self.app, &self.request).unwrap_or_default()
        };
        if matches!(back.as_str(), "" | "/") {
            return Turned::Away("/users/sign_in".to_owned(), None);
        }
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", &back)
            .finish();
        Turned::Away(
            format!("/users/sign_in?{query}"),
            Some(Flash::alert(self.say("door-sign-in-first"))),
        )
    }

    /// What stands around the page.
    pub async fn frame(&self, place: &'static str) -> Result<Frame> {
        let registries = self.facts.all_registries().await?;
        let host = registries.first().map(|it| it.shown_host().to_owned());
        let mut frame = self.bare_frame(place);
        // Whoever stands before the form for one needs not be told.
        let at_the_form = self.path().starts_with("/admin/registries");
        frame.without_registry = registries.is_empty() && !at_the_form;
        frame.several_registries = registries.len() > 1;
        frame.registry_host = host;
        Ok(frame)
    }

    /// The same without asking the database.
    pub fn bare_frame(&self, place: &'static str) -> Frame {
        let reader = self.session.as_ref();
        let reader = reader.map(|it| Reader::new(&self.app, &it.account, it.csrf_token()));
        Frame {
            place,
            reader,
            flashes: self.flashes.clone(),
            here: self.here(),
            seen: self.seen,
            ..empty_frame(&self.app, &self.request, self.language)
        }
    }

    /// What is needed to say that the page failed, once the handler has the visit.
    #[must_use]
    pub fn shadow(&self) -> Self {
        Self {
            app: self.app.clone(),
            request: self.request.clone(),
            params: Params::default(),
            actor: self.actor.clone(),
            session: self.session.clone(),
            facts: Arc::clone(&self.facts),
            language: self.language,
            flashes: Vec::new(),
            seen: self.seen,
        }
    }

    /// Answers with a page.
    pub async fn show(&self, place: &'static str, page: &impl Page) -> PageResult {
        self.show_as(StatusCode::OK, place, page).await
    }

    /// Answers with a page whose form was refused.
    pub async fn show_again(&self, place: &'static str, page: &impl Page) -> PageResult {
        self.show_as(StatusCode::UNPROCESSABLE_ENTITY, place, page)
            .await
    }

    /// Answers with a page that is more than well or refused.
    pub async fn show_as(
        &self,
        status: StatusCode,
        place: &'static str,
        page: &impl Page,
    ) -> PageResult {
        let frame = self.frame(place).await?;
        let html = page.render(&frame)?;
        Ok(super::respond(&self.app, &self.request, status, html))
    }

    /// Sends the browser to another page of ours.
    pub fn go(&self, path: &str) -> HttpResponse {
        self.go_saying(path, &[])
    }

    /// Sends the browser to another page of ours, which says that it worked.
    pub fn go_telling(&self, path: &str, text: impl Into<String>) -> HttpResponse {
        self.go_saying(path, &[Flash::notice(text)])
    }

    /// Sends the browser to another page of ours, which says this.
    pub fn go_saying(&self, path: &str, flashes: &[Flash]) -> HttpResponse {
        let root = &self.app.config.listener.url_root;
        let mut response = HttpResponse::SeeOther();
        response
            .insert_header((header::LOCATION, format!("{root}{path}")))
            .insert_header((header::CACHE_CONTROL, "no-store"));
        if !flashes.is_empty()
            && let Some(cookie) = flash::keep(&self.app, &self.request, flashes)
        {
            response.append_header((header::SET_COOKIE, cookie));
        }
        response.finish()
    }

    /// Where the form says to go on, if that is a page of ours (W7); else here.
    pub fn back_to(&self, otherwise: &str) -> String {
        own_path(&self.text("return_to")).unwrap_or_else(|| otherwise.to_owned())
    }

    /// The form of an object such as `team` as it was filled in.
    pub fn form(&self, object: &'static str) -> Form {
        Form::filled(object, &self.params)
    }

    /// What is to be said beside a form about its refusal; what is no matter of the form goes on as a fault.
    pub fn refused(&self, object: &'static str, error: Error) -> Result<Form> {
        Form::refused(object, &self.params, self.language, error)
    }

    /// Sends the browser elsewhere with the reason why something was not done; faults of ours go on.
    pub fn go_refused(&self, path: &str, error: Error) -> PageResult {
        let form = self.refused("", error)?;
        let flashes: Vec<Flash> = form.sentences().map(Flash::alert).collect();
        Ok(self.go_saying(path, &flashes))
    }
}

/// The page whose form was sent, as far as the browser says; below our root.
pub fn form_of(app: &App, request: &HttpRequest) -> Option<String> {
    let referer = request.headers().get(header::REFERER)?;
    let referer: url::Url = referer.to_str().ok()?.parse().ok()?;
    let path = referer
        .path()
        .strip_prefix(app.config.listener.url_root.as_str())?;
    own_path(path)
}

/// A path below our root that a link may lead to, and nothing that a browser takes for another host.
pub fn own_path(text: &str) -> Option<String> {
    let second = text.as_bytes().get(1);
    let own = text.starts_with('/')
        && !matches!(second, Some(b'/' | b'\\'))
        && !text.chars().any(|c| c.is_control() || c == '\\');
    own.then(|| text.to_owned())
}

/// What stands around a page of which nobody knows who reads it.
pub fn empty_frame(app: &App, request: &HttpRequest, language: Language) -> Frame {
    Frame {
        root: app.config.listener.url_root.clone(),
        version: env!("CARGO_PKG_VERSION"),
        language,
        languages: Frame::languages(),
        now: Moment(app.clock.now()),
        here: "/".to_owned(),
        place: "",
        reader: None,
        flashes: Vec::new(),
        switches: Switches::of(app),
        without_registry: false,
        registry_host: None,
        several_registries: false,
        seen: 0,
        in_the_clear: review::warns(app, request),
    }
}

/// The language of a request: what the account or a cookie says, else the best that the browser accepts.
pub fn language(request: &HttpRequest, chosen: Option<String>) -> Language {
    let chosen = chosen.or_else(|| session::named(request, LANGUAGE));
    if let Some(language) = chosen.as_deref().and_then(Language::of_tag) {
        return language;
    }
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
    Language::accepted(accepted.and_then(|it| it.to_str().ok()).unwrap_or_default())
}

/// Whether a program asks, which gets JSON where Portus has it.
pub fn wants_json(request: &HttpRequest) -> bool {
    let says = |name: header::HeaderName| {
        let value = request.headers().get(name);
        let value = value.and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains("application/json"))
    };
    says(header::ACCEPT)
        || says(header::CONTENT_TYPE)
        || request.path().strip_suffix(".json").is_some()
}

/// The method that a form means: browsers send no others than GET and POST.
pub fn meant(request: &HttpRequest, params: &Params) -> Method {
    if request.method() != Method::POST {
        return request.method().clone();
    }
    let named = params.read().string("_method").unwrap_or_default();
    match named.to_ascii_lowercase().as_str() {
        "put" | "patch" => Method::PUT,
        "delete" => Method::DELETE,
        _ => Method::POST,
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_paths_of_ours_are_gone_back_to() {
        for path in ["/", "/teams?page=2", "/a//b"] {
            assert_eq!(own_path(path).as_deref(), Some(path));
        }
        for path in [
            "",
            "teams",
            "//host",
            "/\\host",
            "\\\\host",
            "https:host",
            "https://host/",
            "/\t/host",
            "javascript:x",
            "/a\\b",
        ] {
            assert_eq!(own_path(path), None, "{path}");
        }
    }
}
