//! Environments of existing set-ups, which must start unchanged.

use std::time::Duration;

use super::*;

const KEY_BASE: &str = "5c7e1a905c7e1a905c7e1a905c7e1a90";

fn server(config: &Config) -> Server {
    match &config.database.connection {
        Connection::Server(server) => server.clone(),
        other @ Connection::File(_) => panic!("not a server: {other:?}"),
    }
}

#[test]
fn nothing_set_means_sqlite_and_plain_http() {
    let setup = Setup::new(&[("PORTUS_DATA_DIR", "d")]);
    let config = setup.config();
    let root = setup.root.path();
    assert_eq!(config.database.adapter, Adapter::Sqlite);
    assert_eq!(
        config.database.connection,
        Connection::File(root.join("d/portus.sqlite3"))
    );
    assert_eq!(config.listener.address.to_string(), "0.0.0.0:3000");
    assert!(config.listener.tls.is_none());
    assert!(config.ldap.is_none());
    assert!(config.delete.enabled && config.delete.garbage_collector.is_none());
    assert_eq!(config.registry.jwt_expiration_time, Duration::from_mins(15));
    assert_eq!(config.registry.catalog_page, None);
    assert_eq!(
        config.background.sync.schedule,
        Schedule::Every(Duration::from_mins(10))
    );
    assert_eq!(config.background.sync.strategy, SyncStrategy::UpdateDelete);
    assert_eq!(config.process.environment, Environment::Production);
    assert!(config.secrets.secret_key_base.is_none() && config.secrets.portus_password.is_none());
    assert!(!root.join("d").exists(), "loading must not create anything");
    assert_eq!(config.public_url(), "http://localhost:3000");
}

#[test]
fn the_secure_compose_example_starts() {
    let common = [
        ("PORTUS_MACHINE_FQDN_VALUE", "portus.example.org"),
        ("PORTUS_DB_HOST", "db"),
        ("PORTUS_DB_DATABASE", "portus_production"),
        ("PORTUS_DB_PASSWORD", "p@ss#w:rd"),
        ("PORTUS_DB_POOL", "5"),
        ("PORTUS_SECRET_KEY_BASE", KEY_BASE),
        ("PORTUS_KEY_PATH", "certificates/portus.key"),
        ("PORTUS_PASSWORD", "hidden-one"),
    ];
    let mut web = common.to_vec();
    web.extend([
        ("PORTUS_PUMA_TLS_KEY", "certificates/portus.key"),
        ("PORTUS_PUMA_TLS_CERT", "certificates/portus.crt"),
        ("RAILS_SERVE_STATIC_FILES", "true"),
    ]);
    let setup = Setup::new(&web)
        .file("certificates/portus.key", "k")
        .file("certificates/portus.crt", "c");
    let loaded = setup.loaded();
    let config = loaded.config;
    assert!(
        loaded.warnings.iter().all(|w| w.severity == Severity::Info),
        "{:?}",
        loaded.warnings
    );
    assert_eq!(config.database.adapter, Adapter::Mysql);
    assert_eq!(server(&config).database, "portus_production");
    assert_eq!(
        config.database.url().expose(),
        "mysql://root:p%40ss%23w%3Ard@db/portus%5Fproduction"
    );
    assert_eq!(
        config.listener.tls.expect("tls").cert,
        setup.root.path().join("certificates/portus.crt")
    );
    assert_eq!(config.listener.address.to_string(), "0.0.0.0:3000");
    assert_eq!(
        config.secrets.key_path,
        Some(setup.root.path().join("certificates/portus.key"))
    );

    let mut background = common.to_vec();
    background.extend([("CCONFIG_PREFIX", "PORTUS"), ("PORTUS_BACKGROUND", "true")]);
    let config = Setup::new(&background)
        .file("certificates/portus.key", "k")
        .config();
    assert!(config.process.background_only);
    assert_eq!(config.machine_fqdn.value, "portus.example.org");
    assert_eq!(config.public_url(), "https://portus.example.org");
}

#[test]
fn the_insecure_compose_example_starts() {
    let config = config(&[
        ("PORTUS_MACHINE_FQDN_VALUE", "172.17.0.1"),
        ("PORTUS_CHECK_SSL_USAGE_ENABLED", "'false'"),
        ("RAILS_SERVE_STATIC_FILES", "'true'"),
        ("PORTUS_DB_HOST", "db"),
    ]);
    assert!(!config.check_ssl_usage);
    assert_eq!(config.machine_fqdn.value, "172.17.0.1");
}

