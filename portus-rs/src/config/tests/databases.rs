use super::*;

fn url(env: &[(&str, &str)]) -> String {
    config(env).database.url().expose().to_owned()
}

#[test]
fn the_adapter_follows_from_what_is_set() {
    for name in [
        "PORTUS_DB_HOST",
        "PORTUS_DB_PORT",
        "PORTUS_DB_SOCKET",
        "PORTUS_DB_USERNAME",
        "PORTUS_DB_PASSWORD",
    ] {
        assert_eq!(
            config(&[(name, "1")]).database.adapter,
            Adapter::Mysql,
            "{name}"
        );
    }
    assert_eq!(
        config(&[("PORTUS_DB_DATABASE", "x"), ("PORTUS_DB_POOL", "2")])
            .database
            .adapter,
        Adapter::Sqlite
    );
    assert_eq!(
        config(&[("PORTUS_DB_ADAPTER", "postgresql")])
            .database
            .adapter,
        Adapter::Postgres
    );
    assert_eq!(
        config(&[("PORTUS_DB_ADAPTER", "sqlite3"), ("PORTUS_DB_HOST", "x")])
            .database
            .adapter,
        Adapter::Sqlite
    );
}

#[test]
fn database_urls_are_built_with_everything_escaped() {
    let env = |adapter| {
        [
            ("PORTUS_DB_ADAPTER", adapter),
            ("PORTUS_DB_USERNAME", "a@b"),
            ("PORTUS_DB_PASSWORD", "%:/?#ü"),
        ]
    };
    assert_eq!(
        url(&env("mysql2")),
        "mysql://a%40b:%25%3A%2F%3F%23%C3%BC@localhost/portus%5Fproduction"
    );
    assert_eq!(
        url(&env("postgresql")),
        "postgres://a%40b:%25%3A%2F%3F%23%C3%BC@localhost/portus%5Fproduction"
    );
    assert_eq!(
        url(&[
            ("PORTUS_DB_HOST", "::1"),
            ("PORTUS_DB_PORT", "33"),
            ("RAILS_ENV", "staging")
        ]),
        "mysql://root:@[::1]:33/portus%5Fstaging"
    );
    assert_eq!(
        url(&[("PORTUS_DB_SOCKET", "/run/my.sock")]),
        "mysql://root:@localhost/portus%5Fproduction?socket=%2Frun%2Fmy%2Esock"
    );
    let socket = [
        ("PORTUS_DB_ADAPTER", "postgresql"),
        ("PORTUS_DB_SOCKET", "/run/pg/.s.PGSQL.5432"),
    ];
    assert!(url(&socket).ends_with("?host=%2Frun%2Fpg"));
    assert!(errors(&[("PORTUS_DB_HOST", "http://db/x y")]).contains("PORTUS_DB_HOST"));
}

#[test]
fn sqlite_files_start_at_the_root() {
    let setup = Setup::new(&[("PORTUS_DB_DATABASE", "sub dir/p?.db")]);
    let config = setup.config();
    assert_eq!(
        config.database.connection,
        Connection::File(setup.root.path().join("sub dir/p?.db"))
    );
    assert!(
        config
            .database
            .url()
            .expose()
            .ends_with("/sub%20dir/p%3F%2Edb?mode=rwc")
    );
}

#[test]
fn a_database_in_memory_is_refused() {
    for setting in [
        ("PORTUS_DB_DATABASE", ":memory:"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("DATABASE_URL", "sqlite://:memory:"),
    ] {
        let errors = errors(&[setting]);
        assert!(errors.contains(setting.0), "{errors}");
        assert!(errors.contains("must name a file"), "{errors}");
    }
}

#[test]
fn a_database_url_wins_with_a_warning() {
    let both = [
        (
            "DATABASE_URL",
            "mysql2://u:p%40@h:3307/d?pool=7&encoding=utf8&ssl-mode=REQUIRED",
        ),
        ("PORTUS_DB_HOST", "db"),
    ];
    assert_eq!(url(&both), "mysql://u:p%40@h:3307/d?ssl%2Dmode=REQUIRED");
    assert_eq!(config(&both).database.pool, 7);
    assert!(warnings(&both).contains("PORTUS_DB_HOST is not used"));
    assert_eq!(
        url(&[("DATABASE_URL", "postgresql://u@h/d")]),
        "postgres://u:@h/d"
    );
    for (text, path) in [
        ("sqlite3:db/x.sqlite3", "db/x.sqlite3"),
        ("sqlite:///abs/x.db", "/abs/x.db"),
        ("sqlite://rel.db?mode=rwc", "rel.db"),
    ] {
        let setup = Setup::new(&[("DATABASE_URL", text)]);
        assert_eq!(
            setup.config().database.connection,
            Connection::File(setup.root.path().join(path)),
            "{text}"
        );
    }
    for text in [
        "oracle://u:sesame@h/d",
        "mysql://u:sesame@h",
        "sesame",
        "sqlite:",
        "mysql://u:sesame@h:x/d",
    ] {
        let errors = errors(&[("DATABASE_URL", text)]);
        assert!(
            errors.contains("DATABASE_URL") && !errors.contains("sesame"),
            "{errors}"
        );
    }
}
