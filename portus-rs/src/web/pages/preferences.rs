//! The language of pages, chosen in the footer of the door and in the profile: kept with the account, and in a cookie for
//! visitors.

use actix_web::http::header;

use super::{
    language::Language,
    route::{Route, post},
    visit::{LANGUAGE, Visit},
};
use crate::{
    actions::users,
    error::Error,
    web::{error::PageResult, extract::session},
};

/// A year.
const KEPT: i64 = 31_536_000;

pub fn routes() -> Vec<Route> {
    vec![post("/language", choose).without_token().without_review()]
}

async fn choose(visit: Visit) -> PageResult {
    let language = Language::of_tag(&visit.text("language")).ok_or(Error::NotFound)?;
    if visit.session.is_some() {
        users::speak(&visit.app, &visit.actor, language.tag()).await?;
    }
    let cookie =
        session::passing_cookie(&visit.app, &visit.request, LANGUAGE, language.tag(), KEPT)?;
    let mut response = visit.go(&visit.back_to("/"));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