#[test]
fn the_ldap_compose_example_starts() {
    let setup = Setup::new(&[
        ("PORTUS_LDAP_ENABLED", "true"),
        ("PORTUS_LDAP_HOSTNAME", "ldap"),
        ("PORTUS_LDAP_PORT", "389"),
        ("PORTUS_LDAP_UID", "uid"),
        ("PORTUS_LDAP_BASE", "dc=example,dc=org"),
        ("PORTUS_LDAP_GROUP_BASE", "ou=canigo,dc=example,dc=org"),
        ("PORTUS_LDAP_FILTER", ""),
        ("PORTUS_LDAP_AUTHENTICATION_ENABLED", "true"),
        (
            "PORTUS_LDAP_AUTHENTICATION_BIND_DN",
            "cn=admin,dc=example,dc=org",
        ),
        ("PORTUS_LDAP_AUTHENTICATION_PASSWORD", "admin"),
        ("PORTUS_LDAP_ENCRYPTION_METHOD", "start_tls"),
        ("PORTUS_LDAP_ENCRYPTION_OPTIONS_CA_FILE", "ca.crt"),
        ("PORTUS_LDAP_ENCRYPTION_OPTIONS_SSL_VERSION", "TLSv1_2"),
    ])
    .file("ca.crt", "c");
    let ldap = setup.config().ldap.expect("ldap");
    assert_eq!(ldap.encryption, LdapEncryption::StartTls);
    assert_eq!(ldap.group_base, "ou=canigo,dc=example,dc=org");
    assert_eq!(ldap.filter, None);
    assert_eq!(ldap.bind.expect("bind").dn, "cn=admin,dc=example,dc=org");
    assert_eq!(ldap.ca_file, Some(setup.root.path().join("ca.crt")));
    assert_eq!(
        ldap.group_sync.expect("sync").default_role,
        GroupRole::Viewer
    );
}

#[test]
fn the_third_party_image_of_two_dot_zero_starts() {
    let env = [
        ("DB_ADAPTER", "mysql2"),
        ("DB_ENCODING", "utf8"),
        ("DB_HOST", "127.0.0.1"),
        ("DB_PORT", "3306"),
        ("DB_USERNAME", "portus"),
        ("DB_PASSWORD", "portus"),
        ("DB_DATABASE", "portus"),
        ("RACK_ENV", "production"),
        ("RAILS_ENV", "production"),
        ("PUMA_SSL_KEY", "certs/server-key.pem"),
        ("PUMA_SSL_CRT", "certs/server-crt.pem"),
        ("PUMA_PORT", "443"),
        ("PUMA_WORKERS", "4"),
        ("MACHINE_FQDN", "192.168.33.18"),
        ("SECRETS_SECRET_KEY_BASE", "secret-goes-here"),
        (
            "SECRETS_ENCRYPTION_PRIVATE_KEY_PATH",
            "certs/server-key.pem",
        ),
        ("SECRETS_PORTUS_PASSWORD", "portuspw"),
        ("CATALOG_CRON", "10.seconds"),
    ];
    let setup = Setup::new(&env)
        .file("certs/server-key.pem", "k")
        .file("certs/server-crt.pem", "c");
    let config = setup.config();
    assert_eq!(config.listener.address.to_string(), "0.0.0.0:443");
    assert!(config.listener.tls.is_some());
    assert_eq!(config.listener.blocking_threads, 16);
    assert_eq!(
        config.database.url().expose(),
        "mysql://portus:portus@127.0.0.1:3306/portus"
    );
    assert_eq!(config.machine_fqdn.value, "192.168.33.18");
    assert!(
        config.secrets.secret_key_base.is_none(),
        "a sample counts as unset"
    );
    assert_eq!(
        config.secrets.portus_password.expect("password").expose(),
        "portuspw"
    );
    assert_eq!(
        config.background.sync.schedule,
        Schedule::Every(Duration::from_secs(10))
    );
    let warnings = setup.warnings();
    for name in [
        "DB_HOST",
        "DB_PASSWORD",
        "PUMA_SSL_KEY",
        "MACHINE_FQDN",
        "SECRETS_PORTUS_PASSWORD",
    ] {
        assert_eq!(
            mentions(&warnings, &format!("{name} is the former name")),
            1,
            "{warnings}"
        );
    }
}

#[test]
fn the_overrides_of_the_oldest_guide_work_from_file_and_environment() {
    let file = "delete:\n  enabled: true\nsignup:\n  enabled: false\n";
    for setup in [
        Setup::new(&[
            ("PORTUS_DELETE_ENABLED", "true"),
            ("PORTUS_SIGNUP_ENABLED", "false"),
        ]),
        Setup::new(&[]).local(file),
        Setup::new(&[]).file("config/config.yml", file),
        Setup::new(&[("PORTUS_LOCAL_CONFIG_PATH", "elsewhere.yml")]).file("elsewhere.yml", file),
    ] {
        let config = setup.config();
        assert!(config.delete.enabled && !config.signup);
    }
}
