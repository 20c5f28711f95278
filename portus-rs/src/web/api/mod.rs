//! The door for programs: the REST API as Portus' clients know it. One file per noun; every path stands on this page.

mod application_tokens;
mod cors;
mod health;
mod members;
mod namespaces;
mod path;
mod registries;
mod repositories;
mod respond;
pub(super) mod sessions;
mod tags;
mod teams;
mod users;
mod version;

use actix_web::{
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use path::at;
pub(super) use path::not_found;

/// Mounts the API below `/api`, and the probes for orchestrators.
pub fn routes(config: &mut ServiceConfig) {
    at("/healthz/live").get(health::live).mount(config);
    at("/healthz/ready").get(health::ready).mount(config);
    config.service(
        web::scope("/api")
            .wrap(from_fn(cors::policy))
            .configure(paths)
            .default_service(web::to(not_found)),
    );
}

fn paths(config: &mut ServiceConfig) {
    at("/version").get(version::version).mount(config);
    at("/v1/_ping").get(health::ping).mount(config);
    at("/v1/health").get(health::health).mount(config);

    at("/v1/users")
        .get(users::list)
        .post(users::create)
        .mount(config);
    at("/v1/users/bootstrap")
        .post(users::bootstrap)
        .mount(config);
    at("/v1/users/application_tokens/{id}")
        .delete(application_tokens::delete)
        .mount(config);
    at("/v1/users/{id}/application_tokens")
        .get(application_tokens::list)
        .post(application_tokens::create)
        .mount(config);
    at("/v1/users/{id}")
        .get(users::show)
        .put(users::update)
        .delete(users::delete)
        .mount(config);

    at("/v1/users/{id}/sessions")
        .get(sessions::list_of)
        .delete(sessions::delete_all_of)
        .mount(config);
    at("/v1/session")
        .get(sessions::show)
        .post(sessions::create)
        .delete(sessions::destroy)
        .mount(config);
    at("/v1/sessions")
        .get(sessions::list)
        .delete(sessions::delete_all)
        .mount(config);
    at("/v1/sessions/{id}")
        .delete(sessions::delete)
        .mount(config);

    at("/v1/teams")
        .get(teams::list)
        .post(teams::create)
        .mount(config);
    at("/v1/teams/{id}")
        .get(teams::show)
        .put(teams::update)
        .mount(config);
    at("/v1/teams/{id}/namespaces")
        .get(teams::namespaces)
        .mount(config);
    at("/v1/teams/{id}/members")
        .get(members::list)
        .post(members::create)
        .mount(config);
    at("/v1/teams/{id}/members/{member_id}")
        .put(members::update)
        .delete(members::delete)
        .mount(config);

    at("/v1/namespaces")
        .get(namespaces::list)
        .post(namespaces::create)
        .mount(config);
    at("/v1/namespaces/validate")
        .get(namespaces::validate)
        .mount(config);
    at("/v1/namespaces/{id}")
        .get(namespaces::show)
        .put(namespaces::update)
        .mount(config);
    at("/v1/namespaces/{id}/repositories")
        .get(namespaces::repositories)
        .mount(config);

    at("/v1/registries")
        .get(registries::list)
        .post(registries::create)
        .mount(config);
    at("/v1/registries/validate")
        .get(registries::validate)
        .mount(config);
    at("/v1/registries/{id}")
        .put(registries::update)
        .mount(config);

    at("/v1/repositories").get(repositories::list).mount(config);
    at("/v1/repositories/{id}")
        .get(repositories::show)
        .put(repositories::update)
        .mount(config);
    at("/v1/repositories/{id}/tags")
        .get(repositories::tags)
        .mount(config);
    at("/v1/repositories/{id}/tags/grouped")
        .get(repositories::grouped)
        .mount(config);
    at("/v1/repositories/{id}/tags/{tag_id}")
        .get(repositories::tag)
        .mount(config);

    at("/v1/tags").get(tags::list).mount(config);
    at("/v1/tags/{id}").get(tags::show).mount(config);
}
