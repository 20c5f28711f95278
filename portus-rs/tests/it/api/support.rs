//! A service, and callers of its API.

use std::ops::Deref;

use actix_web::{
    http::{Method, StatusCode, header::HeaderMap},
    test,
};
use portus_rs::{
    actions::change::Change,
    entities::{Details, manifest, namespace, registry, repository, tag, team},
    identity::actor::Actor,
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::Value;

use crate::support::{
    bare::{Account, Bare},
    databases::TestDatabase,
    served,
};

pub const OPERATOR: Actor = Actor::Operator;

/// A service with its callers.
pub struct TestApp(Bare);

impl Deref for TestApp {
    type Target = Bare;

    fn deref(&self) -> &Bare {
        &self.0
    }
}

/// Somebody who sends requests: nobody, or an account with its token.
#[derive(Clone)]
pub struct Caller {
    pub id: i64,
    pub auth: Option<String>,
}

impl Caller {
    pub const NOBODY: Self = Self { id: 0, auth: None };
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn message(&self) -> Value {
        self.json()["message"].clone()
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|it| it.to_str().ok())
    }

    pub fn id(&self) -> i64 {
        self.json()["id"].as_i64().expect("an id")
    }

    /// One field of every element.
    pub fn pluck(&self, field: &str) -> Vec<Value> {
        let body = self.json();
        let rows = body.as_array().expect("a list");
        rows.iter().map(|row| row[field].clone()).collect()
    }
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With settings by their variables.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let mut env = vec![("PORTUS_MACHINE_FQDN_VALUE", "portus.example.org")];
        env.extend(settings);
        Self(Box::pin(Bare::start(&env)).await)
    }

    /// On one of the three databases, with a registry.
    pub async fn on(database: &TestDatabase) -> Self {
        let app = Self::with(&[("DATABASE_URL", &database.url)]).await;
        app.registry("registry", "registry.test.lan:5000").await;
        app
    }

    /// Over a service that runs elsewhere in the test.
    pub fn over(app: std::sync::Arc<portus_rs::app::App>) -> Self {
        Self(Bare::over(app))
    }

    /// With a registry that nobody asks for an answer.
    pub async fn with_registry() -> Self {
        let app = Self::new().await;
        app.registry("registry", "registry.test.lan:5000").await;
        app
    }

    pub async fn registry(&self, name: &str, hostname: &str) -> registry::Model {
        self.add_registry(name, hostname).await
    }

    pub async fn admin(&self) -> Caller {
        self.account("admin", true, false).await
    }

    pub async fn user(&self, name: &str) -> Caller {
        self.account(name, false, false).await
    }

    pub async fn account(&self, name: &str, admin: bool, bot: bool) -> Caller {
        let what = match (admin, bot) {
            (true, _) => Account::Admin,
            (false, true) => Account::Bot,
            (false, false) => Account::Person,
        };
        let made = self.add_account(name, "a long password", what).await;
        let token = self.add_token(made.id, "test").await;
        Caller {
            id: made.id,
            auth: Some(format!("{}:{token}", made.username)),
        }
    }

    pub async fn team(&self, name: &str, owner: &Caller) -> team::Model {
        self.add_team(name, owner.id).await
    }

    pub async fn member(&self, team: &team::Model, username: &str, role: &str) -> i64 {
        self.add_member(team.id, username, role).await.id
    }

    pub async fn namespace(
        &self,
        name: &str,
        team: &team::Model,
        visibility: &str,
    ) -> namespace::Model {
        self.add_namespace(name, &team.name, visibility).await
    }

    pub async fn repository(&self, namespace_id: i64, name: &str) -> i64 {
        self.repositories(namespace_id, &[name.to_owned()]).await[0]
    }

    pub async fn repositories(&self, namespace_id: i64, names: &[String]) -> Vec<i64> {
        let mut change = Change::begin(&self.app, &OPERATOR).await.expect("a change");
        let books = change.books().expect("leave");
        let now = change.now();
        let mut ids = Vec::new();
        for name in names {
            let row = repository::ActiveModel {
                namespace_id: Set(namespace_id),
                name: Set(name.clone()),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            };
            ids.push(change.insert(&books, row).await.expect("a repository").id);
        }
        change.commit_unrecorded("a test").await.expect("a commit");
        ids
    }

    /// A tag pushed now, with its manifest.
    pub async fn tag(
        &self,
        repository_id: i64,
        name: &str,
        digest: &str,
        author: Option<i64>,
    ) -> i64 {
        // Every push has a moment of its own.
        self.app.clock.advance(chrono::TimeDelta::seconds(1));
        let mut change = Change::begin(&self.app, &OPERATOR).await.expect("a change");
        let books = change.books().expect("leave");
        let now = change.now();
        let manifest = manifest::ActiveModel {
            repository_id: Set(repository_id),
            digest: Set(digest.to_owned()),
            media_type: Set("application/vnd.oci.image.manifest.v1+json".to_owned()),
            config_digest: Set(Some("sha256:c0ffee".to_owned())),
            image_size: Set(Some(7_023_616)),
            platforms: Set(Some("linux/amd64,linux/arm64".to_owned())),
            details: Set(Details::Known),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        // Another tag may have brought it along. PostgreSQL takes nothing more after a clash.
        let known = manifest::Entity::find()
            .filter(manifest::Column::RepositoryId.eq(repository_id))
            .filter(manifest::Column::Digest.eq(digest))
            .one(change.reader())
            .await
            .expect("manifests");
        if known.is_none() {
            change.insert(&books, manifest).await.expect("a manifest");
        }
        let row = tag::ActiveModel {
            repository_id: Set(repository_id),
            name: Set(name.to_owned()),
            digest: Set(Some(digest.to_owned())),
            user_id: Set(author),
            observed_at: Set(now),
            pushed_at: Set(now),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let id = change.insert(&books, row).await.expect("a tag").id;
        change.commit_unrecorded("a test").await.expect("a commit");
        id
    }

    pub async fn get(&self, caller: &Caller, path: &str) -> Answer {
        self.send(caller, Method::GET, path, None).await
    }

    pub async fn post(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.send(caller, Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.send(caller, Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, caller: &Caller, path: &str) -> Answer {
        self.send(caller, Method::DELETE, path, None).await
    }

    pub async fn send(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = test::TestRequest::with_uri(path).method(method);
        if let Some(auth) = &caller.auth {
            request = request.insert_header(("PORTUS-AUTH", auth.as_str()));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        self.call(request).await
    }

    pub async fn call(&self, request: test::TestRequest) -> Answer {
        let response = served::answer(&self.app, request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = test::read_body(response).await;
        Answer {
            status,
            headers,
            text: String::from_utf8(body.to_vec()).expect("text"),
        }
    }
}
