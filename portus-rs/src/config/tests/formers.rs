use std::time::Duration;

use super::*;

#[test]
fn every_former_variable_stands_for_its_key() {
    for key in keys() {
        let older = key.was.iter().map(|path| key::variable("PORTUS", path));
        let names: Vec<String> = key
            .legacy
            .iter()
            .map(|n| (*n).to_owned())
            .chain(older)
            .collect();
        for name in names {
            let text = match key.kind {
                Kind::Integer { .. } | Kind::Minutes => "7",
                Kind::Choice(_) => "mysql2",
                Kind::File => "a-file",
                _ => "some-text",
            };
            let group = match name.split_once('_') {
                Some((start @ ("DB" | "MARIADB"), _)) => format!("{start}_ADAPTER"),
                _ => "UNRELATED".to_owned(),
            };
            let setup = Setup::new(&[(&group, "mysql2"), (&name, text)]).file("a-file", "x");
            let (loaded, _) = examine(&setup.sources);
            assert_eq!(
                loaded.origins[key.name],
                Origin::Variable(name.clone()),
                "{}",
                key.name
            );
            assert!(
                loaded.warnings.iter().any(|w| w.text.contains(&name)),
                "{name} is used silently"
            );
            let current = key.variable("PORTUS");
            if !matches!(key.kind, Kind::Choice(_)) {
                let other = if text == "7" { "8" } else { "a-file" };
                let setup = Setup::new(&[(&group, "mysql2"), (&name, text), (&current, other)])
                    .file("a-file", "x");
                let (loaded, _) = examine(&setup.sources);
                assert_eq!(loaded.origins[key.name], Origin::Variable(current.clone()));
                let clash = format!("{name} is not used");
                assert_eq!(
                    loaded.warnings.iter().any(|w| w.text.contains(&clash)),
                    text != other,
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn common_names_count_only_with_a_host_or_an_adapter() {
    let config = config(&[
        ("DB_PASSWORD", "somebody-else's"),
        ("DB_PORT", "x"),
        ("MARIADB_USER", "me"),
    ]);
    assert_eq!(config.database.adapter, Adapter::Sqlite);
}

#[test]
fn names_of_portus_before_2_3_warn_with_its_words() {
    let warnings = warnings(&[("PORTUS_PRODUCTION_HOST", "db"), ("PORTUS_DB_HOST", " ")]);
    assert!(
        warnings.contains("[DEPRECATED] The database configuration has been extended."),
        "{warnings}"
    );
    let config = config(&[("PORTUS_PRODUCTION_HOST", "db"), ("PORTUS_DB_HOST", "")]);
    assert!(config.database.describe().contains("on db"));
}

#[test]
fn the_later_third_party_image_is_understood() {
    let setup = Setup::new(&[
        ("MARIADB_HOST", "maria"),
        ("MARIADB_USER", "u"),
        ("MARIADB_PASSWORD", "p"),
        ("MARIADB_DATABASE", "d"),
        ("PORTUS_ENCRYPTION_PRIVATE_KEY_PATH", "k.pem"),
        ("PORTUS_PORTUS_PASSWORD", "pw"),
        ("PORTUS_MACHINE_FQDN", "portus.example"),
        ("PUMA_IP", "127.0.0.1"),
        ("PUMA_WORKER_TIMEOUT", "60"),
        ("DEBUG", "true"),
    ])
    .file("k.pem", "k");
    let config = setup.config();
    assert_eq!(config.database.url().expose(), "mysql://u:p@maria/d");
    assert_eq!(config.listener.address.to_string(), "127.0.0.1:80");
    assert_eq!(config.process.log_level, LogLevel::Debug);
    assert_eq!(config.machine_fqdn.value, "portus.example");
    assert_eq!(
        config.secrets.portus_password.expect("password").expose(),
        "pw"
    );
}

#[test]
fn ports_of_the_third_party_image() {
    let address = |env: &[(&str, &str)]| config(env).listener.address.to_string();
    assert_eq!(address(&[("PUMA_WORKERS", "3")]), "0.0.0.0:80");
    assert_eq!(address(&[("PUMA_PORT", "8080")]), "0.0.0.0:8080");
    assert_eq!(
        address(&[("PUMA_WORKERS", "3"), ("PORT0", "31001")]),
        "0.0.0.0:31001"
    );
    assert_eq!(address(&[("PORT0", "31001")]), "0.0.0.0:3000");
    assert_eq!(
        address(&[("PORTUS_PUMA_HOST", "10.0.0.1"), ("PUMA_PORT", "81")]),
        "10.0.0.1:81"
    );
    assert_eq!(
        address(&[("PORTUS_PUMA_HOST", "10.0.0.1:82"), ("PUMA_PORT", "81")]),
        "10.0.0.1:82"
    );
    let lone_key = Setup::new(&[("PUMA_SSL_KEY", "k")]).file("k", "k");
    assert!(lone_key.config().listener.tls.is_none());
}

#[test]
fn former_keys_of_the_file_are_read() {
    let setup = Setup::new(&[]).local("jwt_expiration_time:\n  value: \"5.minutes\"\n");
    assert_eq!(
        setup.config().registry.jwt_expiration_time,
        Duration::from_mins(5)
    );
    assert!(
        setup
            .warnings()
            .contains("is the former name of registry.jwt_expiration_time.value")
    );

    let ldap = Setup::new(&[])
        .local("ldap: {enabled: true, method: starttls}")
        .config()
        .ldap
        .expect("ldap");
    assert_eq!(ldap.encryption, LdapEncryption::StartTls);
    let ldap = Setup::new(&[])
        .local("ldap: {enabled: true, method: starttls, encryption: {method: simple_tls}}")
        .config()
        .ldap
        .expect("ldap");
    assert_eq!(ldap.encryption, LdapEncryption::SimpleTls);

    assert_eq!(
        config(&[("PORTUS_PAGINATION_LIMIT", "25")])
            .pagination
            .per_page,
        25
    );
    let both = [
        ("PORTUS_PAGINATION_LIMIT", "25"),
        ("PORTUS_PAGINATION_PER_PAGE", "30"),
    ];
    assert_eq!(config(&both).pagination.per_page, 30);
}

#[test]
fn former_variables_win_over_files() {
    let setup =
        Setup::new(&[("MACHINE_FQDN", "from.env")]).local("machine_fqdn: {value: from.file}");
    assert_eq!(setup.config().machine_fqdn.value, "from.env");
}

#[test]
fn catalog_cron_takes_minutes_intervals_and_cron_lines() {
    let sync = |text| {
        config(&[
            ("CATALOG_CRON", text),
            ("PORTUS_BACKGROUND_SYNC_ENABLED", "false"),
        ])
        .background
        .sync
    };
    for (text, seconds) in [
        ("5", 300),
        ("10.seconds", 10),
        ("1.minute", 60),
        ("2.hours", 7200),
        (" 1.day ", 86400),
        ("5.second", 5),
    ] {
        let sync = sync(text);
        assert!(sync.enabled && sync.strategy == SyncStrategy::UpdateDelete);
        assert_eq!(
            sync.schedule,
            Schedule::Every(Duration::from_secs(seconds)),
            "{text}"
        );
    }
    assert_eq!(
        sync("*/15  * * * MON-FRI").schedule,
        Schedule::Cron("*/15 * * * MON-FRI".to_owned())
    );
    for text in [
        "4.seconds",
        "0",
        "-1",
        "10.fortnights",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "system('id')",
        "1.5",
        "99999999999999999999",
        "400.days",
    ] {
        assert!(
            errors(&[("CATALOG_CRON", text)]).contains("CATALOG_CRON"),
            "{text}"
        );
    }
}

#[test]
fn catalog_cron_leaves_an_explicit_strategy_alone() {
    let env = [
        ("CATALOG_CRON", "5"),
        ("PORTUS_BACKGROUND_SYNC_STRATEGY", "update"),
        ("PORTUS_BACKGROUND_SYNC_ENABLED", "no"),
    ];
    let sync = config(&env).background.sync;
    assert_eq!((sync.enabled, sync.strategy), (false, SyncStrategy::Update));
    assert_eq!(sync.schedule, Schedule::Every(Duration::from_mins(5)));
}
