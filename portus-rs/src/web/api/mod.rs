//! The door for programs: the REST API as Portus' clients know it. One file per noun, which says its operations; they
//! are mounted and documented from there.

mod activities;
mod application_tokens;
mod bots;
mod comments;
mod conditional;
mod cors;
mod deletion;
mod described;
mod docker_logins;
mod events;
mod explain;
mod health;
mod identities;
mod members;
mod namespaces;
pub mod openapi;
mod operation;
mod path;
mod presented;
mod profile;
mod registries;
mod reply;
mod repositories;
mod respond;
pub(super) mod sessions;
mod stars;
mod sync;
mod tags;
mod teams;
mod trusts;
mod twins;
mod typeahead;
mod users;
mod version;
mod vulnerabilities;
mod webhooks;
mod words;

use actix_web::{
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use super::routing::Routing;
use operation::{Noun, Operation, noun};
use path::{mount, not_found};

/// Everything there is, in the order of the document.
fn nouns() -> Vec<Noun> {
    vec![
        users::operations(),
        profile::operations(),
        application_tokens::operations(),
        sessions::operations(),
        identities::operations(),
        docker_logins::operations(),
        teams::operations(),
        members::operations(),
        bots::operations(),
        trusts::operations(),
        namespaces::operations(),
        webhooks::operations(),
        repositories::operations(),
        stars::operations(),
        comments::operations(),
        tags::operations(),
        vulnerabilities::operations(),
        deletion::operations(),
        registries::operations(),
        typeahead::operations(),
        activities::operations(),
        activities::exports(),
        pages(),
        explain::operations(),
        sync::operations(),
        events::operations(),
        health::operations(),
        health::probes(),
        version::operations(),
        openapi::operations(),
    ]
}

/// What Portus' pages asked for beside the API, under the addresses that they know.
fn pages() -> Noun {
    let all = [
        users::twins(),
        repositories::twins(),
        stars::twins(),
        comments::twins(),
        webhooks::twins(),
        typeahead::twins(),
    ];
    let [_, (name, about)] = described::TAGS;
    let operations = all.into_iter().flatten().map(twins::twin).collect();
    Noun {
        outside: true,
        ..noun(name, about, operations)
    }
}

/// Mounts the API below `/api`. What stands beside it, as the probes for orchestrators do, goes to the other addresses.
pub fn routes(config: &mut ServiceConfig, beside: &mut Routing) {
    let (outside, inside): (Vec<_>, Vec<_>) = nouns().into_iter().partition(|noun| noun.outside);
    mount(all(outside), beside);
    let mut below = Routing::default();
    mount(all(inside), &mut below);
    config.service(
        web::scope("/api")
            .wrap(from_fn(conditional::policy))
            .wrap(from_fn(cors::policy))
            .default_service(below.service(not_found())),
    );
}

fn all(nouns: Vec<Noun>) -> Vec<Operation> {
    nouns.into_iter().flat_map(|noun| noun.operations).collect()
}
