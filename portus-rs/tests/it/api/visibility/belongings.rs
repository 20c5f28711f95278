//! What hangs on namespaces, repositories, teams and accounts: listed as it is shown one by one.

use std::{collections::BTreeSet, sync::Arc};

use portus_rs::{
    actions::{
        bots::{self, NewBot},
        change::Change,
        comments,
        webhooks::{self, WebhookFields, deliveries::Message},
    },
    entities::{
        application_token, comment, namespace, repository, session, tag, team, user, webhook,
        webhook_delivery,
    },
    identity::actor::{Account, Actor},
    policy::{Standing, Who, namespaces, sessions, teams, users as accounts, webhooks as hooks},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::IntoCondition,
};

use super::{
    ids,
    world::{World, standing, world},
};
use crate::{
    api::support::{Caller, OPERATOR, TestApp},
    support::databases::{TestDatabase, on_every_database},
};

async fn rows<E: EntityTrait>(app: &TestApp, which: impl IntoCondition) -> Vec<E::Model> {
    let found = E::find().filter(which.into_condition());
    found.all(app.app.database.reader()).await.expect("rows")
}

/// A webhook with a delivery in each namespace, a comment on each repository, a bot of each team, a session of each
/// account.
async fn furnished(database: &TestDatabase) -> World {
    let world = world(database).await;
    let app = &world.app;
    let admin = rows::<user::Entity>(app, user::Column::Username.eq("admin")).await;
    let admin = Actor::User(Arc::new(Account::from(&admin[0])));
    for row in rows::<namespace::Entity>(app, Condition::all()).await {
        let fields = WebhookFields {
            url: Some("https://hooks.example.com/".to_owned()),
            ..WebhookFields::default()
        };
        let made = webhooks::create(&app.app, &OPERATOR, row.id, fields)
            .await
            .expect("a webhook");
        let mut change = Change::begin(&app.app, &Actor::Portus)
            .await
            .expect("a change");
        let books = change.books().expect("leave");
        let message = Message {
            event: "push".to_owned(),
            body: "{}".to_owned(),
            request_id: None,
            retrigger_of: None,
            test: false,
        };
        change
            .queue_deliveries(&books, [(made.id, message)])
            .await
            .expect("a delivery");
        change.commit_unrecorded("a test").await.expect("a commit");
    }
    for row in rows::<repository::Entity>(app, Condition::all()).await {
        comments::write(&app.app, &admin, row.id, "well")
            .await
            .expect("a comment");
    }
    for row in rows::<team::Entity>(app, team::Column::Hidden.eq(false)).await {
        let new = NewBot {
            username: format!("{}-bot", row.name),
            ..NewBot::default()
        };
        bots::create(&app.app, &OPERATOR, row.id, new)
            .await
            .expect("a bot");
    }
    let people = rows::<user::Entity>(app, Condition::all()).await;
    let mut change = Change::begin(&app.app, &Actor::Portus)
        .await
        .expect("a change");
    let books = change.books().expect("leave");
    let now = change.now();
    for row in people {
        let session = session::ActiveModel {
            user_id: Set(row.id),
            secret_sha256: Set(format!("of {}", row.username)),
            credentials_version: Set(row.credentials_version),
            remember: Set(false),
            address: Set("192.0.2.1".to_owned()),
            user_agent: Set("a browser".to_owned()),
            created_at: Set(now),
            last_seen_at: Set(now),
            expires_at: Set(now + chrono::TimeDelta::days(1)),
            ..Default::default()
        };
        change.insert(&books, session).await.expect("a session");
    }
    change.commit_unrecorded("a test").await.expect("a commit");
    world
}

/// Somebody who looks, and what they may be told.
struct Onlooker<'a> {
    app: &'a TestApp,
    name: &'static str,
    caller: &'a Caller,
    who: Who,
}

