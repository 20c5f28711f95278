//! The service inside the test's own process, with nothing in it: what every test that does not start the binary stands
//! on. Quicker to start than the binary, and its clock can be moved.

use std::{
    ffi::OsString,
    path::Path,
    sync::{Arc, Mutex},
};

use portus_rs::{
    actions::{application_tokens, members, namespaces, registries, teams, users},
    app::{self, App},
    clock::Clock,
    config::{self, Config, Sources},
    database::{self, Database},
    entities::{namespace, registry, team, team_user, user},
    identity::actor::Actor,
    keys::{self, KeySources, Keys},
};
use tempfile::TempDir;

use super::served;

/// What was read from the database, as it was written.
pub type Selects = Arc<Mutex<Vec<String>>>;

/// A service without a listener, which goes with its data.
pub struct Bare {
    pub app: Arc<App>,
    pub selects: Selects,
    data: Option<TempDir>,
}

impl Drop for Bare {
    fn drop(&mut self) {
        served::forget(&self.app);
    }
}

impl Bare {
    /// With settings as environment variables. Without any of a database it is SQLite.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let directory = data.path().display().to_string();
        let own = [("PORTUS_DATA_DIR", directory.as_str())];
        let env = own.iter().chain(settings);
        let env = env.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let config = config::load(&Sources::new(env, data.path()))
            .unwrap()
            .config;
        keys::install_provider();
        database::migrate(&app::connection(&config)).await.unwrap();
        let selects = Selects::default();
        let app = Box::pin(assemble(config, Clock::default(), data.path(), &selects)).await;
        users::ensure_portus(&app).await.unwrap();
        Self {
            app,
            selects,
            data: Some(data),
        }
    }

    /// One that runs elsewhere in the test.
    pub fn over(app: Arc<App>) -> Self {
        Self {
            app,
            selects: Selects::default(),
            data: None,
        }
    }

    /// Another process on the same database, whose clock goes with ours.
    pub async fn replica(&self) -> Arc<App> {
        self.replica_with(|_| {}).await
    }

    /// The same, with other settings.
    pub async fn replica_with(&self, change: impl FnOnce(&mut Config)) -> Arc<App> {
        let (mut config, clock) = (self.app.config.clone(), self.app.clock.clone());
        change(&mut config);
        let data = self.data.as_ref().expect("it was started here").path();
        Box::pin(assemble(config, clock, data, &Selects::default())).await
    }

    pub async fn add_registry(&self, name: &str, hostname: &str) -> registry::Model {
        let new = registries::NewRegistry {
            name: name.to_owned(),
            hostname: hostname.to_owned(),
            ..Default::default()
        };
        registries::create(&self.app, &Actor::Operator, new)
            .await
            .unwrap()
    }

    pub async fn add_account(&self, name: &str, password: &str, what: Account) -> user::Model {
        let new = users::NewUser {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            password: password.to_owned(),
            admin: what == Account::Admin,
            bot: what == Account::Bot,
            ..Default::default()
        };
        users::create(&self.app, &Actor::Operator, new)
            .await
            .unwrap()
            .user
    }

    /// A new application token of an account, as text.
    pub async fn add_token(&self, user_id: i64, application: &str) -> String {
        application_tokens::issue(&self.app, &Actor::Operator, user_id, application)
            .await
            .unwrap()
            .plain
    }

    pub async fn add_team(&self, name: &str, owner_id: i64) -> team::Model {
        let new = teams::NewTeam {
            name: name.to_owned(),
            owner_id: Some(owner_id),
            ..Default::default()
        };
        teams::create(&self.app, &Actor::Operator, new)
            .await
            .unwrap()
    }

    pub async fn add_member(&self, team_id: i64, username: &str, role: &str) -> team_user::Model {
        members::add(&self.app, &Actor::Operator, team_id, username, role)
            .await
            .unwrap()
            .0
    }

    pub async fn add_namespace(
        &self,
        name: &str,
        team: &str,
        visibility: &str,
    ) -> namespace::Model {
        let new = namespaces::NewNamespace {
            name: name.to_owned(),
            team: team.to_owned(),
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
}

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    Person,
    Admin,
    Bot,
}

async fn assemble(config: Config, clock: Clock, data_dir: &Path, selects: &Selects) -> Arc<App> {
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
