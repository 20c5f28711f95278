//! Who calls, and with which parameters. One extractor does both, because what cannot be read is refused before
//! anybody is asked who they are.

use std::{ops::Deref, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use futures_util::future::LocalBoxFuture;

use super::{
    body, client,
    declare::full_name,
    params::{Params, Problems},
    session,
};
use crate::{
    app::App,
    error::Error,
    identity::{
        actor::Actor,
        credentials::{self, Attempt},
        session::Session,
    },
    policy::{self, Standing, Verdict, users::PRIVILEGED},
    queries::{facts::Facts, viewer::Viewer},
    web::error::{ApiError, ApiResult},
};

/// A request from whomever.
pub struct Open {
    pub app: Data<App>,
    pub params: Params,
    pub request: HttpRequest,
}

/// A request from somebody with an account.
pub struct Call {
    pub app: Data<App>,
    pub actor: Actor,
    pub params: Params,
    pub request: HttpRequest,
    /// The session of the browser that calls; nothing where a token proves who it is.
    pub session: Option<Session>,
    facts: Arc<Facts>,
}

/// A request from an admin; refused to anybody else ahead of any parameter or lookup.
pub struct Admin(Call);

impl Deref for Admin {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.0
    }
}

impl FromRequest for Open {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let app = application(&request)?;
            let params = body::params(&request, &mut payload).await?;
            Ok(Self {
                app,
                params,
                request,
            })
        })
    }
}

impl FromRequest for Call {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let open = Open::from_request(request, payload);
        Box::pin(async move {
            let open = open.await?;
            let facts = open.app.present.facts().await?;
            let session = open.session(&facts).await?;
            let actor = match &session {
                Some(session) => Actor::User(Arc::clone(&session.account)),
                None => identify(&open, &facts).await?,
            };
            let call = Self {
                app: open.app,
                actor,
                params: open.params,
                request: open.request,
                session,
                facts,
            };
            for object in ["user", "bot"] {
                call.refuse_fields(object, PRIVILEGED)?;
            }
            Ok(call)
        })
    }
}

impl FromRequest for Admin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let call = Call::from_request(request, payload);
        Box::pin(async move {
            let call = call.await?;
            call.admin()?;
            Ok(Self(call))
        })
    }
}

fn application(request: &HttpRequest) -> ApiResult<Data<App>> {
    request.app_data::<Data<App>>().cloned().ok_or_else(|| {
        Error::Internal(anyhow::anyhow!("the server was built without its App")).into()
    })
}

/// Checks the header `Portus-Auth: USERNAME:TOKEN`.
async fn identify(open: &Open, facts: &Facts) -> ApiResult<Actor> {
    let refused = || Error::NotSignedIn("Portus-Auth must be USERNAME:TOKEN".to_owned());
    let header = open
        .request
        .headers()
        .get("portus-auth")
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .ok_or_else(refused)?;
    let (username, token) = header.split_once(':').ok_or_else(refused)?;
    let proxies = &open.app.config.listener.trusted_proxies;
    let address = client::address(&open.request, proxies);
    let attempt = Attempt {
        username,
        secret: token,
        address,
    };
    let found = credentials::check_token(&open.app, facts, attempt).await?;
    let address = address.to_string();
    let agent = client::agent(&open.request);
    open.app
        .usage
        .note(&found, &address, agent, open.app.clock.now());
    let actor = found.actor();
    let changes = !open.request.method().is_safe();
    policy::reach::api(actor.who(), changes).granted()?;
    Ok(actor)
}

fn segment<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.match_info().get(name).unwrap_or_default()
}

fn refuse(params: &Params, actor: &Actor, object: &str, fields: &[&str]) -> ApiResult<()> {
    let read = params.read();
    if fields
        .iter()
        .any(|field| read.has(&full_name(Some(object), field)))
    {
        policy::users::set_privileged(standing(actor)).granted()?;
    }
    Ok(())
}

impl Open {
    /// A part of the path as it was written.
    pub fn segment(&self, name: &str) -> &str {
        segment(&self.request, name)
    }

    /// Whether the request also proves to come from an admin.
    pub async fn is_from_admin(&self) -> bool {
        let headers = self.request.headers();
        if !headers.contains_key("portus-auth") && !headers.contains_key(header::COOKIE) {
            return false;
        }
        let Ok(facts) = self.app.present.facts().await else {
            return false;
        };
        if let Ok(Some(session)) = self.session(&facts).await {
            return session.account.admin;
        }
        match identify(self, &facts).await {
            Ok(actor) => administers(&actor).granted,
            Err(_) => false,
        }
    }
}

impl Open {
    /// Refuses whoever says something about an account that only admins may.
    pub fn refuse_privileged(&self, object: &str) -> ApiResult<()> {
        refuse(&self.params, &Actor::Anonymous, object, PRIVILEGED)
    }

    /// The session of the browser that calls, which wins over any header. A write that our own pages cannot have sent
    /// is refused.
    async fn session(&self, facts: &Facts) -> ApiResult<Option<Session>> {
        let Some(session) = session::resume(&self.app, facts, &self.request).await? else {
            return Ok(None);
        };
        session::require_ours(&self.app, &self.request, &session, None)?;
        Ok(Some(session))
    }
}

impl Call {
    /// Who looks at a page, where a browser asks: it gets besides what the page would have to ask for again, which
    /// Portus calls the internal presentation.
    pub async fn onlooker(&self) -> ApiResult<Option<Viewer>> {
        match self.session {
            Some(_) => Ok(Some(self.viewer().await?)),
            None => Ok(None),
        }
    }

    /// Refuses whoever is no admin. Where a whole operation is for admins its handler takes an [`Admin`] instead.
    pub fn admin(&self) -> ApiResult<()> {
        Ok(administers(&self.actor).granted()?)
    }

    /// Refuses whoever is no admin and says something about an account that only admins may.
    pub fn refuse_fields(&self, object: &str, fields: &[&str]) -> ApiResult<()> {
        refuse(&self.params, &self.actor, object, fields)
    }

    pub async fn viewer(&self) -> ApiResult<Viewer> {
        Ok(Viewer::of(&self.facts, &self.actor).await?)
    }

    /// A part of the path as it was written.
    pub fn segment(&self, name: &str) -> &str {
        segment(&self.request, name)
    }

    /// An id in the path; what is no decimal number names nothing.
    pub fn id(&self, name: &str) -> ApiResult<i64> {
        match number(self.segment(name)) {
            Ok(Some(id)) => Ok(id),
            _ => Err(ApiError::NOT_FOUND),
        }
    }

    /// An id in the path of those endpoints that complain of a wrong one.
    pub fn strict_id(&self, name: &str) -> ApiResult<i64> {
        match number(self.segment(name)) {
            Ok(id) => id.ok_or(ApiError::NOT_FOUND),
            Err(NoNumber) => Err(ApiError::Parameters(Problems::invalid(name))),
        }
    }
}

fn administers(actor: &Actor) -> Verdict {
    policy::users::administer(standing(actor))
}

fn standing(actor: &Actor) -> Standing {
    Standing {
        who: actor.who(),
        role: None,
    }
}

struct NoNumber;

/// `None` if no id can be so large.
fn number(text: &str) -> Result<Option<i64>, NoNumber> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoNumber);
    }
    Ok(text.parse().ok())
}
