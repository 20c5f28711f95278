//! One thing that the API can do: method and path, who may ask, what it takes, what it answers. Routes and document are
//! both made of these, and the handler's own types fill in the most of it.

use std::rc::Rc;

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::Method};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::reply::{Reply, Schemas};
use crate::web::{
    error::{ApiError, ApiResult},
    extract::{
        caller::{Admin, Call, Open},
        declare::{Field, Parameters},
        params::Params,
    },
};

/// A group of operations: a tag of the document.
pub struct Noun {
    /// One that `/api/openapi-spec/{resource}` knows.
    pub name: &'static str,
    pub about: &'static str,
    pub operations: Vec<Operation>,
    /// Whether its paths stand beside `/api` instead of below it.
    pub outside: bool,
}

/// A group of operations.
pub fn noun(name: &'static str, about: &'static str, operations: Vec<Operation>) -> Noun {
    Noun {
        name,
        about,
        operations,
        outside: false,
    }
}

/// Whom an operation listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    Anybody,
    Account,
    Admin,
}

/// Somebody who calls, as handlers are given them.
pub trait Caller: FromRequest<Error = ApiError> + 'static {
    const GATE: Gate;

    fn params(&self) -> &Params;
}

impl Caller for Open {
    const GATE: Gate = Gate::Anybody;

    fn params(&self) -> &Params {
        &self.params
    }
}

impl Caller for Call {
    const GATE: Gate = Gate::Account;

    fn params(&self) -> &Params {
        &self.params
    }
}

impl Caller for Admin {
    const GATE: Gate = Gate::Admin;

    fn params(&self) -> &Params {
        &self.params
    }
}

/// An async function of a caller and at most two sets of parameters.
pub trait Handle<Args>: Clone + 'static {
    type Caller: Caller;
    type Params: Parameters;
    type Reply: Reply;

    fn handle(
        &self,
        caller: Self::Caller,
        params: Self::Params,
    ) -> impl Future<Output = ApiResult<Self::Reply>>;
}

impl<F, C, R, Fut> Handle<(C,)> for F
where
    F: Fn(C) -> Fut + Clone + 'static,
    C: Caller,
    R: Reply,
    Fut: Future<Output = ApiResult<R>>,
{
    type Caller = C;
    type Params = ();
    type Reply = R;

    fn handle(&self, caller: C, (): ()) -> impl Future<Output = ApiResult<R>> {
        self(caller)
    }
}

impl<F, C, P, R, Fut> Handle<(C, P)> for F
where
    F: Fn(C, P) -> Fut + Clone + 'static,
    C: Caller,
    P: Parameters,
    R: Reply,
    Fut: Future<Output = ApiResult<R>>,
{
    type Caller = C;
    type Params = P;
    type Reply = R;

    fn handle(&self, caller: C, params: P) -> impl Future<Output = ApiResult<R>> {
        self(caller, params)
    }
}

impl<F, C, P, Q, R, Fut> Handle<(C, P, Q)> for F
where
    F: Fn(C, P, Q) -> Fut + Clone + 'static,
    C: Caller,
    P: Parameters,
    Q: Parameters,
    R: Reply,
    Fut: Future<Output = ApiResult<R>>,
{
    type Caller = C;
    type Params = (P, Q);
    type Reply = R;

    fn handle(&self, caller: C, (first, second): (P, Q)) -> impl Future<Output = ApiResult<R>> {
        self(caller, first, second)
    }
}

type Run =
    Rc<dyn Fn(HttpRequest, &mut Payload) -> LocalBoxFuture<'static, ApiResult<HttpResponse>>>;

