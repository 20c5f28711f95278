//! Forms that say where to go on lead to pages of ours, and nowhere else (W7).

use actix_web::{http::Method, test::TestRequest};

use super::{Html, Site};
use crate::support::service::PASSWORD;

/// What a browser would take for another host, or for no address at all.
const ELSEWHERE: [&str; 9] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https:evil.example",
    "https://evil.example/teams",
    "/\t/evil.example",
    "javascript:alert(1)",
    "teams",
];

#[actix_web::test]
async fn signing_in_leads_to_pages_of_ours_only() {
    let site = Site::new().await;
    let sign_in = async |to: &str| {
        let fields = [
            ("user[username]", "anna"),
            ("user[password]", PASSWORD),
            ("return_to", to),
        ];
        let request = TestRequest::with_uri("/users/sign_in")
            .method(Method::POST)
            .set_form(fields);
        Html(site.service.call(request).await)
    };
    sign_in("/teams?tm_page=2")
        .await
        .goes_to("/teams?tm_page=2");
    for to in ELSEWHERE {
        sign_in(to).await.goes_to("/");
        // Nor does the form take it along.
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", to)
            .finish();
        let request = TestRequest::with_uri(&format!("/users/sign_in?{query}"));
        let page = Html(site.service.call(request).await);
        page.is(200).lacks(&format!("value=\"{to}\""));
    }
}

#[actix_web::test]
async fn what_was_changed_leads_back_to_pages_of_ours_only() {
    let site = Site::new().await;
    let web = site.web().await;
    let path = format!("{web}/visibility");
    let own = [("namespace[visibility]", "public"), ("return_to", "/teams")];
    site.send(&site.anna, "put", &path, &own)
        .await
        .goes_to("/teams");
    for to in ELSEWHERE {
        let fields = [("namespace[visibility]", "private"), ("return_to", to)];
        let changed = site.send(&site.anna, "put", &path, &fields).await;
        let location = changed.is(303).0.headers.get("location").unwrap();
        assert_eq!(location, web.as_str(), "{to}");
    }
}
