//! The service inside the test's own process, beside a registry, for what is asked through its actions and handlers.

use std::{ops::Deref, sync::Arc};

use actix_web::{body::to_bytes, http::StatusCode, test::TestRequest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use portus_rs::{
    actions::registries::{self, RegistryChanges},
    app::App,
    entities::{namespace, registry, team, user},
    identity::actor::{self, Actor},
};
use serde_json::Value;

use super::{
    bare::{Account, Bare},
    databases::TestDatabase,
    served,
};

/// The host name, and so the service, of the registry that every service of a test begins with.
pub const SERVICE: &str = "registry.test";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse";

/// A running service without a listener, with a registry.
pub struct Service {
    bare: Bare,
    pub registry: registry::Model,
    pub database: TestDatabase,
}

impl Deref for Service {
    type Target = Bare;

    fn deref(&self) -> &Bare {
        &self.bare
    }
}

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

impl Service {
    /// A service on an empty database, with a registry.
    pub async fn on(database: TestDatabase) -> Self {
        Self::with(database, &[]).await
    }

    /// The same, with settings as environment variables.
    pub async fn with(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let mut env = vec![("PORTUS_MACHINE_FQDN_VALUE", "portus.test")];
        env.extend(
            database
                .variables
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        env.extend(settings);
        let bare = Box::pin(Bare::start(&env)).await;
        let registry = bare.add_registry("registry", SERVICE).await;
        Self {
            bare,
            registry,
            database,
        }
    }

    /// What docker is answered that asks from an address for a token, with a name and a secret.
    pub async fn token_for(&self, from: &str, name: &str, secret: &str) -> (StatusCode, String) {
        let request = TestRequest::get()
            .uri("/v2/token")
            .insert_header(("X-Forwarded-For", from))
            .insert_header(("Authorization", basic((name, secret))));
        let answer = self.call(request).await;
        (answer.status, answer.body)
    }

    /// The registry at another address, such as that of one which answers.
    pub async fn move_registry(&mut self, hostname: &str) {
        let changes = RegistryChanges {
            hostname: Some(hostname.to_owned()),
            ..RegistryChanges::default()
        };
        let (id, actor) = (self.registry.id, Actor::Operator);
        self.registry = registries::update(&self.app, &actor, id, changes)
            .await
            .unwrap();
    }

    pub async fn user(&self, name: &str) -> user::Model {
        self.add_account(name, PASSWORD, Account::Person).await
    }

    pub async fn admin(&self, name: &str) -> user::Model {
        self.add_account(name, PASSWORD, Account::Admin).await
    }

    pub async fn bot(&self, name: &str) -> user::Model {
        self.add_account(name, PASSWORD, Account::Bot).await
    }

    /// The account as the one who acts.
    pub fn actor(who: &user::Model) -> Actor {
        Actor::User(Arc::new(actor::Account::from(who)))
    }

    pub async fn team(&self, name: &str, owner: &user::Model) -> team::Model {
        self.add_team(name, owner.id).await
    }

    pub async fn member(&self, team: &team::Model, who: &user::Model, role: &str) {
        self.add_member(team.id, &who.username, role).await;
    }

    pub async fn namespace(
        &self,
        name: &str,
        team: &team::Model,
        visibility: &str,
    ) -> namespace::Model {
        self.add_namespace(name, &team.name, visibility).await
    }

    /// A new application token of an account.
    pub async fn token_of(&self, who: &user::Model, application: &str) -> String {
        self.add_token(who.id, application).await
    }

    pub async fn call(&self, request: TestRequest) -> Answer {
        Self::call_at(&self.app, request).await
    }

    /// Asks this process.
    pub async fn call_at(app: &Arc<App>, request: TestRequest) -> Answer {
        let response = served::answer(app, request).await;
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
