//! From a path to what answers there. One tree holds all the patterns: finding a path in it costs the same however many
//! there are, and a pattern costs some bytes instead of an expression that is compiled for each worker.

#[cfg(test)]
mod tests;

use std::rc::Rc;

use actix_web::{
    Error, HttpRequest, HttpResponse,
    dev::{Payload, ServiceFactory, ServiceRequest, ServiceResponse, fn_service},
    error::ErrorInternalServerError,
    web::Data,
};
use futures_util::future::LocalBoxFuture;
use matchit::Router;

use crate::app::App;

/// Answers a request whose path is known.
pub type Answer =
    Rc<dyn Fn(Data<App>, HttpRequest, Payload) -> LocalBoxFuture<'static, HttpResponse>>;

/// The patterns of a scope, such as `/teams/{id}`. A part that is written out wins over a name in its place.
#[derive(Default)]
pub struct Routing {
    tree: Router<Answer>,
}

impl Routing {
    /// Mounts what answers a pattern, whatever the method.
    ///
    /// # Panics
    ///
    /// If another pattern fits the same paths: which of the two answers would depend on their order.
    pub fn insert(&mut self, pattern: impl Into<String>, answer: Answer) {
        let pattern = pattern.into();
        if let Err(error) = self.tree.insert(pattern.clone(), answer) {
            panic!("{pattern} cannot be mounted: {error}");
        }
    }

    /// Answers everything in a scope; `missing` what fits no pattern.
    pub fn service(
        self,
        missing: Answer,
    ) -> impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse,
        Error = Error,
        InitError = (),
    > {
        let tree = Rc::new(self.tree);
        fn_service(move |mut request: ServiceRequest| {
            let answer = find(&tree, &mut request).unwrap_or_else(|| Rc::clone(&missing));
            async move {
                let app = request.app_data::<Data<App>>().cloned();
                let app =
                    app.ok_or_else(|| ErrorInternalServerError("the service is not set up"))?;
                let (request, payload) = request.into_parts();
                let response = answer(app, request.clone(), payload).await;
                Ok(ServiceResponse::new(request, response))
            }
        })
    }
}

/// What answers this path; the request then knows what stands in the place of each name.
fn find<T: Clone>(tree: &Router<T>, request: &mut ServiceRequest) -> Option<T> {
    let path = request.match_info().unprocessed().to_owned();
    let found = tree.at(&path).ok()?;
    for (name, value) in found.params.iter() {
        request
            .match_info_mut()
            .add_static(name.to_owned(), value.to_owned());
    }
    Some(found.value.clone())
}
