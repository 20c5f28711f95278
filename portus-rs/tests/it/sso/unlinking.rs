//! Links that are taken back, and the one that stays: an account's with the provider that it came from.

use serde_json::json;

use super::{
    Browser, OPENID, Sso, audited,
    linking::{as_subject, execute},
    location,
};
use crate::support::service::Service;

/// Links an account that is linked already with another person of the provider.
async fn link_another(service: &Service, name: &str) {
    execute(
        service,
        &format!(
            "INSERT INTO identities (user_id, provider, issuer, subject, created_at, last_used_at) \
             SELECT identities.user_id, identities.provider, issuer, 'another', identities.created_at, last_used_at FROM identities \
             JOIN users ON users.id = user_id WHERE username = '{name}'"
        ),
    )
    .await;
}

#[actix_web::test]
async fn a_link_is_seen_and_taken_back_by_its_owner_and_by_admins() {
    use actix_web::{http::Method, test::TestRequest};
    let sso = Sso::start().await;
    let service = &sso.service;
    sso.register("1", "ann").await;
    let row = portus_rs::queries::users::by_email(&service.app, "ann@id.example")
        .await
        .unwrap();
    let (own, bob) = (service.token_of(&row, "x").await, service.user("bob").await);
    let root = service.admin("root").await;
    let admins = service.token_of(&root, "x").await;
    let other = service.token_of(&bob, "x").await;
    let ask = async |who: &str, token: &str, method: Method, path: &str| {
        let request = TestRequest::with_uri(path)
            .method(method)
            .insert_header(("Portus-Auth", format!("{who}:{token}")));
        service.call(request).await
    };
    let path = format!("/api/v1/users/{}/identities", row.id);
    assert_eq!(ask("bob", &other, Method::GET, &path).await.status, 403);
    let listed = ask("ann", &own, Method::GET, &path).await.json();
    assert_eq!(
        (&listed[0]["subject"], &listed[0]["provider"]),
        (&json!("1"), &json!(OPENID))
    );
    let one = format!("/api/v1/identities/{}", listed[0]["id"]);
    assert_eq!(ask("bob", &other, Method::DELETE, &one).await.status, 404);
    // Nobody steps out of their provider's reach by themselves.
    let kept = ask("ann", &own, Method::DELETE, &one).await;
    assert_eq!(kept.status, 422);
    assert!(kept.body.contains("only an administrator"), "{}", kept.body);
    link_another(service, "ann").await;
    let listed = ask("ann", &own, Method::GET, &path).await.json();
    let another = format!("/api/v1/identities/{}", listed[1]["id"]);
    assert_eq!(listed[1]["subject"], json!("another"));
    assert_eq!(ask("ann", &own, Method::DELETE, &another).await.status, 204);
    let came_from = "users WHERE provider IS NOT NULL AND uid = '1'";
    assert_eq!(service.count(came_from).await, 1);
    assert_eq!(ask("root", &admins, Method::DELETE, &one).await.status, 204);
    assert_eq!(service.count(came_from).await, 0);
    assert_eq!(ask("ann", &own, Method::DELETE, &one).await.status, 404);
    assert_eq!(audited(service, "user:unlink").await["provider"], OPENID);
    // The way in is closed: the address is Ann's, and takes her password now.
    let mut again = Browser::default();
    assert_eq!(location(&sso.enter(&mut again).await), "/users/oauth");
    assert_eq!(again.who(service).await, None);
}

/// What stands between two marks of a page.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, after) = page
        .split_once(from)
        .unwrap_or_else(|| panic!("{from} is not in {page}"));
    after.split(to).next().unwrap()
}

#[actix_web::test]
async fn links_are_taken_back_on_the_profile_and_where_admins_look_after_people() {
    let sso = Sso::start().await;
    let service = &sso.service;
    for (subject, name) in [("1", "ann"), ("2", "bob")] {
        sso.register(subject, name).await;
    }
    let by_name = async |name: &str| {
        let found = portus_rs::queries::by_name::user(&service.app.database, name).await;
        found.unwrap().unwrap()
    };
    let bob = by_name("bob").await;
    link_another(service, "ann").await;
    sso.person(as_subject("1", "ann"));
    let mut ann = Browser::default();
    sso.enter(&mut ann).await;
    let profile = ann.get(service, "/users/edit").await.body;
    assert!(profile.contains("Linked accounts"), "{profile}");
    assert!(profile.contains("ann@id.example"), "{profile}");
    assert!(profile.contains("only if you know a password"), "{profile}");
    assert!(
        profile.contains("decides whether it may be used"),
        "{profile}"
    );
    let offered = profile.matches("action=\"/users/identities/").count();
    assert_eq!(offered, 1, "of two that she has: {profile}");
    let own = between(&profile, "action=\"/users/identities/", "\"").to_owned();
    let csrf = between(&profile, "name=\"authenticity_token\" value=\"", "\"").to_owned();
    let delete = [("_method", "delete"), ("authenticity_token", csrf.as_str())];

    // Somebody else's is not there.
    let listed = service.count("identities").await;
    let bobs =
        portus_rs::queries::identities::of(&service.app, portus_rs::policy::Who::Operator, bob.id);
    let bobs = bobs.await.unwrap()[0].id;
    let path = format!("/users/identities/{bobs}");
    assert_eq!(ann.post(service, &path, &delete).await.status, 404);
    let path = format!("/admin/users/{}/identities/{bobs}", bob.id);
    assert_eq!(ann.post(service, &path, &delete).await.status, 403);
    assert_eq!(service.count("identities").await, listed);

    let path = format!("/users/identities/{own}");
    let answer = ann.post(service, &path, &delete).await;
    assert_eq!(location(&answer), "/users/edit");
    let profile = ann.get(service, "/users/edit").await.body;
    assert!(profile.contains("was taken back"), "{profile}");
    assert!(
        !profile.contains("action=\"/users/identities/"),
        "{profile}"
    );
    let kept = service.count("identities").await;
    let first = portus_rs::queries::identities::of(
        &service.app,
        portus_rs::policy::Who::Operator,
        by_name("ann").await.id,
    );
    let path = format!("/users/identities/{}", first.await.unwrap()[0].id);
    assert_eq!(
        location(&ann.post(service, &path, &delete).await),
        "/users/edit"
    );
    let profile = ann.get(service, "/users/edit").await.body;
    assert!(profile.contains("only an administrator can"), "{profile}");
    assert_eq!(service.count("identities").await, kept);

    service.admin("root").await;
    let root = crate::api::sessions::Browser::signed_in(service, "root").await;
    let page = root
        .get(service, &format!("/admin/users/{}/edit", bob.id))
        .await
        .body;
    assert!(page.contains("bob@id.example"), "{page}");
    let path = format!("/admin/users/{}/identities/{bobs}", bob.id);
    assert!(page.contains(&format!("action=\"{path}\"")), "{page}");
    let ann_id = by_name("ann").await.id;
    let wrong = format!("/admin/users/{ann_id}/identities/{bobs}");
    let delete = [("_method", "delete")];
    assert_eq!(root.send(service, &wrong, &delete).await.status, 404);
    assert_eq!(root.send(service, &path, &delete).await.status, 303);
    assert_eq!(service.count("identities").await, 1, "ann's");
}
