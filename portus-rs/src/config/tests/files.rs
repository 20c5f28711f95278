use super::*;

#[test]
fn the_local_file_wins_over_the_shipped_one_and_both_over_defaults() {
    let setup = Setup::new(&[("PORTUS_PAGINATION_BEFORE_AFTER", "9")])
        .local("signup: {enabled: false}\npagination: {before_after: 3}\n")
        .file(
            "config/config.yml",
            "signup: {enabled: true}\npagination: {per_page: 20}\n",
        );
    let loaded = setup.loaded();
    assert!(!loaded.config.signup);
    assert_eq!(loaded.config.pagination.per_page, 20);
    assert_eq!(loaded.config.pagination.before_after, 9);
    assert_eq!(
        loaded.origins["signup.enabled"],
        Origin::File(setup.root.path().join("config/config-local.yml"))
    );
    assert_eq!(loaded.origins["gravatar.enabled"], Origin::BuiltIn);
}

#[test]
fn nulls_and_empty_files_set_nothing() {
    for text in [
        "",
        "# a remark\n",
        "---\n",
        "ldap:\nsignup:\n  enabled: ~\n",
        "\u{feff}# bom\n",
    ] {
        assert!(Setup::new(&[]).local(text).config().signup, "{text:?}");
    }
}

#[test]
fn a_file_that_is_no_mapping_stops_the_start() {
    for text in ["- a\n- b\n", "text", "42"] {
        let setup = Setup::new(&[]).local(text);
        let errors = setup.errors();
        assert!(
            errors.contains("Wrong format for the config-local file!"),
            "{errors}"
        );
        assert!(errors.contains(&setup.root.path().display().to_string()));
    }
}

#[test]
fn broken_yaml_names_file_and_line() {
    let errors = Setup::new(&[])
        .local("ldap:\n  enabled: true\n bad\n")
        .errors();
    assert!(
        errors.contains("config-local.yml") && errors.contains("line"),
        "{errors}"
    );
    let errors = Setup::new(&[])
        .local("signup: {enabled: true}\nsignup: {enabled: false}\n")
        .errors();
    assert!(errors.contains("a key is there twice"), "{errors}");
}

#[test]
fn scalars_keep_their_characters() {
    for text in [
        "0x1F", "0123", "1e3", "1_000", "True", "on", "12.50", "'a: b'", "\"a#b\"", "~x", "0o17",
        ".inf",
    ] {
        let yaml = format!("email:\n  smtp: {{enabled: true, user_name: u, password: {text}}}\n");
        let login = Setup::new(&[])
            .local(&yaml)
            .config()
            .email
            .smtp
            .and_then(|s| s.login)
            .expect("login");
        assert_eq!(
            login.password.expose(),
            text.trim_matches(['\'', '"']),
            "{text}"
        );
    }
}

#[test]
fn booleans_of_older_yaml_are_booleans() {
    let config = Setup::new(&[])
        .local("signup: {enabled: off}\ndisplay_name: {enabled: yes}\n")
        .config();
    assert!(!config.signup && config.display_name);
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let yaml = "x: &x {enabled: false, contributors: yes}\ny: &y {enabled: true}\ndelete:\n  <<: [*x, *y]\nsignup: *x\ngravatar: {<<: *x, enabled: true}\n";
    let config = Setup::new(&[]).local(yaml).config();
    assert!(!config.delete.enabled && config.delete.contributors);
    assert!(!config.signup && config.gravatar);
}

#[test]
fn the_shipped_port_with_its_comma_is_a_port() {
    let setup = Setup::new(&[]).local("email:\n  smtp:\n    enabled: true\n    port: 587,\n");
    assert_eq!(setup.config().email.smtp.expect("smtp").port, 587);
}

#[test]
fn unknown_names_are_warned_of_with_the_name_they_resemble() {
    let setup = Setup::new(&[
        ("PORTUS_SINGUP_ENABLED", "false"),
        ("PORTUS_XYZZY", "1"),
        ("PATH", "/bin"),
    ])
    .local("ldpa:\n  enabled: true\nldap:\n  hostnam: x\n");
    let warnings = setup.warnings();
    assert!(warnings.contains(
        "PORTUS_SINGUP_ENABLED is no setting and has no effect; did you mean PORTUS_SIGNUP_ENABLED?"
    ));
    assert!(
        warnings.contains("did you mean ldap.hostname?"),
        "{warnings}"
    );
    assert_eq!(mentions(&warnings, "PORTUS_XYZZY"), 1);
    assert_eq!(mentions(&warnings, "'ldpa'"), 1);
    assert_eq!(mentions(&warnings, "PATH is"), 0);
}

