use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// Words that settings are made of, so that chance gets somewhere.
fn likely() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9]{0,20}[.,]?(seconds|minutes|hours|days)?",
        "(sqlite|mysql2|postgres)://[a-z:@/?&=%0-9]{0,30}",
        "[*/0-9,-]{1,4} [*/0-9,-]{1,4} [*/0-9,-]{1,4} [*/0-9,-]{1,4} [*/0-9,-]{1,4}",
        Just("true".to_owned()),
        "[\\[:\\]0-9.a-z@ ]{0,24}",
        "['\"][a-z0-9]{0,8}['\"]?",
    ]
}

fn variable() -> impl Strategy<Value = String> {
    let names: Vec<String> = super::super::layers::known_variables("PORTUS")
        .into_iter()
        .collect();
    prop_oneof![9 => proptest::sample::select(names), 1 => "PORTUS_[A-Z_]{0,40}"]
}

fn yaml() -> impl Strategy<Value = String> {
    let paths: Vec<&'static str> = keys()
        .filter(|key| key.in_file())
        .map(|key| key.name)
        .collect();
    let nested = (proptest::sample::select(paths), "[ -~\n]{0,30}").prop_map(|(path, value)| {
        let mut text = String::new();
        for (depth, name) in path.split('.').enumerate() {
            let _ = writeln!(text, "{}{name}:", "  ".repeat(depth));
        }
        format!("{} {value}\n", text.trim_end())
    });
    prop_oneof![
        any::<String>(),
        "[a-z:{}\\[\\],&*<|>!#'\" \n-]{0,80}",
        nested
    ]
}

/// Every fault has a name and a way out.
fn is_reported(sources: &Sources) -> Result<(), TestCaseError> {
    match load(sources) {
        Ok(loaded) => {
            let info = render_info(&loaded);
            let yaml = info
                .strip_prefix("Evaluated configuration:\n")
                .unwrap_or_default();
            prop_assert!(
                serde_yaml::from_str::<serde_yaml::Value>(yaml).is_ok(),
                "{info}"
            );
            prop_assert!(!loaded.config.database.url().expose().is_empty());
        }
        Err(ConfigErrors(problems)) => {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(
                    !problem.name.is_empty() && !problem.fix.is_empty(),
                    "{problem:?}"
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_environment_gives_a_configuration_or_named_errors(
        env in proptest::collection::btree_map(variable(), likely(), 0..12),
    ) {
        let sources = Sources { env, root: "/nonexistent".into(), ..Sources::default() };
        is_reported(&sources)?;
    }

    #[test]
    fn any_yaml_gives_a_configuration_or_named_errors(text in yaml()) {
        is_reported(&Setup::new(&[]).local(&text).sources)?;
    }

    #[test]
    fn any_password_survives_the_database_url(password in any::<String>()) {
        let config = config(&[("PORTUS_DB_HOST", "db"), ("PORTUS_DB_PASSWORD", &password)]);
        let url = url::Url::parse(config.database.url().expose()).expect("a URL");
        let back = percent_encoding::percent_decode_str(url.password().unwrap_or_default());
        prop_assert_eq!(back.decode_utf8().expect("UTF-8"), password);
        prop_assert_eq!(url.host_str(), Some("db"));
    }

    #[test]
    fn a_canary_in_any_secret_shows_in_no_error(garbage in "[ -~]{0,20}", name in variable()) {
        const CANARY: &str = "c4n4ry-in-the-c0al-mine";
        let text = format!("{garbage}{CANARY}");
        let secret = keys().any(|key| {
            let plain = key.variable("PORTUS") == name || key.legacy.contains(&name.as_str());
            key.secret && plain
        });
        if secret {
            let (loaded, problems) = examine(&Setup::new(&[(&name, &text), ("DB_HOST", "h")]).sources);
            let shown = format!("{loaded:?} {problems:?} {} {}", render_info(&loaded), ConfigErrors(problems.clone()));
            prop_assert!(!shown.contains(CANARY), "{shown}");
        }
    }
}
