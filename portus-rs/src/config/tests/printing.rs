use super::*;

/// Printed nowhere, however it gets in.
const CANARY: &str = "c4n4ry-in-the-c0al-mine";

#[test]
fn the_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/CONFIGURATION.md");
    let wanted = reference_markdown();
    if std::env::var_os("PORTUS_UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).expect("docs/CONFIGURATION.md can be written");
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/CONFIGURATION.md is not up to date; run: PORTUS_UPDATE_DOCS=1 cargo test reference"
    );
}

#[test]
fn keys_are_declared_once_and_explained() {
    let mut seen = std::collections::BTreeSet::new();
    for key in keys() {
        assert!(
            seen.insert(key.variable("PORTUS")),
            "{} is there twice",
            key.name
        );
        assert!(key.meaning.ends_with('.'), "{}", key.name);
        assert!(coerce::coerce(key, key.default).is_ok(), "{}", key.name);
    }
}

#[test]
fn info_is_yaml_with_every_key_and_no_secret() {
    let info =
        render_info(&Setup::new(&[("PORTUS_PASSWORD", CANARY), ("PORTUS_DB_POOL", "3")]).loaded());
    let yaml = info
        .strip_prefix("Evaluated configuration:\n")
        .expect("heading");
    let tree: serde_yaml::Value = serde_yaml::from_str(yaml).expect("yaml");
    assert_eq!(tree["email"]["smtp"]["port"].as_i64(), Some(587));
    assert_eq!(tree["email"]["smtp"]["password"].as_str(), Some("****"));
    assert_eq!(tree["oauth"]["bitbucket"]["key"].as_str(), Some("****"));
    assert_eq!(
        tree["registry"]["jwt_expiration_time"]["value"].as_i64(),
        Some(15)
    );
    assert_eq!(
        tree["environment"]["PORTUS_PASSWORD"].as_str(),
        Some("****")
    );
    assert_eq!(tree["environment"]["PORTUS_DB_POOL"].as_i64(), Some(3));
    assert!(tree["ldap"]["method"].is_null());
    for key in keys().filter(|key| {
        key.in_file() && !key.name.ends_with(".method") && key.name != "pagination.limit"
    }) {
        let leaf = key
            .name
            .split('.')
            .try_fold(&tree, |node, name| node.get(name));
        assert!(leaf.is_some(), "{}", key.name);
    }
}

#[test]
fn secrets_show_nowhere() {
    let secrets: Vec<_> = keys().filter(|key| key.secret).collect();
    let switches = [
        "PORTUS_LDAP_ENABLED",
        "PORTUS_LDAP_AUTHENTICATION_ENABLED",
        "PORTUS_EMAIL_SMTP_ENABLED",
    ];
    let providers = keys().filter(|k| k.name.starts_with("oauth.") && k.name.ends_with(".enabled"));
    let on: Vec<String> = providers
        .map(|key| key.variable("PORTUS"))
        .chain(switches.map(str::to_owned))
        .collect();
    let url = format!("mysql://u:{CANARY}@h/d?pool={CANARY}");
    let endpoint = format!("http://u:{CANARY}@clair:6060/");
    for with_url in [true, false] {
        let mut env: Vec<(String, &str)> = on.iter().map(|name| (name.clone(), "true")).collect();
        env.push(("PORTUS_EMAIL_SMTP_USER_NAME".to_owned(), "u"));
        env.push(("PORTUS_SECURITY_CLAIR_SERVER".to_owned(), &endpoint));
        for key in &secrets {
            let text = if key.name == "DATABASE_URL" {
                &url
            } else {
                CANARY
            };
            if with_url || key.name != "DATABASE_URL" {
                env.push((key.variable("PORTUS"), text));
                env.extend(key.legacy.iter().map(|name| ((*name).to_owned(), "other")));
            }
        }
        let env: Vec<(&str, &str)> = env
            .iter()
            .map(|(name, text)| (name.as_str(), *text))
            .collect();
        let setup = Setup::new(&env);
        let loaded = setup.loaded();
        assert!(
            loaded.config.database.url().expose().contains("c4n4ry"),
            "the canary must be in there"
        );
        for text in [
            format!("{loaded:#?}"),
            render_info(&loaded),
            setup.warnings(),
            loaded.config.database.describe(),
        ] {
            assert!(!text.contains(CANARY), "{text}");
        }
    }
}

#[test]
fn secrets_show_in_no_error() {
    let setup = Setup::new(&[
        ("DATABASE_URL", &format!("ftp://u:{CANARY}@h/d")),
        ("PORTUS_MACHINE_FQDN_EXTERNAL_URL", &format!("https://u:{CANARY}@h/")),
        ("PORTUS_SECURITY_CLAIR_SERVER", &format!("ftp://u:{CANARY}@h/")),
    ])
    .local(&format!("email:\n  smtp:\n    password:{CANARY}\nldap:\n  authentication:\n    password: [{{a: {CANARY}}}]\n"));
    let errors = setup.errors();
    assert!(!errors.contains(CANARY), "{errors}");
    assert!(
        errors.starts_with("the configuration has 5 errors"),
        "{errors}"
    );
    for text in [
        format!("password: \"{CANARY}"),
        format!("a: b: {CANARY}"),
        format!("*{CANARY}"),
        format!("{CANARY}: 1\n{CANARY}: 2"),
    ] {
        let errors = Setup::new(&[]).local(&text).errors();
        assert!(!errors.contains(CANARY), "{errors}");
    }
}
