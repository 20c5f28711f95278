//! What lists show is what may be shown one by one, whoever looks.

use std::collections::BTreeSet;

use portus_rs::{
    entities::{Role, namespace, team_user},
    policy::{NamespaceFacts, Standing, Who, namespaces, teams, visible},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::support::{Caller, TestApp};

struct World {
    app: TestApp,
    personas: Vec<(&'static str, Caller, Who)>,
}

/// Namespaces of every kind and visibility, with a repository each, and a caller of every kind.
async fn world() -> World {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let owner = app.user("owner").await;
    let team = app.team("devs", &owner).await;
    let other = app.team("others", &admin).await;
    let mut personas = vec![("anonymous", Caller::NOBODY, Who::Anonymous)];
    for (name, role) in [
        ("viewer", Some("viewer")),
        ("contributor", Some("contributor")),
        ("outsider", None),
        ("robot", Some("viewer")),
    ] {
        let caller = app.account(name, false, name == "robot").await;
        if let Some(role) = role {
            app.member(&team, name, role).await;
        }
        let who = Who::User {
            id: caller.id,
            admin: false,
        };
        personas.push((name, caller, who));
    }
    for (name, caller, admin) in [("owner", owner, false), ("admin", admin, true)] {
        let who = Who::User {
            id: caller.id,
            admin,
        };
        personas.push((name, caller, who));
    }
    for (prefix, team) in [("d", &team), ("o", &other)] {
        for visibility in ["private", "protected", "public"] {
            app.namespace(&format!("{prefix}-{visibility}"), team, visibility)
                .await;
        }
    }
    let all = namespace::Entity::find()
        .all(app.app.database.reader())
        .await
        .expect("rows");
    for row in all {
        let repository = app.repository(row.id, "app").await;
        app.tag(repository, "latest", "sha256:aa", None).await;
    }
    World { app, personas }
}

async fn standing(app: &TestApp, who: Who, team_id: i64) -> Standing {
    let role: Option<Role> = match who {
        Who::User { id, .. } => team_user::Entity::find()
            .filter(team_user::Column::UserId.eq(id))
            .filter(team_user::Column::TeamId.eq(team_id))
            .one(app.app.database.reader())
            .await
            .expect("a row")
            .map(|row| row.role),
        _ => None,
    };
    Standing { who, role }
}

#[actix_web::test]
async fn the_conditions_say_what_the_rules_say() {
    let world = Box::pin(world()).await;
    let reader = world.app.app.database.reader();
    for (name, _, who) in &world.personas {
        let narrowed = namespace::Entity::find()
            .filter(visible::namespaces(*who))
            .all(reader)
            .await
            .expect("rows");
        let narrowed: BTreeSet<i64> = narrowed.iter().map(|row| row.id).collect();
        let mut allowed = BTreeSet::new();
        for row in namespace::Entity::find().all(reader).await.expect("rows") {
            let standing = standing(&world.app, *who, row.team_id).await;
            if namespaces::pull(standing, &NamespaceFacts::from(&row)).granted {
                allowed.insert(row.id);
            }
        }
        assert_eq!(narrowed, allowed, "namespaces of {name}");

        let entity = portus_rs::entities::team::Entity::find();
        let narrowed = entity
            .filter(visible::teams(*who))
            .all(reader)
            .await
            .expect("rows");
        let narrowed: BTreeSet<i64> = narrowed.iter().map(|row| row.id).collect();
        let mut allowed = BTreeSet::new();
        for row in portus_rs::entities::team::Entity::find()
            .all(reader)
            .await
            .expect("rows")
        {
            if teams::show(standing(&world.app, *who, row.id).await).granted {
                allowed.insert(row.id);
            }
        }
        assert_eq!(narrowed, allowed, "teams of {name}");
    }
}

#[actix_web::test]
async fn lists_hold_what_is_shown_one_by_one() {
    let world = Box::pin(world()).await;
    let app = &world.app;
    let admin = &world
        .personas
        .iter()
        .find(|it| it.0 == "admin")
        .expect("an admin")
        .1;
    let mut sizes = Vec::new();
    for (name, caller, _) in &world.personas {
        for noun in ["namespaces", "repositories", "teams"] {
            let path = format!("/api/v1/{noun}");
            if caller.auth.is_none() {
                app.get(caller, &path).await.is(401);
                continue;
            }
            let listed = app.get(caller, &path).await.is(200).pluck("id");
            let mut shown = Vec::new();
            for id in app.get(admin, &path).await.pluck("id") {
                let answer = app.get(caller, &format!("{path}/{id}")).await;
                match answer.status.as_u16() {
                    200 => shown.push(id),
                    404 => {}
                    other => panic!("{name} got {other} for {path}/{id}"),
                }
            }
            assert_eq!(listed, shown, "{noun} of {name}");
            if noun == "repositories" {
                sizes.push((*name, listed.len()));
            }
        }
    }
    let size = |name: &str| sizes.iter().find(|it| it.0 == name).map(|it| it.1);
    assert!(
        size("outsider") < size("viewer") && size("viewer") < size("admin"),
        "{sizes:?}"
    );
    assert_eq!(size("owner"), size("contributor"));
}

#[actix_web::test]
async fn a_stranger_sees_a_private_namespace_like_one_that_is_not_there() {
    let world = Box::pin(world()).await;
    let app = &world.app;
    let outsider = &world
        .personas
        .iter()
        .find(|it| it.0 == "outsider")
        .expect("an outsider")
        .1;
    let admin = &world
        .personas
        .iter()
        .find(|it| it.0 == "admin")
        .expect("an admin")
        .1;
    let all = app.get(admin, "/api/v1/namespaces").await.json();
    let private = all
        .as_array()
        .and_then(|all| all.iter().find(|it| it["name"] == "d-private"));
    let private: &Value = &private.expect("a namespace")["id"];
    let hidden = app
        .get(outsider, &format!("/api/v1/namespaces/{private}"))
        .await;
    let missing = app.get(outsider, "/api/v1/namespaces/4711").await;
    assert_eq!((hidden.status, hidden.text), (missing.status, missing.text));
}
