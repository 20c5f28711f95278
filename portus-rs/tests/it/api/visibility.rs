//! What lists show is what may be shown one by one, whoever looks.

mod belongings;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use portus_rs::{
    entities::{Visibility, activity, namespace, repository, tag, team, team_user},
    policy::{
        NamespaceFacts, PushPolicy, Rules, Who,
        activities::{self, AboutWhat, ActivityFacts},
        namespaces, teams, users as accounts, visible,
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use self::world::{standing, world};
use super::support::{Caller, TestApp};
use crate::support::databases::{TestDatabase, on_every_database};

/// What the rule says of each entry of the audit log, one by one.
async fn readable(app: &TestApp, who: Who) -> BTreeSet<i64> {
    let reader = app.app.database.reader();
    let rows = activity::Entity::find().all(reader).await.expect("rows");
    let alive: BTreeMap<i64, namespace::Model> = namespace::Entity::find()
        .all(reader)
        .await
        .expect("rows")
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let mut allowed = BTreeSet::new();
    for row in &rows {
        let end = rows
            .iter()
            .find(|it| it.key == "registry.delete" && it.namespace_id == row.namespace_id);
        let (team, public) = match row.namespace_id {
            None => (row.team_id, false),
            Some(id) => match (alive.get(&id), end) {
                (Some(it), _) => (Some(it.team_id), it.visibility == Visibility::Public),
                (None, Some(end)) => (end.team_id, end.visibility == Some(2)),
                (None, None) => (None, false),
            },
        };
        let facts = ActivityFacts {
            about: AboutWhat::of(
                &row.key,
                row.trackable_type.as_deref(),
                row.namespace_id.is_some(),
            ),
            actor_id: row.actor_id,
            public,
        };
        let standing = standing(app, who, team.unwrap_or(0)).await;
        if activities::show(standing, &facts).granted {
            allowed.insert(row.id);
        }
    }
    allowed
}

fn ids(values: &[Value]) -> BTreeSet<i64> {
    values.iter().filter_map(Value::as_i64).collect()
}

/// Each team with its members and namespaces, one by one; answers with those that are listed.
async fn teams_agree(
    app: &TestApp,
    (name, caller, who): (&str, &Caller, Who),
    groups: &[team::Model],
    spaces: &[namespace::Model],
) -> BTreeSet<i64> {
    let reader = app.app.database.reader();
    let listed = async |path: String| ids(&app.get(caller, &path).await.is(200).pluck("id"));
    let mut known = BTreeSet::new();
    for row in groups {
        let standing = standing(app, who, row.id).await;
        let paths =
            ["", "/members", "/namespaces"].map(|part| format!("/api/v1/teams/{}{part}", row.id));
        if !teams::show(standing).granted {
            for path in paths {
                app.get(caller, &path).await.is(404);
            }
            continue;
        }
        if !row.hidden {
            known.insert(row.id);
        }
        app.get(caller, &paths[0]).await.is(200);
        let members = team_user::Entity::find()
            .filter(team_user::Column::TeamId.eq(row.id))
            .all(reader)
            .await
            .expect("rows");
        let members: BTreeSet<i64> = members.iter().map(|it| it.user_id).collect();
        assert_eq!(
            listed(paths[1].clone()).await,
            members,
            "members for {name}"
        );
        let owned: BTreeSet<i64> = spaces
            .iter()
            .filter(|it| it.team_id == row.id)
            .map(|it| it.id)
            .collect();
        assert_eq!(
            listed(paths[2].clone()).await,
            owned,
            "a team's namespaces for {name}"
        );
    }
    known
}

on_every_database! {
    async fn the_conditions_say_what_the_rules_say(database: TestDatabase) {
        let world = Box::pin(world(&database)).await;
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

            let narrowed = team::Entity::find()
                .filter(visible::teams(*who))
                .all(reader)
                .await
                .expect("rows");
            let narrowed: BTreeSet<i64> = narrowed.iter().map(|row| row.id).collect();
            let mut allowed = BTreeSet::new();
            for row in team::Entity::find().all(reader).await.expect("rows") {
                if teams::show(standing(&world.app, *who, row.id).await).granted {
                    allowed.insert(row.id);
                }
            }
            assert_eq!(narrowed, allowed, "teams of {name}");

            for (push, create_namespace) in [
                (PushPolicy::AllowTeams, true),
                (PushPolicy::AllowTeams, false),
                (PushPolicy::AdminOnly, true),
            ] {
                let rules = Rules {
                    push,
                    create_namespace,
                    ..world.app.app.rules
                };
                let narrowed = team::Entity::find()
                    .filter(visible::teams_to_fill(*who, &rules))
                    .all(reader)
                    .await
                    .expect("rows");
                let narrowed: BTreeSet<i64> = narrowed.iter().map(|row| row.id).collect();
                let mut allowed = BTreeSet::new();
                for row in team::Entity::find().all(reader).await.expect("rows") {
                    let standing = standing(&world.app, *who, row.id).await;
                    if namespaces::create_in(standing, row.hidden, &rules).granted {
                        allowed.insert(row.id);
                    }
                }
                assert_eq!(narrowed, allowed, "teams that {name} may fill by {rules:?}");
            }

            let narrowed = activity::Entity::find()
                .filter(visible::activities(*who))
                .all(reader)
                .await
                .expect("rows");
            let narrowed: BTreeSet<i64> = narrowed.iter().map(|row| row.id).collect();
            assert_eq!(narrowed, readable(&world.app, *who).await, "activities of {name}");
        }
    }

    async fn lists_hold_what_the_rules_allow(database: TestDatabase) {
        let world = Box::pin(world(&database)).await;
        let app = &world.app;
        let reader = app.app.database.reader();
        let spaces = namespace::Entity::find().all(reader).await.expect("rows");
        let repositories = repository::Entity::find().all(reader).await.expect("rows");
        let groups = team::Entity::find().all(reader).await.expect("rows");
        let mut sizes = Vec::new();
        for (name, caller, who) in &world.personas {
            if caller.auth.is_none() {
                for noun in ["namespaces", "repositories", "teams", "tags", "users", "activities", "audit"] {
                    app.get(caller, &format!("/api/v1/{noun}")).await.is(401);
                }
                continue;
            }
            let listed = async |path: String| ids(&app.get(caller, &path).await.is(200).pluck("id"));
            let mut seen = BTreeSet::new();
            let mut listable = BTreeSet::new();
            for row in &spaces {
                let standing = standing(app, *who, row.team_id).await;
                let path = format!("/api/v1/namespaces/{}", row.id);
                if namespaces::pull(standing, &row.into()).granted {
                    seen.insert(row.id);
                    app.get(caller, &path).await.is(200);
                    // Of use to nobody, so not listed; its id works.
                    if row.name != "portus" {
                        listable.insert(row.id);
                    }
                } else {
                    app.get(caller, &path).await.is(404);
                }
            }
            assert_eq!(listed("/api/v1/namespaces".into()).await, listable, "namespaces of {name}");

            let mine: BTreeSet<i64> = repositories
                .iter()
                .filter(|row| seen.contains(&row.namespace_id))
                .map(|row| row.id)
                .collect();
            assert_eq!(listed("/api/v1/repositories".into()).await, mine, "repositories of {name}");
            for row in &repositories {
                let path = format!("/api/v1/repositories/{}/tags", row.id);
                if mine.contains(&row.id) {
                    let all = tag::Entity::find()
                        .filter(tag::Column::RepositoryId.eq(row.id))
                        .all(reader)
                        .await
                        .expect("rows");
                    let all: BTreeSet<i64> = all.iter().map(|row| row.id).collect();
                    assert_eq!(listed(path).await, all, "tags of {name}");
                } else {
                    app.get(caller, &path).await.is(404);
                }
            }
            for row in &spaces {
                let path = format!("/api/v1/namespaces/{}/repositories", row.id);
                if seen.contains(&row.id) {
                    let held: BTreeSet<i64> = repositories
                        .iter()
                        .filter(|it| it.namespace_id == row.id)
                        .map(|it| it.id)
                        .collect();
                    assert_eq!(listed(path).await, held, "repositories of a namespace of {name}");
                } else {
                    app.get(caller, &path).await.is(404);
                }
            }

            let known = teams_agree(app, (name, caller, *who), &groups, &spaces).await;
            assert_eq!(listed("/api/v1/teams".into()).await, known, "teams of {name}");

            let nowhere = standing(app, *who, 0).await;
            let administers = accounts::administer(nowhere).granted;
            for noun in ["users", "tags", "audit", "registries"] {
                let status = if administers { 200 } else { 403 };
                app.get(caller, &format!("/api/v1/{noun}")).await.is(status);
            }
            assert_eq!(
                listed("/api/v1/activities".into()).await,
                readable(app, *who).await,
                "activities of {name}"
            );
            sizes.push((*name, mine.len()));
        }
        let size = |name: &str| sizes.iter().find(|it| it.0 == name).map(|it| it.1);
        assert!(
            size("outsider") < size("viewer") && size("viewer") < size("admin"),
            "{sizes:?}"
        );
        assert_eq!(size("owner"), size("contributor"));
    }
}

#[actix_web::test]
async fn the_history_of_what_is_gone_stays_with_those_who_could_read_it() {
    let database = TestDatabase::sqlite();
    let world = Box::pin(world(&database)).await;
    let app = &world.app;
    let told = async |name: &str| -> BTreeSet<i64> {
        let (_, caller, _) = world
            .personas
            .iter()
            .find(|it| it.0 == name)
            .expect("a persona");
        let answer = app
            .get(caller, "/api/v1/activities?created_after=1999-01-01")
            .await;
        ids(&answer.is(200).pluck("namespace_id"))
            .into_iter()
            .filter(|id| *id > 9000)
            .collect()
    };
    assert_eq!(told("outsider").await, BTreeSet::from([9003]));
    assert_eq!(told("viewer").await, BTreeSet::from([9001, 9003]));
    assert_eq!(told("admin").await, BTreeSet::from([9001, 9002, 9003]));
}

#[actix_web::test]
async fn portus_own_namespace_is_not_listed_and_can_be_read() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let portus = portus_rs::queries::by_name::user(&app.app.database, "portus")
        .await
        .expect("a look")
        .expect("an account");
    let home = namespace::Entity::find()
        .filter(namespace::Column::PersonalUserId.eq(portus.id))
        .one(app.app.database.reader())
        .await
        .expect("a look")
        .expect("a namespace");
    assert_eq!(home.name, "portus");
    let listed = app.get(&admin, "/api/v1/namespaces").await.pluck("id");
    assert!(!listed.contains(&Value::from(home.id)));
    app.get(&admin, &format!("/api/v1/namespaces/{}", home.id))
        .await
        .is(200);
    let eve = app.user("eve").await;
    app.get(&eve, &format!("/api/v1/namespaces/{}", home.id))
        .await
        .is(404);
}

#[actix_web::test]
async fn a_stranger_sees_a_private_namespace_like_one_that_is_not_there() {
    let app = TestApp::with_registry().await;
    let outsider = app.user("outsider").await;
    let owner = app.user("owner").await;
    let team = app.team("devs", &owner).await;
    let private = app.namespace("shop", &team, "private").await;
    let hidden = app
        .get(&outsider, &format!("/api/v1/namespaces/{}", private.id))
        .await;
    let missing = app.get(&outsider, "/api/v1/namespaces/4711").await;
    assert_eq!(
        (hidden.is(404).status, &hidden.text),
        (missing.status, &missing.text)
    );
}
