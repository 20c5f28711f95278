//! Namespaces of every kind, with all that belongs to them, and callers of every kind.

use portus_rs::{
    actions::{
        application_tokens::{self, Ends, NewToken},
        change::Change,
    },
    entities::{Role, TokenScope, Visibility, activity, namespace, team_user},
    policy::{Reach, Standing, Who},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    api::support::{Caller, OPERATOR, TestApp},
    support::databases::TestDatabase,
};

pub struct World {
    pub app: TestApp,
    pub personas: Vec<(&'static str, Caller, Who)>,
}

/// Namespaces of every kind and visibility, with a repository each, a caller of every kind, with tokens of every kind,
/// and history of namespaces that are gone.
pub async fn world(database: &TestDatabase) -> World {
    let app = TestApp::on(database).await;
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
    for row in namespace::Entity::find()
        .all(app.app.database.reader())
        .await
        .expect("rows")
    {
        let repository = app.repository(row.id, "app").await;
        app.tag(repository, "latest", "sha256:aa", None).await;
        pushed(&app, row.id, (row.team_id, row.visibility)).await;
    }
    // What was once `public` at a push need not have been so at the end.
    for (id, team, then, at_the_end) in [
        (9001, team.id, Visibility::Private, Visibility::Private),
        (9002, other.id, Visibility::Public, Visibility::Private),
        (9003, other.id, Visibility::Private, Visibility::Public),
    ] {
        pushed(&app, id, (team, then)).await;
        entry(&app, "registry.delete", "Registry", id, (team, at_the_end)).await;
        entry(&app, "namespace.create", "Namespace", id, (team, then)).await;
    }
    for (name, username, scope, namespace, ends) in [
        (
            "the owner, by a token that reads",
            "owner",
            TokenScope::Read,
            None,
            Ends::Never,
        ),
        (
            "the owner, by a token of one namespace",
            "owner",
            TokenScope::Full,
            Some("d-private"),
            Ends::Never,
        ),
        (
            "the owner, by a token that ends",
            "owner",
            TokenScope::Full,
            None,
            Ends::After(30),
        ),
        (
            "the admin, by a token of one namespace",
            "admin",
            TokenScope::Full,
            Some("o-private"),
            Ends::Never,
        ),
    ] {
        let new = NewToken {
            application: name.to_owned(),
            scope,
            namespace: namespace.map(str::to_owned),
            ends,
        };
        let (id, admin) = personas
            .iter()
            .find(|it| it.0 == username)
            .map(|it| (it.1.id, username == "admin"))
            .expect("a persona");
        let issued = application_tokens::issue_limited(&app.app, &OPERATOR, id, &new)
            .await
            .expect("a token");
        let reach = Reach {
            scope,
            namespace: issued.token.namespace_id,
            ends: ends != Ends::Never,
        };
        let auth = Some(format!("{username}:{}", issued.plain));
        personas.push((name, Caller { id, auth }, Who::with(id, admin, reach)));
    }
    World { app, personas }
}

async fn pushed(app: &TestApp, namespace: i64, place: (i64, Visibility)) {
    entry(app, "repository.push", "Repository", namespace, place).await;
}

async fn entry(
    app: &TestApp,
    key: &str,
    kind: &str,
    namespace: i64,
    (team, visibility): (i64, Visibility),
) {
    let mut change = Change::begin(&app.app, &OPERATOR).await.expect("a change");
    let books = change.books().expect("leave");
    let row = activity::ActiveModel {
        key: Set(key.to_owned()),
        actor_name: Set("somebody".to_owned()),
        trackable_type: Set(Some(kind.to_owned())),
        trackable_id: Set(Some(1)),
        registry_id: Set(Some(1)),
        team_id: Set(Some(team)),
        namespace_id: Set(Some(namespace)),
        namespace_name: Set(Some(format!("n{namespace}"))),
        visibility: Set(Some(i64::from(visibility as i16))),
        parameters: Set("{}".to_owned()),
        created_at: Set(change.now()),
        ..Default::default()
    };
    let _ = change.insert(&books, row).await.expect("an entry");
    change.commit_unrecorded("a test").await.expect("a commit");
}

/// How somebody stands in a team.
pub async fn standing(app: &TestApp, who: Who, team_id: i64) -> Standing {
    let role: Option<Role> = match who {
        Who::User { id, .. } | Who::Limited { id, .. } => team_user::Entity::find()
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
