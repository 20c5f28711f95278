//! Two teams that have nothing to do with each other, one of each kind of thing in both, and everybody who might ask.

use std::collections::HashMap;

use portus_rs::{
    actions::{change::Change, sync_runs, webhooks::deliveries::Message},
    entities::{
        EventState, identity, refresh_token, registry_event, session, team, webhook_delivery,
    },
    identity::actor::Actor,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    api::support::{Caller, OPERATOR, TestApp},
    support::databases::TestDatabase,
};

/// What a name in a path stands for.
#[derive(Clone, Copy)]
pub enum Named {
    /// The id of a row of this kind.
    Row(&'static str),
    /// No id.
    Text,
}

/// Ids by kind.
pub type Ids = HashMap<&'static str, i64>;

/// What `{name}` is behind the plain part `before`.
pub fn named(before: &str, name: &str) -> Option<Named> {
    Some(Named::Row(match (before, name) {
        ("users" | "toggle_enabled", "id") => "user",
        ("application_tokens", "id") => "application token",
        ("teams", "id") => "team",
        ("members", "member_id") => "member",
        ("bots", "bot_id" | "id") => "bot",
        ("trusts", "trust_id") => "trust",
        ("identities", "id") => "identity",
        ("namespaces", "id") => "namespace",
        ("webhooks", "webhook_id") => "webhook",
        ("headers", "header_id") => "header",
        ("deliveries", "delivery_id") => "delivery",
        ("repositories", "id") => "repository",
        ("tags" | "vulnerabilities", "id") | ("tags", "tag_id") => "tag",
        ("comments", "comment_id") => "comment",
        ("registries", "id") => "registry",
        ("sessions", "id") => "session",
        ("docker_logins", "id") => "docker login",
        ("sync", "id") => "run",
        ("events", "id") => "event",
        ("openapi-spec", "resource") | ("typeahead", "q") => return Some(Named::Text),
        _ => return None,
    }))
}

/// Application tokens that carry a part of the owner's rights.
pub const READS: &str = "the owner, by a token that reads";
pub const PULLS: &str = "the owner, by a token that pulls";
pub const ONE_NAMESPACE: &str = "the owner, by a token of one namespace";
pub const ENDS: &str = "the owner, by a token that ends";

pub struct World {
    pub app: TestApp,
    pub admin: Caller,
    /// Everybody who has no part in what is theirs, by what they are in their own team.
    pub strangers: Vec<(&'static str, Caller)>,
    pub mine: Ids,
    /// Private things of another team, in this registry and in another one.
    pub theirs: Vec<(&'static str, Ids)>,
    /// Public things of that team.
    pub open: Ids,
}

impl World {
    pub async fn on(database: &TestDatabase) -> Self {
        let app = TestApp::on(database).await;
        app.registry("second", "second.test").await;
        let admin = app.admin().await;
        let olga = app.user("olga").await;
        let ours = app.team("ours", &olga).await;
        let mut strangers = vec![("owner", olga.clone())];
        for (name, role) in [("viewer", "viewer"), ("contributor", "contributor")] {
            strangers.push((role, app.user(name).await));
            app.member(&ours, name, role).await;
        }
        strangers.push(("person without a team", app.user("stranger").await));
        strangers.push(("bot", app.account("robot", false, true).await));
        app.member(&ours, "robot", "contributor").await;
        let bella = app.user("bella").await;
        let team = app.team("theirs", &bella).await;
        app.user("vicky").await;
        app.user("zoe").await;

        let mine = furnish(&app, &admin, &olga, &ours, "mine", "registry", "zoe").await;
        for (who, limits) in [
            (READS, json!({"application": READS, "scope": "read"})),
            (PULLS, json!({"application": PULLS, "scope": "pull"})),
            (
                ONE_NAMESPACE,
                json!({"application": ONE_NAMESPACE, "namespace": mine["namespace"].to_string()}),
            ),
            (ENDS, json!({"application": ENDS, "expires_in": 30})),
        ] {
            let path = format!("/api/v1/users/{}/application_tokens", olga.id);
            let made = app.post(&olga, &path, limits).await.is(201).json();
            let token = made["plain_token"].as_str().expect("a token");
            let auth = Some(format!("olga:{token}"));
            strangers.push((who, Caller { id: olga.id, auth }));
        }
        let here = furnish(&app, &admin, &bella, &team, "vault", "registry", "vicky").await;
        let mut there = here.clone();
        there.extend(fill(&app, &admin, &bella, &team, "safe", "second").await);
        let mut open = here.clone();
        open.extend(fill(&app, &admin, &bella, &team, "open", "registry").await);
        let path = format!("/api/v1/namespaces/{}", open["namespace"]);
        let public = json!({"namespace": {"visibility": "public"}});
        app.put(&bella, &path, public).await.is(200);
        Self {
            app,
            admin,
            strangers,
            mine,
            theirs: vec![("here", here), ("in another registry", there)],
            open,
        }
    }

    /// Who owns what is `mine`.
    pub fn owner(&self) -> &(&'static str, Caller) {
        &self.strangers[0]
    }
}

/// What not even admins are shown.
pub fn private_to_owner(operation: &str) -> bool {
    operation.starts_with("GET /api/v1/sessions/")
}

/// A team's member and bot, its owner's token, and a namespace with all that may be in it.
async fn furnish(
    app: &TestApp,
    admin: &Caller,
    owner: &Caller,
    team: &team::Model,
    namespace: &str,
    registry: &str,
    member: &str,
) -> Ids {
    let tokens = format!("/api/v1/users/{}/application_tokens", owner.id);
    let token = app.get(owner, &tokens).await.is(200).json()[0]["id"].clone();
    let bots = format!("/api/v1/teams/{}/bots", team.id);
    let bot = json!({"bot": {"username": format!("{namespace}-bot")}});
    let bot = app.post(owner, &bots, bot).await;
    let mut change = Change::begin(&app.app, &Actor::Portus).await.unwrap();
    let books = change.books().unwrap();
    let now = change.now();
    let session = session::ActiveModel {
        user_id: Set(owner.id),
        secret_sha256: Set(format!("of {namespace}")),
        credentials_version: Set(0),
        remember: Set(false),
        address: Set("192.0.2.1".to_owned()),
        user_agent: Set("a browser".to_owned()),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now + chrono::TimeDelta::days(1)),
        ..Default::default()
    };
    let session = change.insert(&books, session).await.unwrap().id;
    let login = refresh_token::ActiveModel {
        user_id: Set(owner.id),
        application_token_id: Set(None),
        token_sha256: Set(format!("of {namespace}")),
        service: Set(registry.to_owned()),
        client_id: Set("docker".to_owned()),
        address: Set("192.0.2.1".to_owned()),
        created_at: Set(now),
        last_used_at: Set(now),
        ..Default::default()
    };
    let login = change.insert(&books, login).await.unwrap().id;
    let identity = identity::ActiveModel {
        user_id: Set(owner.id),
        provider: Set("openid_connect".to_owned()),
        issuer: Set("https://id.example".to_owned()),
        subject: Set(namespace.to_owned()),
        email: Set(None),
        created_at: Set(now),
        last_used_at: Set(now),
        ..Default::default()
    };
    let identity = change.insert(&books, identity).await.unwrap().id;
    change.commit_unrecorded("a test").await.unwrap();
    let bot = number(&bot.is(201).json()["id"]);
    let trust = json!({"name": "ci", "issuer": "https://id.example", "audience": "portus", "claims": ["sub=a"]});
    let trusts = format!("/api/v1/bots/{bot}/trusts");
    let trust = app.post(owner, &trusts, trust).await.is(201).id();
    let mut ids = Ids::from([
        ("session", session),
        ("identity", identity),
        ("docker login", login),
        ("trust", trust),
        ("user", owner.id),
        ("application token", number(&token)),
        ("team", team.id),
        ("member", app.member(team, member, "viewer").await),
        ("bot", bot),
    ]);
    ids.extend(fill(app, admin, owner, team, namespace, registry).await);
    ids
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("no id: {value}"))
}

/// A private namespace with a repository, a tag, a comment and a webhook with header and delivery; and a run and an
/// event of its registry.
async fn fill(
    app: &TestApp,
    admin: &Caller,
    owner: &Caller,
    team: &team::Model,
    name: &str,
    registry: &str,
) -> Ids {
    let new = json!({"name": name, "team": team.name, "registry": registry});
    let namespace = app
        .post(owner, "/api/v1/namespaces", new)
        .await
        .is(201)
        .id();
    let repository = app.repository(namespace, "app").await;
    let tag = app.tag(repository, "1.0", "sha256:a", Some(owner.id)).await;
    let comments = format!("/api/v1/repositories/{repository}/comments");
    let comment = json!({"comment": {"body": "well"}});
    let comment = app.post(owner, &comments, comment).await.is(201).id();
    let webhooks = format!("/api/v1/namespaces/{namespace}/webhooks");
    let webhook = json!({"webhook": {"url": "https://hooks.example.com/"}});
    let webhook = app.post(owner, &webhooks, webhook).await.is(201).id();
    let headers = format!("{webhooks}/{webhook}/headers");
    let header = json!({"webhook_header": {"name": "X-A", "value": "b"}});
    let header = app.post(owner, &headers, header).await.is(201).id();

    let registries = app.get(admin, "/api/v1/registries").await.json();
    let registries = registries.as_array().expect("a list").clone();
    let registry = registries
        .iter()
        .find(|it| it["name"] == registry)
        .map(|it| number(&it["id"]))
        .expect("the registry");
    let runs = sync_runs::request(&app.app, &OPERATOR, &[registry], None)
        .await
        .unwrap();
    let mut change = Change::begin(&app.app, &Actor::Portus).await.unwrap();
    let books = change.books().unwrap();
    let message = Message {
        event: "push".to_owned(),
        body: "{}".to_owned(),
        request_id: None,
        retrigger_of: None,
        test: false,
    };
    change
        .queue_deliveries(&books, [(webhook, message)])
        .await
        .unwrap();
    let delivery = webhook_delivery::Entity::find()
        .filter(webhook_delivery::Column::WebhookId.eq(webhook))
        .one(change.reader())
        .await
        .unwrap()
        .unwrap()
        .id;
    let now = change.now();
    let event = registry_event::ActiveModel {
        registry_id: Set(registry),
        event_id: Set(format!("event of {name}")),
        action: Set("push".to_owned()),
        repository: Set(format!("{name}/app")),
        data: Set("{}".to_owned()),
        state: Set(EventState::Dead),
        attempts: Set(5),
        next_attempt_at: Set(now),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let event = change.insert(&books, event).await.unwrap().id;
    change.commit_unrecorded("a test").await.unwrap();
    Ids::from([
        ("namespace", namespace),
        ("repository", repository),
        ("tag", tag),
        ("comment", comment),
        ("webhook", webhook),
        ("header", header),
        ("delivery", delivery),
        ("registry", registry),
        ("run", runs[0].id),
        ("event", event),
    ])
}
