//! What is told before something is deleted, and what teams and accounts leave behind.

use actix_web::http::Method;
use portus_rs::jobs::catalog_sync::{self, Options};
use serde_json::json;

use super::World;
use crate::support::fake_registry::{digest, image, index};

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_tells_what_else_goes() {
    let world = World::with(&[]).await;
    let owner = world.who("owner");
    let (id, tags) = world.find("qa/web").await.unwrap();
    let (a, b) = (image("a"), image("b"));
    // An index that lists the image, and a signature by the tag that cosign gives it.
    let both = index(&[("amd64", &a), ("arm64", &b)]);
    world.registry.push("qa/web", "both", &both);
    let signature = format!("{}.sig", digest(&a).replace(':', "-"));
    world
        .registry
        .push("qa/web", &signature, &image("signature"));
    catalog_sync::run_once(&world.app.app, None, Options::default(), &())
        .await
        .unwrap();

    let preview = world
        .app
        .get(owner, &format!("/api/v1/tags/{}/deletion", tags["1"]))
        .await
        .is(200)
        .json();
    assert_eq!(preview["digest"], digest(&a));
    assert_eq!(
        (&preview["tags"], &preview["tags_count"]),
        (&json!(["1", "2"]), &json!(2))
    );
    assert_eq!(
        (&preview["allowed"], &preview["repository_removed"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(preview["size"], 7_023_616);
    assert_eq!(preview["indexes"][0]["digest"], digest(&both));
    assert_eq!(preview["indexes"][0]["tags"], json!(["both"]));
    assert_eq!(preview["referrers"][0]["tags"], json!([signature]));
    let preview = world
        .app
        .get(owner, &format!("/api/v1/repositories/{id}/deletion"))
        .await
        .json();
    assert_eq!(preview["tags_count"], 5);
    assert_eq!(
        (&preview["repositories"], &preview["repositories_count"]),
        (&json!(["qa/web"]), &json!(1))
    );
    // Two images of the test's size, and the signature of 100 bytes; the size of the index is not known yet.
    assert_eq!(preview["size"], 2 * 7_023_616 + 100);
    let preview = world
        .app
        .get(
            owner,
            &format!("/api/v1/namespaces/{}/deletion", world.spaces[0]),
        )
        .await
        .json();
    assert_eq!(
        (&preview["namespaces_count"], &preview["tags_count"]),
        (&json!(1), &json!(5))
    );
    let preview = world
        .app
        .get(owner, &format!("/api/v1/teams/{}/deletion", world.team))
        .await
        .json();
    assert_eq!(
        (&preview["namespaces_count"], &preview["tags_count"]),
        (&json!(2), &json!(8))
    );
    assert_eq!(preview["repositories"], json!(["open/web", "qa/web"]));
    let viewer = world.who("viewer");
    let preview = world
        .app
        .get(viewer, &format!("/api/v1/tags/{}/deletion", tags["1"]))
        .await
        .json();
    assert_eq!(preview["allowed"], false);
    assert_eq!(preview["reason"], "only owners of the team may delete");
    assert!(
        preview["remedy"]
            .as_str()
            .unwrap()
            .contains("delete.contributors")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_handed_over_by_name_in_query_or_body() {
    let world = World::with(&[]).await;
    let (admin, owner) = (world.who("admin"), world.who("owner"));
    let heirs = world.app.team("heirs", owner).await;
    let theirs = world.app.team("theirs", admin).await;
    let path = format!("/api/v1/teams/{}", world.team);
    world
        .app
        .delete(owner, &format!("{path}?new_team=nobody"))
        .await
        .is(404);
    world
        .app
        .delete(owner, &format!("{path}?new_team=theirs"))
        .await
        .is(404);
    world.app.member(&theirs, "owner", "contributor").await;
    world
        .app
        .delete(owner, &format!("{path}?new_team=theirs"))
        .await
        .is(403);
    world
        .app
        .delete(world.who("contributor"), &format!("{path}?new_team=heirs"))
        .await
        .is(403);
    let same = world
        .app
        .delete(owner, &format!("{path}?new_team=devs"))
        .await;
    assert_eq!(
        same.is(422).message(),
        "You cannot choose the same team to migrate namespaces"
    );
    let body = json!({"new_team": "heirs"});
    world
        .app
        .send(owner, Method::DELETE, &path, Some(body))
        .await
        .is(204);
    world.app.get(admin, &path).await.is(404);
    let moved = world
        .app
        .get(owner, &format!("/api/v1/teams/{}/namespaces", heirs.id))
        .await;
    assert_eq!(moved.pluck("name"), ["qa", "open"]);
    assert!(world.registry.holds("qa/web").contains(&"1".to_owned()));
    // A member of the old team only sees it no longer.
    let contributor = world.who("contributor");
    world
        .app
        .get(
            contributor,
            &format!("/api/v1/namespaces/{}", world.spaces[0]),
        )
        .await
        .is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_is_asked_about_a_team_until_an_owner_says_no() {
    let world = World::with(&[]).await;
    let path = format!("/api/v1/teams/{}/ldap_check", world.team);
    for name in ["owner", "outsider"] {
        let answer = world.app.post(world.who(name), &path, json!({})).await;
        assert_eq!(
            answer.is(405).message(),
            "this instance has disabled this endpoint"
        );
    }
    let synced = [
        ("PORTUS_LDAP_ENABLED", "true"),
        ("PORTUS_LDAP_HOSTNAME", "127.0.0.1"),
        ("PORTUS_LDAP_GROUP_SYNC_ENABLED", "true"),
    ];
    let world = World::with(&synced).await;
    let path = format!("/api/v1/teams/{}/ldap_check", world.team);
    for (name, status) in [
        ("anonymous", 401),
        ("outsider", 404),
        ("viewer", 403),
        ("contributor", 403),
    ] {
        world
            .app
            .post(world.who(name), &path, json!({}))
            .await
            .is(status);
    }
    for _ in 0..2 {
        let answer = world.app.post(world.who("owner"), &path, json!({})).await;
        assert_eq!(answer.is(200).text, "200");
    }
    world
        .app
        .post(
            world.who("admin"),
            "/api/v1/teams/4711/ldap_check",
            json!({}),
        )
        .await
        .is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_removed_once_and_never_the_last_admin() {
    let world = World::with(&[]).await;
    let admin = world.who("admin");
    let viewer = world.who("viewer");
    let users = world.app.get(admin, "/api/v1/users?all=true").await.json();
    let portus = users
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["username"] == "portus")
        .unwrap();
    for id in [portus["id"].as_i64().unwrap(), admin.id] {
        let answer = world
            .app
            .delete(admin, &format!("/api/v1/users/{id}"))
            .await;
        assert_eq!(answer.is(422).message(), "Cannot remove this user");
    }
    world
        .app
        .delete(viewer, &format!("/api/v1/users/{}", admin.id))
        .await
        .is(403);
    world
        .app
        .delete(admin, &format!("/api/v1/users/{}", viewer.id))
        .await
        .is(204);
    world
        .app
        .get(admin, &format!("/api/v1/users/{}", viewer.id))
        .await
        .is(404);
    world
        .app
        .delete(admin, &format!("/api/v1/users/{}", viewer.id))
        .await
        .is(404);
    // Their tokens are void at once.
    world.app.get(viewer, "/api/v1/teams").await.is(401);
}
