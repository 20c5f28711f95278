//! Deleting through the API: who may, and what it is called when it cannot be.

mod around;

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};

use super::support::{Caller, TestApp};
use crate::support::fake_registry::{FakeRegistry, Fault, digest, image};

/// A registry with `qa/web` and `open/web` of the team `devs`, each with the tags 1 and 2 of one image and 3 of another.
struct World {
    app: TestApp,
    registry: FakeRegistry,
    team: i64,
    spaces: [i64; 2],
    people: Vec<(&'static str, Caller)>,
}

const NONE: &[(&str, &str)] = &[];
const OFF: &[(&str, &str)] = &[("PORTUS_DELETE_ENABLED", "false")];
const CONTRIBUTORS: &[(&str, &str)] = &[("PORTUS_DELETE_CONTRIBUTORS", "true")];

impl World {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let registry = FakeRegistry::start(None);
        let app = TestApp::with(settings).await;
        app.registry("registry", &registry.host).await;
        let mut people = vec![("anonymous", Caller::NOBODY), ("admin", app.admin().await)];
        for name in ["owner", "contributor", "viewer", "outsider"] {
            people.push((name, app.user(name).await));
        }
        let team = app.team("devs", &people[2].1).await;
        app.member(&team, "contributor", "contributor").await;
        app.member(&team, "viewer", "viewer").await;
        let private = app.namespace("qa", &team, "private").await.id;
        let public = app.namespace("open", &team, "public").await.id;
        let world = Self {
            app,
            registry,
            team: team.id,
            spaces: [private, public],
            people,
        };
        for (name, space) in [("qa/web", private), ("open/web", public)] {
            world.fill(name, space).await;
        }
        world
    }

    /// Returns the ids of the repository and its tags.
    async fn fill(&self, name: &str, space: i64) -> (i64, [i64; 3]) {
        let (_, short) = name.split_once('/').unwrap();
        let id = self.app.repository(space, short).await;
        let (a, b) = (image("a"), image("b"));
        let mut tags = [0; 3];
        for (place, (tag, body)) in [("1", &a), ("2", &a), ("3", &b)].into_iter().enumerate() {
            self.registry.push(name, tag, body);
            tags[place] = self.app.tag(id, tag, &digest(body), None).await;
        }
        (id, tags)
    }

    fn who(&self, name: &str) -> &Caller {
        let found = self.people.iter().find(|(it, _)| *it == name);
        &found.expect("somebody").1
    }

    /// Id of a repository by its full name, and of its tags by name.
    async fn find(&self, name: &str) -> Option<(i64, Value)> {
        let admin = self.who("admin");
        let listed = self.app.get(admin, "/api/v1/repositories").await.json();
        let row = listed
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["full_name"] == name)?
            .clone();
        let id = row["id"].as_i64().unwrap();
        let tags = self
            .app
            .get(admin, &format!("/api/v1/repositories/{id}/tags"))
            .await
            .json();
        let by_name = tags.as_array().unwrap().iter();
        let by_name =
            by_name.map(|tag| (tag["name"].as_str().unwrap().to_owned(), tag["id"].clone()));
        Some((id, Value::Object(by_name.collect())))
    }
}

