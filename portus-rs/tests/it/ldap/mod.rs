//! People of an LDAP directory: their logins, their teams, and what happens when the directory is no good.

mod accounts;
mod active_directory;
mod check;
mod crowds;
mod departures;
mod faults;
mod groups;
mod login;
mod site;
mod unread;
mod web;

use actix_web::test::TestRequest;
use portus_rs::{entities::user, jobs};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use crate::support::{
    databases::TestDatabase,
    service::{Answer, SERVICE, Service, basic},
    slapd::{Slapd, password},
};

/// A service that asks this directory.
async fn service(database: TestDatabase, slapd: &Slapd, more: &[(&str, &str)]) -> Service {
    let settings = slapd.settings();
    let mut all: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.extend(more);
    Service::with(database, &all).await
}

/// What docker gets when it logs in.
async fn docker(service: &Service, name: &str, secret: &str) -> Answer {
    let request = TestRequest::get()
        .uri(&format!(
            "/v2/token?service={SERVICE}&client_id=docker&offline_token=true"
        ))
        .insert_header(("Authorization", basic((name, secret))));
    service.call(request).await
}

#[track_caller]
fn is_in(answer: &Answer) {
    assert!(answer.status.is_success(), "{}", answer.body);
}

#[track_caller]
fn is_refused(answer: &Answer, text: &str) {
    assert_eq!(answer.status.as_u16(), 401, "{}", answer.body);
    assert_eq!(answer.json()["error"], text, "{}", answer.body);
}

const WRONG: &str = "Invalid Username or password.";
const UNREACHABLE: &str = "LDAP server is not reachable";

/// The account of this name.
async fn account(service: &Service, name: &str) -> Option<user::Model> {
    user::Entity::find()
        .filter(user::Column::Username.eq(name))
        .one(service.app.database.reader())
        .await
        .unwrap()
}

/// Somebody logs in for the first time.
async fn enrolled(service: &Service, name: &str) -> user::Model {
    is_in(&docker(service, name, &password(name)).await);
    account(service, name).await.unwrap()
}

async fn run(service: &Service, job: &str) {
    jobs::run_by_hand(&service.app, job).await.unwrap();
}