#[test]
fn known_names_are_not_warned_of() {
    for name in super::super::layers::known_variables("PORTUS") {
        let (loaded, _) = examine(&Setup::new(&[(&name, "1")]).sources);
        assert!(
            !loaded
                .warnings
                .iter()
                .any(|w| w.text.contains("is no setting")),
            "{name}"
        );
    }
}

#[test]
fn another_prefix_moves_file_keys_only() {
    let setup = Setup::new(&[
        ("CCONFIG_PREFIX", "HARBOUR"),
        ("HARBOUR_SIGNUP_ENABLED", "false"),
        ("HARBOUR_LOCAL_CONFIG_PATH", "mine.yml"),
        ("PORTUS_GRAVATAR_ENABLED", "false"),
        ("PORTUS_DB_POOL", "9"),
    ])
    .file("mine.yml", "display_name: {enabled: true}");
    let config = setup.config();
    assert!(!config.signup && config.gravatar && config.display_name);
    assert_eq!(config.database.pool, 9);
    assert!(
        setup
            .warnings()
            .contains("CCONFIG_PREFIX asks for HARBOUR_GRAVATAR_ENABLED")
    );
    assert!(!config_with_blank_prefix().signup);
}

fn config_with_blank_prefix() -> Config {
    config(&[("CCONFIG_PREFIX", " "), ("PORTUS_SIGNUP_ENABLED", "false")])
}

#[test]
fn a_demanded_file_that_is_missing_is_warned_of() {
    assert!(warnings(&[("PORTUS_LOCAL_CONFIG_PATH", "gone.yml")]).contains("gone.yml"));
}

#[test]
fn secrets_come_from_files_for_every_secret() {
    for key in keys().filter(|key| key.secret && key.name != "DATABASE_URL") {
        let name = format!("{}_FILE", key.variable("PORTUS"));
        let setup = Setup::new(&[(&name, "s")]).file("s", "from the file\n\n");
        let origin = Origin::SecretFile {
            variable: name.clone(),
            path: setup.root.path().join("s"),
        };
        assert_eq!(setup.loaded().origins[key.name], origin);
    }
    let file = Setup::new(&[("PORTUS_DB_PASSWORD_FILE", "s"), ("PORTUS_DB_PASSWORD", "")])
        .file("s", " p \n\n");
    assert!(file.config().database.url().expose().contains(":%20p%20@"));
    let former = Setup::new(&[("DB_HOST", "db"), ("DB_PASSWORD_FILE", "s")]).file("s", "p\n");
    assert!(former.config().database.url().expose().contains(":p@"));
}

#[test]
fn a_plain_secret_wins_over_its_file_and_a_missing_file_stops_the_start() {
    let setup = Setup::new(&[
        ("PORTUS_PASSWORD", "plain"),
        ("PORTUS_PASSWORD_FILE", "gone"),
    ]);
    assert_eq!(
        setup
            .config()
            .secrets
            .portus_password
            .expect("password")
            .expose(),
        "plain"
    );
    assert!(
        setup
            .warnings()
            .contains("PORTUS_PASSWORD_FILE is not used")
    );
    assert!(errors(&[("PORTUS_PASSWORD_FILE", "gone")]).contains("PORTUS_PASSWORD_FILE"));
}

#[test]
fn an_unset_secret_file_leaves_the_configuration_file_alone() {
    let setup = Setup::new(&[("PORTUS_EMAIL_SMTP_PASSWORD_FILE", "")])
        .local("email: {smtp: {enabled: true, user_name: u, password: p}}");
    let login = setup
        .config()
        .email
        .smtp
        .and_then(|smtp| smtp.login)
        .expect("login");
    assert_eq!(login.password.expose(), "p");
}

#[test]
fn text_that_is_not_utf8_is_an_error_only_for_known_names() {
    use std::os::unix::ffi::OsStringExt;
    let odd = std::ffi::OsString::from_vec(vec![0xff, 0xfe]);
    let bad = Sources::new([("PORTUS_DB_PASSWORD".into(), odd.clone())], "/nonexistent");
    assert!(
        load(&bad)
            .expect_err("errors")
            .to_string()
            .contains("PORTUS_DB_PASSWORD")
    );
    let fine = Sources::new(
        [("LS_COLORS".into(), odd.clone()), (odd.clone(), odd)],
        "/nonexistent",
    );
    assert!(load(&fine).is_ok());
}

#[test]
fn configuration_of_bare_metal_installations_is_pointed_out() {
    let setup = Setup::new(&[])
        .file("config/secrets.yml", "")
        .file("config/database.yml", "");
    let warnings = setup.warnings();
    assert!(
        warnings.contains("config/secrets.yml is not read")
            && warnings.contains("config/database.yml is not read")
    );
}