/// What each of the people is told, and whether the registry was asked.
async fn refusals(world: &World, path: &str) -> Vec<(&'static str, u16)> {
    let mut told = Vec::new();
    for (name, caller) in &world.people {
        let preview = world.app.get(caller, &format!("{path}/deletion")).await;
        let answer = world.app.delete(caller, path).await;
        let status = answer.status.as_u16();
        if preview.status == 200 {
            assert_eq!(
                preview.json()["allowed"],
                json!(status == 204),
                "{name} {path}"
            );
        } else {
            assert_eq!(
                preview.status, answer.status,
                "{name} {path}: what one may not see"
            );
        }
        told.push((*name, status));
        if status == 204 {
            break;
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_may_delete_whom_the_matrix_names() {
    for (settings, least) in [(NONE, 2), (OFF, 4), (CONTRIBUTORS, 3)] {
        for kind in ["tags", "repositories", "namespaces", "teams"] {
            for (place, space) in ["qa", "open"].into_iter().enumerate() {
                let mut world = World::with(settings).await;
                // From those who may least to those who may most.
                world.people.sort_by_key(|(name, _)| {
                    [
                        "anonymous",
                        "outsider",
                        "viewer",
                        "contributor",
                        "owner",
                        "admin",
                    ]
                    .iter()
                    .position(|it| it == name)
                });
                let (repository, tags) = world.find(&format!("{space}/web")).await.unwrap();
                let id = match kind {
                    "tags" => tags["1"].as_i64().unwrap(),
                    "repositories" => repository,
                    "namespaces" => world.spaces[place],
                    _ => world.team,
                };
                let hidden = kind == "teams" || space == "qa";
                let mut expected = vec![
                    ("anonymous", 401),
                    ("outsider", if hidden { 404 } else { 403 }),
                    ("viewer", 403),
                ];
                match least {
                    4 => expected.extend([("contributor", 403), ("owner", 403), ("admin", 403)]),
                    3 => expected.push(("contributor", 204)),
                    _ => expected.extend([("contributor", 403), ("owner", 204)]),
                }
                let told = refusals(&world, &format!("/api/v1/{kind}/{id}")).await;
                assert_eq!(told, expected, "{kind} {space} {settings:?}");
                let left = world
                    .find(&format!("{space}/web"))
                    .await
                    .map(|(_, tags)| tags);
                let names: Vec<String> = left
                    .iter()
                    .flat_map(|tags| tags.as_object().unwrap().keys().cloned())
                    .collect();
                let wanted: &[&str] = match (least, kind) {
                    (4, _) => &["1", "2", "3"],
                    (_, "tags") => &["3"],
                    _ => &[],
                };
                assert_eq!(names, wanted, "{kind} {space}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn destroyable_is_what_deleting_then_says() {
    for settings in [NONE, OFF, CONTRIBUTORS] {
        let world = World::with(settings).await;
        let (id, _) = world.find("open/web").await.unwrap();
        for (name, caller) in &world.people[1..] {
            let shown = world
                .app
                .get(caller, &format!("/api/v1/repositories/{id}"))
                .await;
            let preview = world
                .app
                .get(caller, &format!("/api/v1/repositories/{id}/deletion"))
                .await;
            assert_eq!(
                shown.json()["destroyable"],
                preview.json()["allowed"],
                "{name}"
            );
            let reason = preview.json()["reason"].as_str().unwrap().to_owned();
            assert!(!reason.is_empty(), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_deleted_is_told_as_portus_tells_it() {
    let world = World::with(&[]).await;
    let (admin, owner) = (world.who("admin"), world.who("owner"));
    let (repository, tags) = world.find("qa/web").await.unwrap();
    let tag = &tags["3"];
    for path in [
        "tags/4711",
        "repositories/4711",
        "namespaces/4711",
        "teams/4711",
        "repositories/x",
    ] {
        world
            .app
            .delete(admin, &format!("/api/v1/{path}"))
            .await
            .is(404);
    }
    let answer = world.app.delete(admin, "/api/v1/tags/x").await;
    assert_eq!(
        answer.is(400).message(),
        json!({"[\"id\"]": ["is invalid"]})
    );

    world.registry.fail(Fault::DeleteOne(digest(&image("b"))));
    let answer = world
        .app
        .delete(owner, &format!("/api/v1/tags/{tag}"))
        .await;
    let text = answer.is(422).message();
    assert_eq!(
        text,
        "Could not remove 3 tag: the registry answered 500 (UNKNOWN: unknown): its log says why"
    );
    world.registry.fail(Fault::Delete(405, "UNSUPPORTED"));
    let answer = world
        .app
        .delete(owner, &format!("/api/v1/repositories/{repository}"))
        .await;
    let text = "Could not remove repository: could not remove 1, 2, 3 tag(s): the registry does not delete: set \
                storage.delete.enabled to true in its configuration (a pull-through cache never deletes)";
    assert_eq!(answer.is(422).message(), text);
    let answer = world
        .app
        .delete(owner, &format!("/api/v1/namespaces/{}", world.spaces[0]))
        .await;
    assert_eq!(answer.is(422).message(), json!({"qa/web": text}));
    let answer = world
        .app
        .delete(owner, &format!("/api/v1/teams/{}", world.team))
        .await;
    let both = json!({"qa": {"qa/web": text}, "open": {"open/web": text}});
    assert_eq!(answer.is(422).message(), both);
    let spaces = world
        .app
        .get(admin, "/api/v1/namespaces?all=true")
        .await
        .json();
    for space in spaces.as_array().unwrap() {
        let path = format!("/api/v1/namespaces/{}", space["id"]);
        if space["global"] == true {
            world.app.delete(admin, &path).await.is(403);
        } else if space["team"]["hidden"] == true {
            let answer = world.app.delete(admin, &path).await;
            assert_eq!(answer.is(422).message(), "Cannot remove personal namespace");
            let preview = world
                .app
                .get(admin, &format!("{path}/deletion"))
                .await
                .json();
            assert_eq!(preview["allowed"], false, "{preview}");
            let team = &space["team"]["id"];
            world
                .app
                .delete(admin, &format!("/api/v1/teams/{team}"))
                .await
                .is(403);
        }
    }
    world.registry.fail(Fault::None);
    let answer = world
        .app
        .delete(owner, &format!("/api/v1/tags/{tag}"))
        .await;
    assert_eq!(answer.is(204).text, "");
    world
        .app
        .delete(owner, &format!("/api/v1/tags/{tag}"))
        .await
        .is(404);
    world
        .app
        .delete(owner, &format!("/api/v1/teams/{}", world.team))
        .await
        .is(204);
    world
        .app
        .delete(owner, &format!("/api/v1/teams/{}", world.team))
        .await
        .is(404);
    assert_eq!(world.registry.holds("qa/web"), [""; 0]);
    assert_eq!(world.registry.holds("open/web"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_digests_go_in_one_call_however_they_are_written() {
    let world = World::with(&[]).await;
    let (owner, viewer) = (world.who("owner"), world.who("viewer"));
    let (id, _) = world.find("qa/web").await.unwrap();
    let path = format!("/api/v1/repositories/{id}/tags");
    let (a, b) = (digest(&image("a")), digest(&image("b")));
    let body = json!({"digests": [a, b]});
    world
        .app
        .send(viewer, Method::DELETE, &path, Some(body))
        .await
        .is(403);
    world.app.delete(owner, &path).await.is(422);
    world
        .app
        .delete(owner, &format!("{path}?digests[]=latest"))
        .await
        .is(422);
    world.registry.fail(Fault::DeleteOne(b.clone()));
    let request = TestRequest::delete()
        .uri(&path)
        .insert_header(("Portus-Auth", owner.auth.clone().unwrap()))
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(format!("digests[]={a}&digests[]={b}").replace(':', "%3A"));
    let answer = world.app.call(request).await.is(200).json();
    assert_eq!(answer["removed"], json!(["1", "2"]));
    assert_eq!(
        answer["kept"],
        json!({"3": "the registry answered 500 (UNKNOWN: unknown): its log says why"})
    );
    assert_eq!(answer["repository_removed"], false);
    world.registry.fail(Fault::None);
    let answer = world
        .app
        .delete(owner, &format!("{path}?digests={b}"))
        .await
        .is(200)
        .json();
    assert_eq!(
        answer,
        json!({"removed": ["3"], "kept": {}, "repository_removed": true})
    );
    world
        .app
        .delete(owner, &format!("{path}?digests={b}"))
        .await
        .is(404);
}
