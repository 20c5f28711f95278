//! A service over a migrated SQLite file, and callers.

use std::{
    ffi::OsString,
    path::Path,
    sync::{Arc, Mutex},
};

use actix_web::{
    http::{Method, StatusCode, header::HeaderMap},
    test,
};
use portus_rs::{
    actions::{
        application_tokens,
        change::Change,
        members, namespaces, registries,
        teams::{self, NewTeam},
        users::{self, NewUser},
    },
    app::{App, connection},
    clock::Clock,
    config::{self, Sources},
    database::{self, Database},
    entities::{Details, manifest, namespace, registry, repository, tag, team, user},
    identity::actor::Actor,
    keys::{KeySources, Keys},
    web::api,
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::Value;

use crate::support::{databases::TestDatabase, served};

pub const OPERATOR: Actor = Actor::Operator;

/// A running service that goes with its data.
pub struct TestApp {
    pub app: Arc<App>,
    /// What was read from the database.
    pub selects: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
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

impl Drop for TestApp {
    fn drop(&mut self) {
        served::forget(&self.app);
    }
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With settings by their variables.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}/portus.sqlite3?mode=rwc", dir.path().display());
        Self::start(dir, &url, settings).await
    }

    /// On one of the three databases, with a registry.
    pub async fn on(database: &TestDatabase) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let app = Self::start(dir, &database.url, &[]).await;
        app.registry("registry", "registry.test.lan:5000").await;
        app
    }

    async fn start(dir: tempfile::TempDir, url: &str, settings: &[(&str, &str)]) -> Self {
        let data_dir = dir.path().display().to_string();
        let env = [
            ("DATABASE_URL", url),
            ("PORTUS_DATA_DIR", data_dir.as_str()),
            ("PORTUS_MACHINE_FQDN_VALUE", "portus.example.org"),
        ];
        let env = env.iter().chain(settings);
        let env = env.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let config = config::load(&Sources::new(env, dir.path())).expect("a configuration");
        let selects = Arc::default();
        let app = start(config.config, dir.path(), &selects).await;
        users::ensure_portus(&app)
            .await
            .expect("the hidden account");
        Self {
            app,
            selects,
            _dir: dir,
        }
    }

    /// Over a service that runs elsewhere in the test.
    pub fn over(app: Arc<App>) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self {
            app,
            selects: Arc::default(),
            _dir: dir,
        }
    }

    /// With a registry that nobody asks for an answer.
    pub async fn with_registry() -> Self {
        let app = Self::new().await;
        app.registry("registry", "registry.test.lan:5000").await;
        app
    }

    pub async fn registry(&self, name: &str, hostname: &str) -> registry::Model {
        let new = registries::NewRegistry {
            name: name.to_owned(),
            hostname: hostname.to_owned(),
            ..Default::default()
        };
        registries::create(&self.app, &OPERATOR, new)
            .await
            .expect("a registry")
    }

    pub async fn admin(&self) -> Caller {
        self.account("admin", true, false).await
    }

    pub async fn user(&self, name: &str) -> Caller {
        self.account(name, false, false).await
    }

    pub async fn account(&self, name: &str, admin: bool, bot: bool) -> Caller {
        let new = NewUser {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            password: "a long password".to_owned(),
            admin,
            bot,
            ..NewUser::default()
        };
        let made = users::create(&self.app, &OPERATOR, new)
            .await
            .expect("an account");
        self.caller(&made.user).await
    }

    async fn caller(&self, user: &user::Model) -> Caller {
        let issued = application_tokens::issue(&self.app, &OPERATOR, user.id, "test")
            .await
            .expect("a token");
        Caller {
            id: user.id,
            auth: Some(format!("{}:{}", user.username, issued.plain)),
        }
    }

    pub async fn team(&self, name: &str, owner: &Caller) -> team::Model {
        let new = NewTeam {
            name: name.to_owned(),
            owner_id: Some(owner.id),
            ..NewTeam::default()
        };
        teams::create(&self.app, &OPERATOR, new)
            .await
            .expect("a team")
    }

    pub async fn member(&self, team: &team::Model, username: &str, role: &str) -> i64 {
        members::add(&self.app, &OPERATOR, team.id, username, role)
            .await
            .expect("a member")
            .0
            .id
    }

    pub async fn namespace(
        &self,
        name: &str,
        team: &team::Model,
        visibility: &str,
    ) -> namespace::Model {
        let new = namespaces::NewNamespace {
            name: name.to_owned(),
            team: team.name.clone(),
            ..Default::default()
        };
        let made = namespaces::create(&self.app, &OPERATOR, new)
            .await
            .expect("a namespace");
        let changes = namespaces::NamespaceChanges {
            visibility: Some(visibility.to_owned()),
            ..Default::default()
        };
        namespaces::update(&self.app, &OPERATOR, made.id, changes)
            .await
            .expect("a visibility")
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
        let response = served::answer(&self.app, api::routes, request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = test::read_body(response).await;
        Answer {
            status,
            headers,
            text: String::from_utf8(body.to_vec()).expect("text"),
        }
    }
}

async fn start(config: config::Config, dir: &Path, selects: &Arc<Mutex<Vec<String>>>) -> Arc<App> {
    let clock = Clock::default();
    let sources = KeySources {
        data_dir: dir,
        key_path: None,
        cert_path: None,
        tls_cert: None,
    };
    let keys = Keys::load(sources, clock.now()).expect("keys");
    let connection = connection(&config);
    database::migrate(&connection).await.expect("a schema");
    let mut database = Database::connect(&connection).await.expect("a database");
    let selects = Arc::clone(selects);
    database.observe(move |statement| {
        if statement.starts_with("SELECT") {
            let mut selects = selects.lock().expect("nobody panics with it");
            selects.push(statement.to_owned());
        }
    });
    App::assemble(config, clock, database, keys).expect("an app")
}
