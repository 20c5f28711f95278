use std::time::Duration;

use super::*;

#[test]
fn every_form_of_a_boolean_is_read() {
    for yes in [
        "true", "TRUE", "t", "yes", "Y", "on", "1", "'true'", "\"on\"", " true ",
    ] {
        assert!(
            config(&[("PORTUS_DISPLAY_NAME_ENABLED", yes)]).display_name,
            "{yes}"
        );
    }
    for no in ["false", "F", "no", "n", "OFF", "0", "", "'false'", "\"0\""] {
        assert!(!config(&[("PORTUS_GRAVATAR_ENABLED", no)]).gravatar, "{no}");
    }
    let errors = errors(&[("PORTUS_GRAVATAR_ENABLED", "perhaps")]);
    assert!(
        errors.contains("gravatar.enabled (from PORTUS_GRAVATAR_ENABLED): 'perhaps'"),
        "{errors}"
    );
}

#[test]
fn a_boolean_that_portus_would_have_read_otherwise_is_remarked() {
    let setup = Setup::new(&[
        ("PORTUS_LDAP_ENABLED", "1"),
        ("PORTUS_SIGNUP_ENABLED", "False"),
    ]);
    let loaded = setup.loaded();
    let remarks: Vec<_> = loaded
        .warnings
        .iter()
        .filter(|w| w.severity == Severity::Info)
        .collect();
    assert_eq!(remarks.len(), 1);
    assert!(remarks[0].text.contains("PORTUS_LDAP_ENABLED"));
    assert!(loaded.config.ldap.is_some());
}

#[test]
fn integers_are_decimal_and_may_end_in_one_comma() {
    let port = |text| {
        let env = [
            ("PORTUS_EMAIL_SMTP_ENABLED", "true"),
            ("PORTUS_EMAIL_SMTP_PORT", text),
        ];
        config(&env).email.smtp.expect("smtp").port
    };
    for text in ["25", " 25 ", "'25'", "25,", "025", "+25"] {
        assert_eq!(port(text), 25, "{text}");
    }
    for text in [
        "",
        "25,,",
        "1_000",
        "0x19",
        "2.5",
        "mail",
        "0",
        "65536",
        "99999999999999999999",
        "-",
    ] {
        let errors = errors(&[("PORTUS_EMAIL_SMTP_PORT", text)]);
        assert!(
            errors.contains("PORTUS_EMAIL_SMTP_PORT"),
            "{text}: {errors}"
        );
    }
}

#[test]
fn text_stays_verbatim() {
    for text in ["0123", "true", " x ", "'quoted'", "1e3", "yes", "a#b: *c"] {
        let env = [
            ("PORTUS_LDAP_ENABLED", "true"),
            ("PORTUS_LDAP_AUTHENTICATION_ENABLED", "true"),
            ("PORTUS_LDAP_AUTHENTICATION_PASSWORD", text),
            ("PORTUS_PASSWORD", text),
        ];
        let config = config(&env);
        assert_eq!(
            config
                .ldap
                .expect("ldap")
                .bind
                .expect("bind")
                .password
                .expose(),
            text
        );
        assert_eq!(
            config.secrets.portus_password.expect("password").expose(),
            text
        );
    }
}

#[test]
fn an_empty_variable_of_a_file_key_is_a_value() {
    let setup =
        Setup::new(&[("PORTUS_LDAP_FILTER", "")]).local("ldap: {enabled: true, filter: x=y}");
    assert_eq!(setup.config().ldap.expect("ldap").filter, None);
}

#[test]
fn token_life_is_minutes_or_a_former_ruby_text() {
    let life = |text| {
        config(&[("PORTUS_REGISTRY_JWT_EXPIRATION_TIME_VALUE", text)])
            .registry
            .jwt_expiration_time
    };
    for (text, seconds) in [
        ("5", 300),
        ("5.minutes", 300),
        ("5.minute", 300),
        ("300.seconds", 300),
        ("1.hours", 3600),
        ("'7'", 420),
    ] {
        assert_eq!(life(text), Duration::from_secs(seconds), "{text}");
    }
    assert!(
        warnings(&[("PORTUS_REGISTRY_JWT_EXPIRATION_TIME_VALUE", "5.minutes")])
            .contains("5.minutes")
    );
    for text in [
        "",
        "0",
        "-5",
        "5.parsecs",
        "system('x')",
        "5.5.minutes",
        "10.seconds",
        "9223372036854775807.days",
    ] {
        assert!(
            errors(&[("PORTUS_REGISTRY_JWT_EXPIRATION_TIME_VALUE", text)])
                .contains("jwt_expiration_time"),
            "{text}"
        );
    }
}

#[test]
fn words_outside_a_list_stop_the_start() {
    for name in [
        "PORTUS_USER_PERMISSION_PUSH_IMAGES_POLICY",
        "PORTUS_BACKGROUND_SYNC_STRATEGY",
        "PORTUS_BACKGROUND_SYNC_ORPHANS",
        "PORTUS_LDAP_ENCRYPTION_METHOD",
        "PORTUS_LDAP_ENCRYPTION_OPTIONS_SSL_VERSION",
        "PORTUS_LDAP_GROUP_SYNC_DEFAULT_ROLE",
        "PORTUS_EMAIL_SMTP_SSL_TLS",
        "PORTUS_EMAIL_SMTP_AUTHENTICATION",
        "PORTUS_EMAIL_SMTP_OPENSSL_VERIFY_MODE",
        "PORTUS_SECURITY_CLAIR_API",
        "PORTUS_DB_ADAPTER",
        "PORTUS_LOG_LEVEL",
        "PORTUS_LOG_FORMAT",
        "RAILS_ENV",
        "PORTUS_DELETE_GARBAGE_COLLECTOR_TAG",
        "PORTUS_OAUTH_GITLAB_SERVER",
        "PORTUS_MACHINE_FQDN_EXTERNAL_URL",
        "PORTUS_SECURITY_CLAIR_SERVER",
        "PORTUS_TRUSTED_PROXIES",
        "PORTUS_EMAIL_FROM",
        "CATALOG_CRON",
        "DATABASE_URL",
    ] {
        let errors = errors(&[(name, "no such (thing")]);
        assert!(errors.contains(name), "{errors}");
        assert_eq!(errors.lines().count(), 2, "{errors}");
    }
}

#[test]
fn all_errors_come_at_once() {
    let setup = Setup::new(&[
        ("PORTUS_LDAP_PORT", "x"),
        ("PORTUS_DB_POOL", "many"),
        ("PORTUS_KEY_PATH", "nowhere.key"),
    ])
    .local("signup: {enabled: maybe}\nldap: true\n");
    let errors = setup.errors();
    for name in [
        "ldap.port",
        "PORTUS_DB_POOL",
        "PORTUS_KEY_PATH",
        "signup.enabled",
        "section 'ldap' must be a mapping",
    ] {
        assert!(errors.contains(name), "{name} in {errors}");
    }
    assert!(
        errors.starts_with("the configuration has 5 errors:"),
        "{errors}"
    );
}

#[test]
fn mail_addresses_have_one_at_sign_and_no_blanks() {
    for text in ["portus", "@x", "x@", "a@b@c", "a b@c", ""] {
        assert!(
            errors(&[("PORTUS_EMAIL_FROM", text)]).contains("email.from"),
            "{text}"
        );
    }
    assert!(
        errors(&[("PORTUS_EMAIL_REPLY_TO", "nobody")]).contains("bad config value for 'reply_to'")
    );
    assert_eq!(
        config(&[("PORTUS_EMAIL_REPLY_TO", "")]).email.reply_to,
        None
    );
}
