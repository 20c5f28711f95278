//! What pages of several nouns have in common.

use std::fmt::Write as _;

use actix_web::{http::Method, test::TestRequest};

use super::{Html, Site};
use crate::{
    api::sessions::Browser,
    support::{databases::TestDatabase, service::Service},
};

#[actix_web::test]
async fn who_can_set_up_a_registry_is_told_who_is_missing_one() {
    let site = Site::new().await;
    site.sql("DELETE FROM namespaces").await;
    site.sql("DELETE FROM registries").await;
    // Asked anew, nothing is remembered of the registry.
    let app = site.service.replica().await;
    let get = async |who: &Browser, path: &str| {
        Html(Service::call_at(&app, who.request(Method::GET, path)).await)
    };
    get(&site.anna, "/teams")
        .await
        .is(200)
        .says("No registry found.")
        .says("Ask an administrator to complete configuration.")
        .lacks("/admin/registries/new");
    get(&site.root, "/users/edit")
        .await
        .is(200)
        .says("No registry found.")
        .says("<a class=\"alert-link\" href=\"/admin/registries/new\">Click here</a> to complete configuration.");
    get(&site.root, "/admin/registries/new")
        .await
        .is(200)
        .lacks("No registry found.");
}

#[actix_web::test]
async fn search_engines_may_look_at_what_everybody_finds() {
    for (root, text) in [
        ("", "User-agent: *\nDisallow: /\nAllow: /explore\n"),
        (
            "/images",
            "User-agent: *\nDisallow: /images/\nAllow: /images/explore\n",
        ),
    ] {
        let settings = [("RAILS_RELATIVE_URL_ROOT", root)];
        let service = Service::with(TestDatabase::sqlite(), &settings[..root.len().min(1)]).await;
        let answer = service.call(TestRequest::get().uri("/robots.txt")).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, text));
        let kind = answer.headers.get("content-type").unwrap();
        assert_eq!(kind, "text/plain; charset=utf-8");
    }
}