impl Onlooker<'_> {
    /// A list holds just these, or is refused with that status.
    async fn lists(&self, path: &str, wanted: Result<BTreeSet<i64>, u16>) {
        let answer = self.app.get(self.caller, path).await;
        let told = match answer.status.as_u16() {
            200 => Ok(ids(&answer.pluck("id"))),
            status => Err(status),
        };
        assert_eq!(told, wanted, "{path} for {}: {}", self.name, answer.text);
    }

    /// One thing is shown, or refused with that status.
    async fn shows(&self, path: &str, wanted: Result<(), u16>) {
        let answer = self.app.get(self.caller, path).await;
        let status = answer.status.as_u16();
        assert_eq!(
            status,
            wanted.err().unwrap_or(200),
            "{path} for {}: {}",
            self.name,
            answer.text
        );
    }

    async fn towards(&self, row: &namespace::Model) -> Standing {
        let standing = standing(self.app, self.who, row.team_id).await;
        Standing::towards(self.who, standing.role, Some(row.id))
    }

    async fn in_team(&self, team_id: i64) -> Standing {
        let standing = standing(self.app, self.who, team_id).await;
        Standing::towards(self.who, standing.role, None)
    }

    /// Webhooks with what they sent.
    async fn webhooks_of(&self, row: &namespace::Model) {
        let standing = self.towards(row).await;
        let leave = if hooks::show(standing).granted {
            Ok(())
        } else if namespaces::pull(standing, &row.into()).granted {
            Err(403)
        } else {
            Err(404)
        };
        let held = rows::<webhook::Entity>(self.app, webhook::Column::NamespaceId.eq(row.id)).await;
        let path = format!("/api/v1/namespaces/{}/webhooks", row.id);
        let all = held.iter().map(|it| it.id).collect();
        self.lists(&path, leave.map(|()| all)).await;
        for it in held {
            let path = format!("{path}/{}", it.id);
            self.shows(&path, leave).await;
            let sent = rows::<webhook_delivery::Entity>(
                self.app,
                webhook_delivery::Column::WebhookId.eq(it.id),
            )
            .await;
            let all = sent.iter().map(|it| it.id).collect();
            let path = format!("{path}/deliveries");
            self.lists(&path, leave.map(|()| all)).await;
            for it in sent {
                self.shows(&format!("{path}/{}", it.id), leave).await;
            }
        }
    }

    /// Tags, one by one, and what was said.
    async fn images_of(&self, row: &namespace::Model) {
        let standing = self.towards(row).await;
        let leave = if namespaces::pull(standing, &row.into()).granted {
            Ok(())
        } else {
            Err(404)
        };
        let held =
            rows::<repository::Entity>(self.app, repository::Column::NamespaceId.eq(row.id)).await;
        for it in held {
            let path = format!("/api/v1/repositories/{}", it.id);
            self.shows(&path, leave).await;
            let tags = rows::<tag::Entity>(self.app, tag::Column::RepositoryId.eq(it.id)).await;
            let all = tags.iter().map(|it| it.id).collect();
            self.lists(&format!("{path}/tags"), leave.map(|()| all))
                .await;
            for tag in tags {
                self.shows(&format!("{path}/tags/{}", tag.id), leave).await;
                self.shows(&format!("/api/v1/tags/{}", tag.id), leave).await;
            }
            let said =
                rows::<comment::Entity>(self.app, comment::Column::RepositoryId.eq(it.id)).await;
            let all = said.iter().map(|it| it.id).collect();
            self.lists(&format!("{path}/comments"), leave.map(|()| all))
                .await;
        }
    }

    async fn bots_of(&self, row: &team::Model) {
        let standing = self.in_team(row.id).await;
        let leave = if accounts::list_bots(standing, row.hidden).granted {
            Ok(())
        } else if teams::show(standing).granted {
            Err(403)
        } else {
            Err(404)
        };
        let held = rows::<user::Entity>(self.app, user::Column::OwnerTeamId.eq(row.id)).await;
        let all = held.iter().map(|it| it.id).collect();
        let path = format!("/api/v1/teams/{}/bots", row.id);
        self.lists(&path, leave.map(|()| all)).await;
    }

    /// Tokens and sessions of an account.
    async fn keys_of(&self, row: &user::Model) {
        let standing = self.in_team(row.owner_team_id.unwrap_or(0)).await;
        let held = rows::<application_token::Entity>(
            self.app,
            application_token::Column::UserId.eq(row.id),
        )
        .await;
        let all: BTreeSet<i64> = held.iter().map(|it| it.id).collect();
        let leave = accounts::manage_tokens_of(standing, row).granted;
        let path = format!("/api/v1/users/{}/application_tokens", row.id);
        self.lists(&path, leave.then_some(all).ok_or(403)).await;

        let held = rows::<session::Entity>(self.app, session::Column::UserId.eq(row.id)).await;
        let all: BTreeSet<i64> = held.iter().map(|it| it.id).collect();
        let leave = sessions::manage(standing, row.id).granted;
        let wanted = leave.then_some(all).ok_or(403);
        let path = format!("/api/v1/users/{}/sessions", row.id);
        self.lists(&path, wanted.clone()).await;
        if row.id == self.caller.id {
            self.lists("/api/v1/sessions", wanted).await;
        }
        // Not a list of this test's, but of the same rule.
        let path = format!("/api/v1/users/{}/identities", row.id);
        self.shows(&path, if leave { Ok(()) } else { Err(403) })
            .await;
    }
}

on_every_database! {
    async fn what_belongs_to_things_is_listed_as_the_rules_allow(database: TestDatabase) {
        let world = Box::pin(furnished(&database)).await;
        let spaces = rows::<namespace::Entity>(&world.app, Condition::all()).await;
        let groups = rows::<team::Entity>(&world.app, Condition::all()).await;
        let people = rows::<user::Entity>(&world.app, Condition::all()).await;
        for (name, caller, who) in &world.personas {
            if caller.auth.is_none() {
                continue;
            }
            let onlooker = Onlooker { app: &world.app, name, caller, who: *who };
            for row in &spaces {
                onlooker.webhooks_of(row).await;
                onlooker.images_of(row).await;
            }
            for row in &groups {
                onlooker.bots_of(row).await;
            }
            for row in &people {
                onlooker.keys_of(row).await;
            }
        }
    }
}
