//! The service inside the test's own process, for what is asked through its actions and handlers: quicker to start
//! than the binary, and its clock can be moved.

use std::{
    ffi::OsString,
    sync::{Arc, Mutex},
};

use actix_web::{body::to_bytes, http::StatusCode, test::TestRequest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use portus_rs::{
    actions::{application_tokens, members, namespaces, registries, teams, users},
    app::{self, App},
    clock::Clock,
    config::{self, Sources},
    database::{self, Database},
    entities::{namespace, registry, team, user},
    identity::actor::{Account, Actor},
    keys::{self, KeySources, Keys},
};
use serde_json::Value;
use tempfile::TempDir;

use super::{databases::TestDatabase, served};

/// The host name, and so the service, of the registry that every service of a test begins with.
pub const SERVICE: &str = "registry.test";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse";

/// A running service without a listener.
pub struct Service {
    pub app: Arc<App>,
    pub registry: registry::Model,
    pub database: TestDatabase,
    /// What was read from the database, as it was written.
    pub selects: Selects,
    data: TempDir,
}

type Selects = Arc<Mutex<Vec<String>>>;

/// The answer of a handler.
pub struct Answer {
    pub status: StatusCode,
    pub headers: actix_web::http::header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.body))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        served::forget(&self.app);
    }
}

impl Service {
    /// A service on an empty database, with a registry.
    pub async fn on(database: TestDatabase) -> Self {
        Self::with(database, &[]).await
    }

    /// The same, with settings as environment variables.
    pub async fn with(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut env: Vec<(OsString, OsString)> = vec![
            ("PORTUS_DATA_DIR".into(), data.path().into()),
            ("PORTUS_MACHINE_FQDN_VALUE".into(), "portus.test".into()),
        ];
        env.extend(
            database
                .variables
                .iter()
                .map(|(name, value)| ((*name).into(), value.into())),
        );
        env.extend(
            settings
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into())),
        );
        let config = config::load(&Sources::new(env, data.path()))
            .unwrap()
            .config;
        keys::install_provider();
        database::migrate(&app::connection(&config)).await.unwrap();
        let selects = Selects::default();
        let app = Box::pin(assemble(config, Clock::default(), data.path(), &selects)).await;
        users::ensure_portus(&app).await.unwrap();
        let new = registries::NewRegistry {
            name: "registry".to_owned(),
            hostname: SERVICE.to_owned(),
            ..Default::default()
        };
        let registry = registries::create(&app, &Actor::Operator, new)
            .await
            .unwrap();
        Self {
            app,
            registry,
            database,
            selects,
            data,
        }
    }

    /// Another process on the same database, whose clock goes with ours.
    pub async fn replica(&self) -> Arc<App> {
        let (config, clock) = (self.app.config.clone(), self.app.clock.clone());
        Box::pin(assemble(
            config,
            clock,
            self.data.path(),
            &Selects::default(),
        ))
        .await
    }

    /// The same, with other settings.
    pub async fn replica_with(&self, change: impl FnOnce(&mut config::Config)) -> Arc<App> {
        let (mut config, clock) = (self.app.config.clone(), self.app.clock.clone());
        change(&mut config);
        Box::pin(assemble(
            config,
            clock,
            self.data.path(),
            &Selects::default(),
        ))
        .await
    }

    pub async fn user(&self, name: &str) -> user::Model {
        self.account(name, false, false).await
    }

    pub async fn admin(&self, name: &str) -> user::Model {
        self.account(name, true, false).await
    }

    pub async fn bot(&self, name: &str) -> user::Model {
        self.account(name, false, true).await
    }

    async fn account(&self, name: &str, admin: bool, bot: bool) -> user::Model {
        let new = users::NewUser {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            password: PASSWORD.to_owned(),
            admin,
            bot,
            display_name: None,
        };
        users::create(&self.app, &Actor::Operator, new)
            .await
            .unwrap()
            .user
    }

    /// The account as the one who acts.
    pub fn actor(who: &user::Model) -> Actor {
        Actor::User(Arc::new(Account::from(who)))
    }

    pub async fn team(&self, name: &str, owner: &user::Model) -> team::Model {
        let new = teams::NewTeam {
            name: name.to_owned(),
            owner_id: Some(owner.id),
            ..Default::default()
        };
        teams::create(&self.app, &Actor::Operator, new)
            .await
            .unwrap()
    }

    pub async fn member(&self, team: &team::Model, who: &user::Model, role: &str) {
        members::add(&self.app, &Actor::Operator, team.id, &who.username, role)
            .await
            .unwrap();
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
        let made = namespaces::create(&self.app, &Actor::Operator, new)
            .await
            .unwrap();
        let changes = namespaces::NamespaceChanges {
            visibility: Some(visibility.to_owned()),
            ..Default::default()
        };
        namespaces::update(&self.app, &Actor::Operator, made.id, changes)
            .await
            .unwrap()
    }

    /// A new application token of an account.
    pub async fn token_of(&self, who: &user::Model, application: &str) -> String {
        application_tokens::issue(&self.app, &Actor::Operator, who.id, application)
            .await
            .unwrap()
            .plain
    }

    pub async fn call(&self, request: TestRequest) -> Answer {
        Self::call_at(&self.app, request).await
    }

    /// Asks this process.
    pub async fn call_at(app: &Arc<App>, request: TestRequest) -> Answer {
        let response = served::answer(app, portus_rs::web::routes, request).await;
        let status = response.status();
        let headers = response.headers().clone();
        let body = to_bytes(response.into_body()).await.unwrap();
        Answer {
            status,
            headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// How many rows `from` (a table, and perhaps a condition) has.
    pub async fn count(&self, from: &str) -> i64 {
        let connection = self.database.connect().await;
        let found = super::site::count(&connection, from).await;
        connection.close().await.unwrap();
        found
    }

    /// What docker gets for these scopes: the `access` claim of the token, or `None` where there is none.
    pub async fn access(
        &self,
        credentials: Option<(&str, &str)>,
        scopes: &[&str],
    ) -> Option<Value> {
        self.claims(credentials, scopes)
            .await
            .get("access")
            .cloned()
    }

    /// The claims of the token that docker gets for these scopes.
    pub async fn claims(&self, credentials: Option<(&str, &str)>, scopes: &[&str]) -> Value {
        let query: Vec<String> = scopes
            .iter()
            .map(|scope| format!("&scope={}", encoded(scope)))
            .collect();
        let uri = format!("/v2/token?service={SERVICE}{}", query.concat());
        let mut request = TestRequest::get().uri(&uri);
        if let Some(credentials) = credentials {
            request = request.insert_header(("Authorization", basic(credentials)));
        }
        let answer = self.call(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        claims_of(answer.json()["token"].as_str().unwrap())
    }
}

async fn assemble(
    config: config::Config,
    clock: Clock,
    data_dir: &std::path::Path,
    selects: &Selects,
) -> Arc<App> {
    let sources = KeySources {
        data_dir,
        key_path: None,
        cert_path: None,
        tls_cert: None,
    };
    let keys = Keys::load(sources, clock.now()).unwrap();
    let mut pool = Database::connect(&app::connection(&config)).await.unwrap();
    let selects = Arc::clone(selects);
    pool.observe(move |statement| {
        if statement.starts_with("SELECT") {
            selects.lock().unwrap().push(statement.to_owned());
        }
    });
    App::assemble(config, clock, pool, keys).unwrap()
}

/// The claims inside a token, unchecked.
pub fn claims_of(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(part)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub fn basic((name, secret): (&str, &str)) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
