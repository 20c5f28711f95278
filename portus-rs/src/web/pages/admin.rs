//! What only admins see: people, registries, what happened, how everything is.

mod access;
mod activities;
mod deletion;
mod explain;
mod health;
mod job;
mod jobs;
mod registries;
mod registry;
mod registry_check;
mod took;
mod user;
mod users;

use super::route::Route;

pub fn routes() -> Vec<Route> {
    [
        users::routes(),
        user::routes(),
        access::routes(),
        registries::routes(),
        registry_check::routes(),
        registry::routes(),
        activities::routes(),
        deletion::routes(),
        health::routes(),
        jobs::routes(),
        job::routes(),
        explain::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
