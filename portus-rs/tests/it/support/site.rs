//! A whole site: the program under test and a real registry that trust each other as `registry-config` says, with an
//! admin `root`, and people, teams and namespaces made through the API.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response, StatusCode};
use sea_orm::{DatabaseConnection, FromQueryResult, Statement};
use serde_json::{Value, json};

use super::{
    databases::TestDatabase,
    portus::{self, Portus},
    registry::{self, Registry},
    skopeo::Skopeo,
};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// How long a push may take until it is listed on a machine that does much else. That it takes less than a second on one
/// that does not is measured by `make bench`.
const SOON: Duration = Duration::from_secs(20);

/// What a site is made of, before it runs.
pub struct Builder {
    portus: portus::Builder,
    registry: registry::Builder,
    notifications: bool,
    front: Option<String>,
    host: String,
}

impl Builder {
    /// People call this machine so.
    #[must_use]
    pub fn named(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.portus = self.portus.env(name, value);
        self
    }

    /// The registry says nothing of what happens in it.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.notifications = false;
        self
    }

    /// portus-rs reaches the registry through something else that listens at this `host:port`.
    #[must_use]
    pub fn behind(mut self, address: &str) -> Self {
        self.front = Some(address.to_owned());
        self
    }

    /// Changes the registry before it starts.
    #[must_use]
    pub fn registry(mut self, change: impl FnOnce(registry::Builder) -> registry::Builder) -> Self {
        self.registry = change(self.registry);
        self
    }

    /// `host:port` of the registry to be.
    pub fn registry_address(&self) -> String {
        self.registry.address()
    }

    pub async fn start(self, database: TestDatabase) -> Site {
        let hostname = self.front.unwrap_or_else(|| self.registry.address());
        let url = self.portus.url().replace("127.0.0.1", &self.host);
        let portus = self
            .portus
            .database(&database)
            .env("PORTUS_MACHINE_FQDN_VALUE", "127.0.0.1")
            .env("PORTUS_MACHINE_FQDN_EXTERNAL_URL", &url)
            .env("PORTUS_INIT_REGISTRY_NAME", "registry")
            .env("PORTUS_INIT_REGISTRY_HOSTNAME", hostname)
            .env("PORTUS_INIT_REGISTRY_USE_SSL", "false")
            .start();
        let bundle = portus.data_directory().join("bundle.crt");
        let bundle = bundle.display().to_string();
        let stanza = portus
            .cli(&["registry-config", "--new-secret", "--bundle", &bundle])
            .exits(0)
            .stdout;
        let mut registry = self.registry.stanza(&stanza);
        if self.notifications {
            // A test does not wait as long as people may.
            let mut endpoints =
                serde_yaml::from_str::<Value>(&stanza).unwrap()["notifications"]["endpoints"]
                    .take();
            endpoints[0]["backoff"] = json!("300ms");
            registry = registry.merge(json!({"notifications": {"endpoints": endpoints}}));
        } else {
            registry = registry.merge(json!({"notifications": {"endpoints": []}}));
        }
        let http = Client::builder().no_proxy().build().unwrap();
        let mut site = Site {
            registry: registry.start(),
            portus,
            database,
            http,
            admin: String::new(),
        };
        let first = json!({"user": {"username": "root", "email": "root@example.com", "password": PASSWORD}});
        let made = site.post("/api/v1/users/bootstrap", first).await;
        site.admin = format!("root:{}", made["plain_token"].as_str().unwrap());
        site
    }
}

/// A running site.
pub struct Site {
    // The registry first: what it has queued is of no use to anybody then.
    pub registry: Registry,
    pub portus: Portus,
    pub database: TestDatabase,
    pub http: Client,
    /// `root` and its token, as the header wants them.
    pub admin: String,
}

/// One column of a row, whatever its type was.
#[derive(FromQueryResult)]
struct Count {
    number: i64,
}

impl Site {
    pub fn builder() -> Builder {
        Builder {
            portus: Portus::builder(),
            registry: Registry::builder(),
            notifications: true,
            front: None,
            host: "127.0.0.1".to_owned(),
        }
    }

    pub async fn start() -> Self {
        Self::builder().start(TestDatabase::sqlite()).await
    }

    pub async fn on(database: TestDatabase) -> Self {
        Self::builder().start(database).await
    }

