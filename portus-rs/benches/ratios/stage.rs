//! A database with so much in it, and the real binary on it.

use std::ffi::OsString;
use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::{ec, nid::Nid, pkey::PKey, rsa::Rsa};
use portus_rs::{
    actions::{
        application_tokens,
        registries::{self, NewRegistry},
        users::{self, NewUser},
    },
    app::App,
    cli::serve::prepare,
    config::{Sources, load},
    identity::actor::Actor,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, TransactionTrait};
use tempfile::TempDir;

use crate::support::portus::{Builder, Portus};

pub const USER: &str = "alice";
pub const PASSWORD: &str = "correct horse battery";
/// A member of every team.
pub const MEMBER: &str = "mary";
/// An image that [`USER`] may push.
pub const IMAGE: &str = "alice/app";

/// Which key signs tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Rsa2048,
    P256,
}

/// What lies in the database beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub repositories: usize,
    pub tags: usize,
}

impl Size {
    pub const EMPTY: Self = Self {
        repositories: 0,
        tags: 0,
    };
}

/// A service that is set up and not started.
pub struct Stage {
    builder: Option<Builder>,
    data: TempDir,
    pub database_url: String,
    /// The registry's service.
    pub service: String,
    /// An application token of [`USER`].
    pub token: String,
    /// An application token of the administrator `root`.
    pub admin_token: String,
    /// What the registry proves itself with.
    pub events_secret: String,
}

impl Stage {
    /// Everything that a service with one registry at `hostname` needs, and rows to the size.
    pub fn set(database_url: Option<String>, key: Key, size: Size, hostname: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        write_key(&data.path().join("portus.key"), key);
        let builder = Portus::builder()
            .data_directory(data.path())
            .env("PORTUS_MACHINE_FQDN_VALUE", "portus.test");
        let mut env = vec![
            ("PORTUS_DATA_DIR".to_owned(), text(data.path())),
            ("PORTUS_PUMA_HOST".to_owned(), builder.address()),
        ];
        let builder = match &database_url {
            Some(url) => {
                env.push(("DATABASE_URL".to_owned(), url.clone()));
                builder.env("DATABASE_URL", url)
            }
            None => builder,
        };
        let sqlite = format!(
            "sqlite://{}?mode=rwc",
            text(&data.path().join("portus.sqlite3"))
        );
        let mut stage = Self {
            builder: Some(builder),
            database_url: database_url.unwrap_or(sqlite),
            data,
            service: hostname.to_owned(),
            token: String::new(),
            admin_token: String::new(),
            events_secret: String::new(),
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(Box::pin(stage.fill(env, size)));
        stage
    }

    async fn fill(&mut self, env: Vec<(String, String)>, size: Size) {
        let env = env
            .into_iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let loaded = load(&Sources::new(env, self.data.path()))
            .unwrap_or_else(|_| panic!("the benchmark's configuration"));
        let app = Box::pin(prepare(loaded)).await.unwrap().app;
        let new = NewRegistry {
            name: "bench".to_owned(),
            hostname: self.service.clone(),
            ..NewRegistry::default()
        };
        let registry = registries::create(&app, &Actor::Operator, new)
            .await
            .unwrap();
        self.events_secret = registries::renew_events_secret(&app, &Actor::Operator, registry.id)
            .await
            .unwrap();
        self.admin_token = account(&app, "root", true).await.1;
        self.token = account(&app, USER, false).await.1;
        let member = account(&app, MEMBER, false).await.0;
        let connection = self.connect().await;
        seed(&connection, registry.id, member, size).await;
        connection.close().await.unwrap();
    }

    pub async fn connect(&self) -> DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(self.database_url.clone());
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options)
            .await
            .expect("the stage's database")
    }

    /// A further setting for what is started.
    pub fn env(&mut self, name: &str, value: &str) {
        self.builder = self.builder.take().map(|it| it.env(name, value));
    }

    /// Starts the service; once.
    pub fn start(&mut self) -> Portus {
        self.take().start()
    }

    /// The service's surroundings; once.
    pub fn take(&mut self) -> Builder {
        self.builder.take().expect("taken once")
    }

    /// A GET request that keeps the connection, with a header line or none.
    pub fn get(path: &str, header: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: portus.test\r\n{header}\r\n").into_bytes()
    }

    /// What docker asks before it pushes [`IMAGE`].
    pub fn token_path(&self) -> String {
        format!(
            "/v2/token?account={USER}&service={}&scope=repository:{IMAGE}:pull,push",
            self.service
        )
    }
}

