//! Pages by method and path: who is let in, what is read, and how a refusal looks. Browsers send no others than GET and
//! POST, so a form names the method it means in `_method`.

use std::{collections::BTreeMap, rc::Rc};

use actix_web::{HttpRequest, HttpResponse, dev::Payload, http::Method, web::Data};
use futures_util::future::LocalBoxFuture;
use serde_json::json;

use super::{
    fault, review,
    visit::{Turned, Visit, Visitor, meant, wants_json},
};
use crate::{
    app::App,
    error::Error,
    web::{
        error::{PageError, PageResult},
        extract::{body, params::Params},
        routing::{Answer, Routing},
    },
};

type Run = Rc<dyn Fn(Visit) -> LocalBoxFuture<'static, Result<HttpResponse, Turned>>>;

/// A method of a path.
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    /// Whether a write needs the session's token.
    token: bool,
    /// Whether it is kept back while the configuration has to be reviewed.
    reviewed: bool,
    /// Whether its page listens for news.
    live: bool,
    run: Run,
}

/// An async function of a visitor.
pub trait Handle<V: Visitor>: Clone + 'static {
    fn handle(&self, visitor: V) -> impl Future<Output = PageResult>;
}

impl<V, F, Fut> Handle<V> for F
where
    V: Visitor,
    F: Fn(V) -> Fut + Clone + 'static,
    Fut: Future<Output = PageResult>,
{
    fn handle(&self, visitor: V) -> impl Future<Output = PageResult> {
        self(visitor)
    }
}

/// Shows something; HEAD comes with it.
pub fn get<V: Visitor>(path: &'static str, handler: impl Handle<V>) -> Route {
    Route::new(Method::GET, path, handler)
}

/// Makes or does something.
pub fn post<V: Visitor>(path: &'static str, handler: impl Handle<V>) -> Route {
    Route::new(Method::POST, path, handler)
}

/// Changes something.
pub fn put<V: Visitor>(path: &'static str, handler: impl Handle<V>) -> Route {
    Route::new(Method::PUT, path, handler)
}

/// Removes something.
pub fn delete<V: Visitor>(path: &'static str, handler: impl Handle<V>) -> Route {
    Route::new(Method::DELETE, path, handler)
}

impl Route {
    fn new<V: Visitor>(method: Method, path: &'static str, handler: impl Handle<V>) -> Self {
        let run: Run = Rc::new(move |visit| {
            let handler = handler.clone();
            Box::pin(async move {
                let visitor = V::admit(visit).await?;
                handler.handle(visitor).await.map_err(Turned::Refused)
            })
        });
        Self {
            method,
            path,
            token: true,
            reviewed: true,
            live: false,
            run,
        }
    }

    /// A page with a part that lives (`data-live`): it is told what happens after it was made.
    #[must_use]
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Shown whatever is wrong with the configuration: it asks for no secret.
    #[must_use]
    pub fn without_review(mut self) -> Self {
        self.reviewed = false;
        self
    }

    /// A write that needs no token of the session, since it makes a new one. It has to come from our own pages.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.token = false;
        self
    }
}

/// Mounts pages, those of a path together.
pub fn mount(routes: Vec<Route>, routing: &mut Routing) {
    let mut paths: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes {
        paths.entry(route.path).or_default().push(route);
    }
    for (path, methods) in paths {
        let methods = Rc::new(methods);
        let answer: Answer = Rc::new(move |app, request, payload| {
            Box::pin(dispatch(app, request, payload, Rc::clone(&methods)))
        });
        routing.insert(path, answer);
    }
}

async fn dispatch(
    app: Data<App>,
    request: HttpRequest,
    mut payload: Payload,
    methods: Rc<Vec<Route>>,
) -> HttpResponse {
    let params = match body::page_params(&request, &mut payload).await {
        Ok(params) => params,
        Err(error) => return fault::without_visit(&app, &request, &error.into()),
    };
    let method = match meant(&request, &params) {
        Method::HEAD => Method::GET,
        other => other,
    };
    let Some(route) = methods.iter().find(|it| it.method == method) else {
        let error = PageError::from(Error::NotFound);
        return fault::without_visit(&app, &request, &error);
    };
    visited(app, request, params, route).await
}

async fn visited(
    app: Data<App>,
    request: HttpRequest,
    params: Params,
    route: &Route,
) -> HttpResponse {
    if route.reviewed && review::is_due(&app, &request) {
        return review::lead(&app);
    }
    let visit = match Visit::open(app.clone(), request.clone(), params, route.token).await {
        Ok(visit) if route.live => visit.listening().await,
        opened => opened,
    };
    let visit = match visit {
        Ok(visit) => visit,
        Err(error) => return fault::without_visit(&app, &request, &error),
    };
    let shadow = visit.shadow();
    match (route.run)(visit).await {
        Ok(response) => response,
        Err(Turned::Away(_, Some(flash))) if wants_json(&request) => {
            HttpResponse::Unauthorized().json(json!({ "error": flash.text }))
        }
        Err(Turned::Away(path, flash)) => {
            let flashes: Vec<_> = flash.into_iter().collect();
            shadow.go_saying(&path, &flashes)
        }
        Err(Turned::Refused(error)) => fault::page(&shadow, &error),
    }
}