    /// Asks the API as `root`.
    pub async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.api_at(&self.portus.url(), method, path, body).await
    }

    /// The same at another replica.
    pub async fn api_at(
        &self,
        url: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Response {
        let mut request = self.http.request(method, format!("{url}{path}"));
        if !self.admin.is_empty() {
            request = request.header("Portus-Auth", &self.admin);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        good(self.api(Method::GET, path, None).await).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        good(self.api(Method::POST, path, Some(body)).await).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        good(self.api(Method::PUT, path, Some(body)).await).await
    }

    /// Makes somebody and gives back the id.
    pub async fn user(&self, name: &str) -> i64 {
        let new = json!({"user": {"username": name, "email": format!("{name}@example.com"), "password": PASSWORD}});
        let made = self.post("/api/v1/users", new).await;
        made["id"].as_i64().unwrap()
    }

    /// A token for the API and for docker.
    pub async fn token(&self, user: i64) -> String {
        let path = format!("/api/v1/users/{user}/application_tokens");
        let made = self.post(&path, json!({"application": "it"})).await;
        made["plain_token"].as_str().unwrap().to_owned()
    }

    /// Makes a team with its owner.
    pub async fn team(&self, name: &str, owner: i64) -> i64 {
        let new = json!({"name": name, "owner_id": owner});
        let made = self.post("/api/v1/teams", new).await;
        made["id"].as_i64().unwrap()
    }

    pub async fn member(&self, team: i64, user: &str, role: &str) {
        let path = format!("/api/v1/teams/{team}/members");
        self.post(&path, json!({"user": user, "role": role})).await;
    }

    pub async fn namespace(&self, name: &str, team: &str, visibility: &str) -> i64 {
        let new = json!({"name": name, "team": team});
        let made = self.post("/api/v1/namespaces", new).await;
        let id = made["id"].as_i64().unwrap();
        let change = json!({"namespace": {"visibility": visibility}});
        self.put(&format!("/api/v1/namespaces/{id}"), change).await;
        id
    }

    /// `registry/name`, as clients write it.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.address)
    }

    /// skopeo as somebody, or as nobody (`""`).
    #[expect(clippy::unused_self, reason = "the site is where one pushes to")]
    pub fn skopeo(&self, name: &str) -> Skopeo {
        if name.is_empty() {
            Skopeo::anonymous()
        } else {
            Skopeo::with_password(name, PASSWORD)
        }
    }

    /// A registry token as clients ask for it.
    pub async fn registry_token(&self, name: &str, scope: &str) -> String {
        let url = self.portus.url();
        let answer = self.ask_token(&url, name, PASSWORD, scope).await;
        let answer = good(answer).await;
        answer["token"].as_str().unwrap().to_owned()
    }

    pub async fn ask_token(&self, url: &str, name: &str, secret: &str, scope: &str) -> Response {
        self.http
            .get(format!("{url}/v2/token"))
            .query(&[("service", self.service().as_str()), ("scope", scope)])
            .basic_auth(name, Some(secret))
            .send()
            .await
            .unwrap()
    }

    /// The name by which the registry's tokens are meant for it.
    pub fn service(&self) -> String {
        let challenge = super::http::head(&self.registry.address, "/v2/").unwrap();
        let at = challenge.find("service=\"").unwrap() + "service=\"".len();
        challenge[at..].split('"').next().unwrap().to_owned()
    }

    /// The repository called `namespace/name` (or `name`) as the API lists it.
    pub async fn repository(&self, name: &str) -> Option<Value> {
        let listed = self.get("/api/v1/repositories").await;
        let rows = listed.as_array().unwrap();
        rows.iter().find(|row| row["full_name"] == name).cloned()
    }

    /// The tag as the API shows it.
    pub async fn tag(&self, repository: &str, tag: &str) -> Option<Value> {
        let id = self.repository(repository).await?["id"].clone();
        let tags = self.get(&format!("/api/v1/repositories/{id}/tags")).await;
        let rows = tags.as_array().unwrap();
        rows.iter().find(|row| row["name"] == tag).cloned()
    }

    /// Waits for a tag to be as expected, from now, no longer than [`SOON`].
    #[track_caller]
    pub fn soon<'a>(
        &'a self,
        repository: &'a str,
        tag: &'a str,
        expected: impl Fn(&Value) -> bool + 'a,
    ) -> impl Future<Output = Value> + 'a {
        let begun = Instant::now();
        let place = std::panic::Location::caller();
        async move {
            loop {
                let found = self.tag(repository, tag).await;
                if let Some(row) = &found
                    && expected(row)
                {
                    return row.clone();
                }
                assert!(
                    begun.elapsed() < SOON,
                    "{place}: {repository}:{tag} is {found:?} after {SOON:?}\n{}",
                    self.portus.log()
                );
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        }
    }

    /// A connection of the test's own.
    pub async fn look(&self) -> DatabaseConnection {
        self.database.connect().await
    }

    /// How many rows `from` (a table, and perhaps a condition) has.
    pub async fn count(&self, from: &str) -> i64 {
        let connection = self.look().await;
        let found = count(&connection, from).await;
        connection.close().await.unwrap();
        found
    }
}

pub async fn count(connection: &DatabaseConnection, from: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) AS number FROM {from}");
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    Count::find_by_statement(statement)
        .one(connection)
        .await
        .unwrap()
        .unwrap()
        .number
}

/// The body of an answer that has to be a success.
#[track_caller]
pub fn good(answer: Response) -> impl Future<Output = Value> {
    let place = std::panic::Location::caller();
    async move {
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{place}: {status} {text}");
        if status == StatusCode::NO_CONTENT {
            return Value::Null;
        }
        serde_json::from_str(&text).unwrap()
    }
}
