//! One path of the API: its methods, HEAD beside every GET, OPTIONS for all, with or without `.json`.

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder,
    http::{Method, header},
    web::{self, ServiceConfig},
};

use crate::web::error::ApiError;

/// A path being put together.
pub struct Path {
    resource: Resource,
    methods: Vec<&'static str>,
}

/// Begins a path.
pub fn at(path: &str) -> Path {
    Path {
        // Tried in this order, so that an id never swallows the suffix.
        resource: web::resource(vec![format!("{path}.json"), path.to_owned()]),
        methods: vec!["OPTIONS"],
    }
}

impl Path {
    pub fn get<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.methods.extend(["GET", "HEAD"]);
        self.resource = self
            .resource
            .route(web::get().to(handler.clone()))
            .route(web::head().to(handler));
        self
    }

    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("POST", Method::POST, handler)
    }

    pub fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("PUT", Method::PUT, handler)
    }

    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("DELETE", Method::DELETE, handler)
    }

    fn on<F, Args>(mut self, name: &'static str, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.methods.push(name);
        self.resource = self.resource.route(web::method(method).to(handler));
        self
    }

    pub fn mount(self, config: &mut ServiceConfig) {
        let allow = self.methods.join(", ");
        let options = move || {
            let allow = allow.clone();
            async move {
                HttpResponse::NoContent()
                    .insert_header((header::ALLOW, allow))
                    .finish()
            }
        };
        config.service(
            self.resource
                .route(web::method(Method::OPTIONS).to(options))
                .default_service(web::to(not_found)),
        );
    }
}

/// What is not here, whatever the method.
pub async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NOT_FOUND)
}
