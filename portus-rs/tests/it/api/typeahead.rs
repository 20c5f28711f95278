//! What fields offer while somebody types.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    sessions::set_enabled,
    support::{Caller, TestApp},
};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::Service,
};

async fn offered(app: &TestApp, caller: &Caller, path: &str) -> Vec<Value> {
    app.get(caller, path).await.is(200).pluck("name")
}

on_every_database! {
    async fn names_are_offered_that_begin_with_what_was_typed(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = TestApp::over(Arc::clone(&service.app));
        let (admin, alice) = (app.admin().await, app.user("alice").await);
        let bob = app.user("Bobby").await;
        for name in ["a_b", "axb", "a%c", "abc", "Abd"] {
            app.team(name, &alice).await;
        }
        let seen = app.team("a_seen", &bob).await;
        app.member(&seen, "alice", "viewer").await;
        let foreign = app.team("a_foreign", &bob).await;
        for (typed, owned, visible) in [
            ("a", json!(["a%c", "a_b", "abc", "axb"]), json!(["a%c", "a_b", "a_seen", "abc", "axb"])),
            ("a_", json!(["a_b"]), json!(["a_b", "a_seen"])),
            ("a%25", json!(["a%c"]), json!(["a%c"])),
            ("%25", json!([]), json!([])),
            ("A", json!(["Abd"]), json!(["Abd"])),
            ("abc", json!(["abc"]), json!(["abc"])),
            ("abc%20", json!([]), json!([])),
            ("'%20OR%20''='", json!([]), json!([])),
        ] {
            let path = format!("/api/v1/namespaces/typeahead/{typed}");
            assert_eq!(json!(offered(&app, &alice, &path).await), owned, "{typed}");
            let path = format!("/api/v1/teams/typeahead/{typed}.json");
            assert_eq!(json!(offered(&app, &alice, &path).await), visible, "{typed}");
        }
        // D13: what is hidden or foreign is for admins.
        let unscoped = "/api/v1/teams/typeahead/a_?unscoped=true";
        let seen_by_alice = offered(&app, &alice, unscoped).await;
        assert_eq!(seen_by_alice, ["a_b", "a_seen"]);
        let all = offered(&app, &admin, unscoped).await;
        assert_eq!(all, ["a_b", "a_foreign", "a_seen"]);
        let hidden = "/api/v1/teams/typeahead/portus_global?unscoped=true";
        assert_eq!(offered(&app, &alice, hidden).await, Vec::<Value>::new());
        assert_eq!(offered(&app, &admin, hidden).await.len(), 1);
        let owned = offered(&app, &admin, "/api/v1/namespaces/typeahead/portus_global").await;
        assert_eq!(owned, Vec::<Value>::new(), "a hidden team owns nothing new");

        // People, for those who may let them in.
        let path = |team: i64, typed: &str| format!("/api/v1/teams/{team}/typeahead/{typed}");
        for caller in [&bob, &admin] {
            assert_eq!(offered(&app, caller, &path(foreign.id, "AL")).await, ["alice"]);
            assert_eq!(offered(&app, caller, &path(seen.id, "al")).await, Vec::<Value>::new());
            assert_eq!(offered(&app, caller, &path(seen.id, "portus")).await, Vec::<Value>::new());
        }
        assert_eq!(offered(&app, &admin, &path(seen.id, "_")).await, Vec::<Value>::new());
        app.get(&alice, &path(seen.id, "bo")).await.is(403);
        app.get(&alice, &path(foreign.id, "bo")).await.is(404);
        app.get(&alice, &path(4711, "bo")).await.is(404);
        set_enabled(&service, alice.id, false).await;
        assert_eq!(offered(&app, &bob, &path(foreign.id, "al")).await, Vec::<Value>::new());
    }
}

#[actix_web::test]
async fn no_more_than_twenty_names_are_offered() {
    let app = TestApp::new().await;
    let alice = app.user("alice").await;
    for number in 0..25 {
        app.team(&format!("team{number:02}"), &alice).await;
    }
    for path in [
        "/api/v1/teams/typeahead/team",
        "/api/v1/namespaces/typeahead/t",
    ] {
        let names = offered(&app, &alice, path).await;
        assert_eq!((names.len(), &names[19]), (20, &json!("team19")));
    }
}

#[actix_web::test]
async fn the_addresses_of_portus_pages_are_answered_too() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let alice = service.user("alice").await;
    let team = service.team("devs", &alice).await;
    service.user("bob").await;
    let browser = super::sessions::Browser::signed_in(&service, "alice").await;
    for (path, name) in [
        ("/namespaces/typeahead/de.json".to_owned(), "devs"),
        ("/teams/typeahead/de".to_owned(), "devs"),
        (format!("/teams/{}/typeahead/b.json", team.id), "bob"),
    ] {
        let answer = browser.get(&service, &path).await;
        assert_eq!(answer.json(), json!([{ "name": name }]), "{path}");
        let nobody = actix_web::test::TestRequest::get().uri(&path);
        assert_eq!(service.call(nobody).await.status, 401, "{path}");
    }
}

#[actix_web::test]
async fn nobody_has_a_dictionary_of_names_judged() {
    let app = TestApp::with_registry().await;
    let (eve, mary) = (app.user("eve").await, app.user("mary").await);
    let path = "/api/v1/namespaces/validate?name=";
    for number in 0..300 {
        app.get(&eve, &format!("{path}n{number}")).await.is(200);
    }
    let refused = app.get(&eve, &format!("{path}one-more")).await;
    assert_eq!(refused.is(429).header("retry-after"), Some("600"));
    app.get(&mary, &format!("{path}one-more")).await.is(200);
    app.app.clock.advance(chrono::TimeDelta::minutes(11));
    app.get(&eve, &format!("{path}one-more")).await.is(200);
}