/// A header line with Basic credentials.
pub fn basic(name: &str, secret: &str) -> String {
    let word = STANDARD.encode(format!("{name}:{secret}"));
    format!("Authorization: Basic {word}\r\n")
}

/// Peak and present memory of a process, in MiB.
pub fn memory(pid: u32) -> Option<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kibibytes / 1024.0)
    };
    Some((of("VmHWM:")?, of("VmRSS:")?))
}

fn text(path: &Path) -> String {
    path.to_str().expect("a readable directory").to_owned()
}

fn write_key(file: &Path, key: Key) {
    let key = match key {
        Key::Rsa2048 => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        Key::P256 => {
            let group = ec::EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
            PKey::from_ec_key(ec::EcKey::generate(&group).unwrap()).unwrap()
        }
    };
    std::fs::write(file, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
}

/// An account's id and an application token of it.
async fn account(app: &App, name: &str, admin: bool) -> (i64, String) {
    let new = NewUser {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password: PASSWORD.to_owned(),
        display_name: None,
        admin,
        bot: false,
    };
    let made = users::create(app, &Actor::Operator, new).await.unwrap();
    let token = application_tokens::issue(app, &Actor::Operator, made.user.id, "bench").await;
    (made.user.id, token.unwrap().plain)
}

/// A further repository, with so many tags; its id.
pub async fn large_repository(connection: &DatabaseConnection, tags: usize) -> i64 {
    let no = flag(connection);
    let transaction = connection.begin().await.unwrap();
    let statement = format!(
        "INSERT INTO repositories (id,namespace_id,name,marked,created_at,updated_at) \
         VALUES ({LARGE},1000,'large',{no},{TIME},{TIME})"
    );
    transaction.execute_unprepared(&statement).await.unwrap();
    for part in 0..tags.div_ceil(ROWS) {
        let numbers = part * ROWS..tags.min((part + 1) * ROWS);
        let manifests: Vec<String> = numbers
            .clone()
            .map(|n| {
                let digest = digest(n);
                format!("({LARGE},'{digest}','application/vnd.oci.image.manifest.v1+json',12345678,'linux/amd64',1,{TIME},{TIME})")
            })
            .collect();
        let tags: Vec<String> = numbers
            .map(|n| {
                let (digest, time) = (digest(n), time(n));
                format!("({LARGE},'1.{n}','{digest}','portus',{no},{TIME},{time},{TIME},{time})")
            })
            .collect();
        for statement in [
            format!(
                "INSERT INTO manifests (repository_id,digest,media_type,image_size,platforms,details,created_at,\
                 updated_at) VALUES {}",
                manifests.join(",")
            ),
            format!(
                "INSERT INTO tags (repository_id,name,digest,username,marked,observed_at,pushed_at,created_at,\
                 updated_at) VALUES {}",
                tags.join(",")
            ),
        ] {
            transaction.execute_unprepared(&statement).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
    LARGE
}

/// The id of the large repository.
pub const LARGE: i64 = 900_000;

/// Rows of one statement.
const ROWS: usize = 500;
/// Repositories of one namespace.
const NAMESPACE: usize = 100;
/// Manifests of one repository, which its tags share.
const MANIFESTS: usize = 10;
/// Entries of the audit log about one repository.
const ACTIVITIES: usize = 20;
const TIME: &str = "'2026-01-02 03:04:05.000000'";

/// Namespaces of a hundred repositories each, with their tags and manifests, and an account for every fifth, behind the
/// service's back.
async fn seed(connection: &DatabaseConnection, registry: i64, member: i64, size: Size) {
    if size.repositories == 0 {
        return;
    }
    let transaction = connection.begin().await.unwrap();
    let insert = async |table: &str, columns: &str, rows: &mut dyn Iterator<Item = String>| {
        loop {
            let part: Vec<String> = rows.take(ROWS).collect();
            if part.is_empty() {
                return;
            }
            let statement = format!("INSERT INTO {table} ({columns}) VALUES {}", part.join(","));
            transaction.execute_unprepared(&statement).await.unwrap();
        }
    };
    // Ids far from those that are there, and by which the rows find each other.
    let first = 1000;
    let namespaces = size.repositories.div_ceil(NAMESPACE);
    let no = flag(connection);
    insert(
        "teams",
        "id,name,hidden,created_at,updated_at",
        &mut (0..namespaces).map(|n| format!("({},'team{n:05}',{no},{TIME},{TIME})", first + n)),
    )
    .await;
    insert(
        "team_users",
        "team_id,user_id,role,created_at,updated_at",
        &mut (0..namespaces).map(|n| format!("({},{member},2,{TIME},{TIME})", first + n)),
    )
    .await;
    insert(
        "users",
        "username,canonical_name,email,created_at,updated_at",
        &mut (0..size.repositories / 5)
            .map(|n| format!("('user{n:05}','user{n:05}','user{n:05}@example.org',{TIME},{TIME})")),
    )
    .await;
    insert(
        "namespaces",
        "id,registry_id,name,team_id,global,visibility,created_at,updated_at",
        &mut (0..namespaces).map(|n| {
            let id = first + n;
            format!("({id},{registry},'team{n:05}',{id},{no},0,{TIME},{TIME})")
        }),
    )
    .await;
    insert(
        "repositories",
        "id,namespace_id,name,marked,created_at,updated_at",
        &mut (0..size.repositories).map(|n| {
            let space = first + n / NAMESPACE;
            let (id, name) = (first + n, n % NAMESPACE);
            format!("({id},{space},'app{name:03}',{no},{TIME},{TIME})")
        }),
    )
    .await;
    let manifests = size.tags.min(MANIFESTS);
    insert(
        "manifests",
        "repository_id,digest,media_type,image_size,platforms,details,created_at,updated_at",
        &mut (0..size.repositories * manifests).map(|n| {
            let repository = first + n / manifests;
            let digest = digest(n % manifests);
            format!(
                "({repository},'{digest}','application/vnd.oci.image.manifest.v1+json',12345678,'linux/amd64',1,{TIME},{TIME})"
            )
        }),
    )
    .await;
    insert(
        "tags",
        "repository_id,name,digest,username,marked,observed_at,pushed_at,created_at,updated_at",
        &mut (0..size.repositories * size.tags).map(|n| {
            let (repository, tag) = (first + n / size.tags, n % size.tags);
            let digest = digest(tag % manifests);
            format!(
                "({repository},'v{tag:03}','{digest}','portus',{no},{TIME},{},{TIME},{})",
                time(n),
                time(n),
            )
        }),
    )
    .await;
    let key = key_column(connection);
    insert(
        "activities",
        &format!(
            "{key},actor_name,trackable_type,trackable_id,registry_id,team_id,namespace_id,namespace_name,\
             repository_name,tag_name,visibility,parameters,created_at"
        ),
        &mut (0..size.repositories * size.tags.min(ACTIVITIES)).map(|n| {
            let repository = n / size.tags.min(ACTIVITIES);
            let space = repository / NAMESPACE;
            let (id, name) = (first + repository, repository % NAMESPACE);
            format!(
                "('repository.push','portus','Repository',{id},{registry},{},{},'team{space:05}','app{name:03}','v000',0,\
                 '{{}}',{})",
                first + space,
                first + space,
                time(n),
            )
        }),
    )
    .await;
    transaction.commit().await.unwrap();
    settle(connection).await;
}

/// How a flag that is off is written.
fn flag(connection: &DatabaseConnection) -> &'static str {
    match connection.get_database_backend() {
        sea_orm::DatabaseBackend::Postgres => "false",
        _ => "0",
    }
}

/// The column `key`, a word of its own on MariaDB.
fn key_column(connection: &DatabaseConnection) -> &'static str {
    match connection.get_database_backend() {
        sea_orm::DatabaseBackend::MySql => "`key`",
        _ => "key",
    }
}

/// What PostgreSQL does by itself sooner or later, or would do for rows with ids of its own.
async fn settle(connection: &DatabaseConnection) {
    if connection.get_database_backend() == sea_orm::DatabaseBackend::Postgres {
        for table in ["teams", "namespaces", "repositories"] {
            let statement =
                format!("SELECT setval(pg_get_serial_sequence('{table}','id'), 1000000)");
            connection.execute_unprepared(&statement).await.unwrap();
        }
        connection.execute_unprepared("ANALYZE").await.unwrap();
    }
}

/// A moment of its own for each of the first million.
fn time(number: usize) -> String {
    format!("'2026-01-02 03:04:05.{:06}'", number % 1_000_000)
}

pub fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}
