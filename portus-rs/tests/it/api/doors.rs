//! The catalogue of decisions is what the doors do: every operation that only looks is asked by everybody, also through
//! tokens that carry less than their owner's rights, and answers as the action says that stands beside it here. The
//! operations are those of the served document, so that none is forgotten.
//!
//! What changes something needs no such test: it cannot be written without the permit of a guard.

use std::collections::BTreeSet;

use portus_rs::{
    entities::{TokenScope, namespace, repository, tag, team, team_user, user},
    error::Error,
    policy::{
        Reach, Standing, Who,
        catalogue::{self, Decision, Kind, Refusal, Thing},
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{
    support::{Caller, TestApp},
    walk::world::{ENDS, Ids, ONE_NAMESPACE, PULLS, READS, World},
};
use crate::support::databases::TestDatabase;

/// Operations that look, with a question where one is needed, and the action that decides.
const DOORS: &[(&str, &str)] = &[
    ("/admin/activities.csv", "audit.list"),
    ("/api/v1/activities", "service.look"),
    ("/api/v1/audit", "audit.list"),
    ("/api/v1/bots/{bot}/trusts", "user.list_trusts"),
    ("/api/v1/events/dead", "user.list"),
    ("/api/v1/explain?action=team.create", "service.look"),
    ("/api/v1/namespaces", "service.look"),
    ("/api/v1/namespaces/typeahead/{q}", "service.look"),
    ("/api/v1/namespaces/validate?name=x", "service.look"),
    ("/api/v1/namespaces/{namespace}", "namespace.show"),
    ("/api/v1/namespaces/{namespace}/deletion", "namespace.show"),
    (
        "/api/v1/namespaces/{namespace}/repositories",
        "namespace.show",
    ),
    ("/api/v1/namespaces/{namespace}/webhooks", "webhook.list"),
    (
        "/api/v1/namespaces/{namespace}/webhooks/{webhook}",
        "webhook.list",
    ),
    (
        "/api/v1/namespaces/{namespace}/webhooks/{webhook}/deliveries",
        "webhook.list",
    ),
    (
        "/api/v1/namespaces/{namespace}/webhooks/{webhook}/deliveries/{delivery}",
        "webhook.list",
    ),
    (
        "/api/v1/namespaces/{namespace}/webhooks/{webhook}/headers",
        "webhook.list",
    ),
    ("/api/v1/profile", "service.look"),
    ("/api/v1/registries", "user.list"),
    (
        "/api/v1/registries/validate?name=a&hostname=b&use_ssl=0&only=name",
        "user.list",
    ),
    ("/api/v1/repositories", "service.look"),
    ("/api/v1/repositories/other", "service.look"),
    ("/api/v1/repositories/team", "service.look"),
    ("/api/v1/repositories/{repository}", "repository.show"),
    (
        "/api/v1/repositories/{repository}/comments",
        "repository.show",
    ),
    (
        "/api/v1/repositories/{repository}/deletion",
        "repository.show",
    ),
    ("/api/v1/repositories/{repository}/tags", "repository.show"),
    (
        "/api/v1/repositories/{repository}/tags/grouped",
        "repository.show",
    ),
    (
        "/api/v1/repositories/{repository}/tags/{tag}",
        "repository.show",
    ),
    ("/api/v1/session", "service.look"),
    ("/api/v1/sessions", "session.list"),
    ("/api/v1/sync", "user.list"),
    ("/api/v1/sync/{run}", "user.list"),
    ("/api/v1/tags", "user.list"),
    ("/api/v1/tags/{tag}", "repository.show"),
    ("/api/v1/tags/{tag}/deletion", "repository.show"),
    ("/api/v1/teams", "service.look"),
    ("/api/v1/teams/typeahead/{q}", "service.look"),
    ("/api/v1/teams/{team}", "team.show"),
    ("/api/v1/teams/{team}/bots", "team.list_bots"),
    ("/api/v1/teams/{team}/deletion", "team.show"),
    ("/api/v1/teams/{team}/members", "team.show"),
    ("/api/v1/teams/{team}/namespaces", "team.show"),
    ("/api/v1/teams/{team}/typeahead/{q}", "team.manage_members"),
    ("/api/v1/users", "user.list"),
    ("/api/v1/users/{user}", "user.list"),
    (
        "/api/v1/users/{user}/application_tokens",
        "user.list_tokens",
    ),
    ("/api/v1/users/{bot}/application_tokens", "user.list_tokens"),
    ("/api/v1/users/{user}/docker_logins", "session.list"),
    ("/api/v1/users/{user}/identities", "session.list"),
    ("/api/v1/users/{user}/sessions", "session.list"),
    ("/api/version", "service.look"),
    ("/namespaces/typeahead/{q}", "service.look"),
    ("/repositories/other", "service.look"),
    ("/repositories/team", "service.look"),
    ("/teams/typeahead/{q}", "service.look"),
    ("/teams/{team}/typeahead/{q}", "team.manage_members"),
];

/// Paths without the names in their braces, which differ here.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn filled(path: &str, ids: &Ids) -> String {
    let parts = path.split('/').map(|part| {
        match part.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            Some("q") => "a".to_owned(),
            Some(name) => ids[name].to_string(),
            None => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn in_repository(app: &TestApp, id: i64) -> (repository::Model, namespace::Model) {
    let found = repository::Entity::find_by_id(id)
        .find_also_related(namespace::Entity)
        .one(app.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    (found.0, found.1.unwrap())
}

/// What an action is about behind this door: the account that the path names, or else the caller's.
async fn thing(app: &TestApp, caller: &Caller, kind: Kind, door: &str, ids: &Ids) -> Thing {
    let reader = app.app.database.reader();
    match kind {
        Kind::Service => Thing::Service(()),
        Kind::User => {
            let named = ["user", "bot"].into_iter();
            let named = named.filter(|it| door.contains(&format!("{{{it}}}")));
            let id = named.map(|it| ids[it]).next().unwrap_or(caller.id);
            let found = user::Entity::find_by_id(id).one(reader).await;
            Thing::User(found.unwrap().unwrap())
        }
        Kind::Team => {
            let found = team::Entity::find_by_id(ids["team"]).one(reader).await;
            Thing::Team(found.unwrap().unwrap())
        }
        Kind::Namespace => {
            let found = namespace::Entity::find_by_id(ids["namespace"])
                .one(reader)
                .await;
            Thing::Namespace(found.unwrap().unwrap())
        }
        Kind::Repository => Thing::Repository(in_repository(app, ids["repository"]).await),
        Kind::Tag => {
            let found = tag::Entity::find_by_id(ids["tag"]).one(reader).await;
            let row = found.unwrap().unwrap();
            let (repository, namespace) = in_repository(app, row.repository_id).await;
            Thing::Tag((row, repository, namespace))
        }
        other => panic!("nothing that is looked at is {other:?}"),
    }
}

/// What the catalogue says of an action on what stands behind a door.
async fn decided(
    app: &TestApp,
    (caller, who): (&Caller, Who),
    key: &str,
    door: &str,
    ids: &Ids,
) -> Decision {
    let action = catalogue::action(key).unwrap_or_else(|| panic!("there is no {key}"));
    let thing = &thing(app, caller, action.about, door, ids).await;
    let role = team_user::Entity::find()
        .filter(team_user::Column::UserId.eq(caller.id))
        .filter(team_user::Column::TeamId.eq(thing.team_id().unwrap_or(0)))
        .one(app.app.database.reader())
        .await
        .unwrap()
        .map(|row| row.role);
    let place = match thing {
        Thing::Namespace(it) | Thing::Repository((_, it)) | Thing::Tag((_, _, it)) => Some(it.id),
        _ => None,
    };
    let standing = Standing::towards(who, role, place);
    action.decide(standing, thing, &app.app.rules).unwrap()
}

/// How a decision is answered. Portus' pages know 403 only of tokens that lack something.
fn status(door: &str, decision: Decision) -> Value {
    let of_pages = !door.starts_with("/api/") && !door.ends_with(".csv");
    let limited = || matches!(decision.verdict.refusal(), Error::Limited(_));
    json!(match (decision.verdict.granted, decision.refusal) {
        (true, _) => 200,
        (false, Refusal::Hidden) => 404,
        (false, _) if of_pages && !limited() => 401,
        (false, _) => 403,
    })
}

/// The action that a preview is about: it says of `allowed` what the action would be answered.
fn previewed(door: &str) -> Option<String> {
    let (before, _) = door.strip_suffix("/deletion")?.rsplit_once('}')?;
    let (_, noun) = before.rsplit_once('{')?;
    Some(format!("{noun}.delete"))
}

fn who(name: &str, caller: &Caller, mine: &Ids) -> Who {
    let reach = match name {
        READS => Reach {
            scope: TokenScope::Read,
            ..Reach::FULL
        },
        PULLS => Reach {
            scope: TokenScope::Pull,
            ..Reach::FULL
        },
        ONE_NAMESPACE => Reach {
            namespace: Some(mine["namespace"]),
            ..Reach::FULL
        },
        ENDS => Reach {
            ends: true,
            ..Reach::FULL
        },
        _ => Reach::FULL,
    };
    Who::with(caller.id, name == "admin", reach)
}

#[actix_web::test]
async fn doors_open_to_whom_the_catalogue_says() {
    let database = TestDatabase::sqlite();
    let world = Box::pin(World::on(&database)).await;
    let app = &world.app;
    let document = app.get(&Caller::NOBODY, "/api/openapi-spec").await.json();
    let served: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, methods)| {
            // What docker and registries ask has no operation of the API.
            let spoken = path.starts_with("/v1") || path.starts_with("/v2");
            let open = methods["get"]["security"] == json!([]);
            methods["get"].is_object() && !spoken && !open
        })
        .map(|(path, _)| shape(path))
        .collect();
    let known: BTreeSet<String> = DOORS.iter().map(|it| shape(it.0)).collect();
    assert_eq!(served, known, "say in DOORS which action decides");

    let mut everybody = world.strangers.clone();
    everybody.push(("admin", world.admin.clone()));
    let mut wrong = Vec::new();
    for (name, caller) in &everybody {
        let asks = (caller, who(name, caller, &world.mine));
        for (where_, ids) in [
            ("mine", &world.mine),
            ("theirs", &world.theirs[0].1),
            ("open", &world.open),
        ] {
            let look = decided(app, asks, "service.look", "", ids).await;
            for (door, key) in DOORS {
                let answer = app.get(caller, &filled(door, ids)).await;
                let decision = decided(app, asks, key, door, ids).await;
                let decision = if look.verdict.granted { decision } else { look };
                let told = json!(answer.status.as_u16());
                let mut compared =
                    vec![((*key).to_owned(), decision, status(door, decision), told)];
                if compared[0].3 == 200
                    && let Some(key) = previewed(door)
                {
                    let decision = decided(app, asks, &key, door, ids).await;
                    let told = answer.json()["allowed"].clone();
                    compared.push((key, decision, json!(decision.verdict.granted), told));
                }
                for (key, decision, right, told) in compared {
                    if told != right {
                        let rule = decision.verdict.rule;
                        wrong.push(format!(
                            "{door} {where_}, {name}: {key} says {right} ({rule:?}), the door {told}"
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Guards refuse every credential that changes nothing, so what such a credential may see is a rule of its own.
#[test]
fn no_door_that_looks_is_decided_by_a_guard() {
    for (door, key) in DOORS {
        let action = catalogue::action(key).expect("an action");
        let by_rule = action
            .decided_by
            .split("::")
            .last()
            .is_some_and(|it| it.starts_with(char::is_lowercase));
        // Whoever is offered newcomers is about to let one in.
        assert!(
            by_rule || *key == "team.manage_members",
            "{door} is decided by {}",
            action.decided_by
        );
    }
}
