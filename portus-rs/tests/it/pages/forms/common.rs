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

#[actix_web::test]
async fn people_and_webhooks_are_paged_by_the_names_that_portus_has() {
    let site = Site::with(&[("PORTUS_PAGINATION_PER_PAGE", "2")]).await;
    site.get(
        &site.root,
        "/admin/users?page=2&sort_by=username&sort_asc=false",
    )
    .await
    .is(200)
    .says("Showing from 3 to 4 of 4 entries")
    .says(">anna<")
    .lacks(">zoe<");
    site.get(&site.root, "/admin/users?q=zoe")
        .await
        .says(">zoe<")
        .lacks(">ben<");
    let anna = site.person("anna").await;
    let ops = site.service.team("ops", &anna).await;
    let space = site.service.namespace("web", &ops, "public").await;
    let hooks = format!("/namespaces/{}/webhooks", space.id);
    for name in ["one", "two", "zero"] {
        let fields = [
            ("webhook[name]", name),
            ("webhook[url]", "http://chat.example.org/in"),
            ("webhook[request_method]", "POST"),
            ("webhook[content_type]", "application/json"),
        ];
        site.send(&site.anna, "post", &hooks, &fields).await.is(303);
    }
    site.get(
        &site.anna,
        &format!("{hooks}?page=2&sort_by=name&sort_asc=true"),
    )
    .await
    .is(200)
    .says("Showing from 3 to 3 of 3 entries")
    .says(">zero<")
    .lacks(">one<");
}

#[actix_web::test]
async fn the_history_has_25_entries_on_a_page_and_ends_in_reach() {
    let site = Site::with(&[("PORTUS_PAGINATION_PER_PAGE", "3")]).await;
    let mut rows = String::new();
    for number in 0..240 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            rows,
            "{comma}('team.create', 'ann', '{{}}', CURRENT_TIMESTAMP)"
        )
        .unwrap();
    }
    site.sql("DELETE FROM activities").await;
    let columns = "(key, actor_name, parameters, created_at)";
    site.sql(&format!("INSERT INTO activities {columns} VALUES {rows}"))
        .await;
    let log = site.get(&site.root, "/admin/activities?page=5").await;
    log.is(200).says("Showing from 101 to 125 of 240 entries");
    for page in [1, 4, 6, 10] {
        log.says(&format!("href=\"/admin/activities?page={page}\""));
    }
}