/// A method of a path.
pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    /// One line that says what it does.
    pub summary: &'static str,
    pub about: &'static str,
    /// Unique name, of the handler's module and function.
    pub id: String,
    /// Whether Portus does not have it.
    pub ours: bool,
    /// Whether Portus' pages ask it, and are answered in their way.
    pub twin: bool,
    pub gate: Gate,
    pub fields: Vec<Field>,
    /// What the document calls the parameters as a whole.
    pub takes: Option<&'static str>,
    pub replies: fn(&mut Schemas) -> Vec<(u16, Value)>,
    /// Refusals beside those which follow from the rest.
    may: Vec<u16>,
    /// What stands for a part of the path, where that is no number.
    pub segments: Vec<(&'static str, &'static str)>,
    pub run: Run,
}

/// Reads something; HEAD comes with it.
pub fn get<A, H: Handle<A>>(path: &'static str, summary: &'static str, handler: H) -> Operation {
    Operation::new(Method::GET, path, summary, handler)
}

/// Makes or does something.
pub fn post<A, H: Handle<A>>(path: &'static str, summary: &'static str, handler: H) -> Operation {
    Operation::new(Method::POST, path, summary, handler)
}

/// Changes something; done again, it changes nothing more.
pub fn put<A, H: Handle<A>>(path: &'static str, summary: &'static str, handler: H) -> Operation {
    Operation::new(Method::PUT, path, summary, handler)
}

/// Removes something.
pub fn delete<A, H: Handle<A>>(path: &'static str, summary: &'static str, handler: H) -> Operation {
    Operation::new(Method::DELETE, path, summary, handler)
}

impl Operation {
    fn new<A, H: Handle<A>>(
        method: Method,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        Self {
            method,
            path,
            summary,
            about: "",
            id: name_of::<H>(),
            ours: false,
            twin: false,
            gate: H::Caller::GATE,
            fields: H::Params::fields(),
            takes: H::Params::name(),
            replies: H::Reply::describe,
            may: Vec::new(),
            segments: Vec::new(),
            run: Rc::new(move |request, payload| {
                let caller = H::Caller::from_request(&request, payload);
                let handler = handler.clone();
                // In this order: readable, who, an admin, the parameters, everything else.
                Box::pin(async move {
                    let caller = caller.await?;
                    let mut read = caller.params().read();
                    let params = H::Params::read(&mut read);
                    read.finish()?;
                    handler.handle(caller, params).await?.respond(&request)
                })
            }),
        }
    }

    /// More about it, in Markdown.
    pub fn about(mut self, text: &'static str) -> Self {
        self.about = text;
        self
    }

    /// Portus does not have it.
    pub fn ours(mut self) -> Self {
        self.ours = true;
        self
    }

    /// May be refused in these ways too, beside those which follow from method, path, caller and parameters.
    pub fn may(mut self, statuses: &[u16]) -> Self {
        self.may.extend(statuses);
        self
    }

    /// Whether it was said that it may be refused in this way.
    pub fn may_be(&self, status: u16) -> bool {
        self.may.contains(&status)
    }

    /// A part of the path that is text.
    pub fn segment(mut self, name: &'static str, about: &'static str) -> Self {
        self.segments.push((name, about));
        self
    }

    /// The names in the path's braces.
    pub fn path_names(&self) -> Vec<&'static str> {
        let parts = self.path.split('{').skip(1);
        parts.filter_map(|it| it.split(['}', ':']).next()).collect()
    }

    /// Every way it may be refused.
    pub fn refusals(&self) -> Vec<u16> {
        let mut statuses = vec![406, 500, 503];
        let reads = self.method == Method::GET;
        let named = !self.path_names().is_empty();
        if !reads || named || !self.fields.is_empty() {
            statuses.push(400);
        }
        if self.gate > Gate::Anybody {
            statuses.extend([401, 403]);
        }
        if named {
            statuses.push(404);
        }
        if !reads {
            statuses.extend([413, 415, 422]);
        }
        statuses.extend(&self.may);
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}

/// The last two parts of a function's path: `teams_list`.
fn name_of<H>() -> String {
    let mut parts = std::any::type_name::<H>().rsplit("::");
    let function = parts.next().unwrap_or_default();
    let module = parts.next().unwrap_or_default();
    format!("{module}_{function}")
}
