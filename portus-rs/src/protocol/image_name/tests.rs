use super::*;
use proptest::prelude::*;

#[test]
fn names_split_at_their_first_slash() {
    let parsed = |name: &str| {
        let name = ImageName::parse(name).unwrap();
        (
            name.namespace().map(str::to_owned),
            name.repository().to_owned(),
        )
    };
    assert_eq!(parsed("busybox"), (None, "busybox".into()));
    assert_eq!(parsed("team/app"), (Some("team".into()), "app".into()));
    assert_eq!(parsed("a/b/c"), (Some("a".into()), "b/c".into()));
}

#[test]
fn registries_rules_for_components_hold() {
    let long = "a".repeat(256);
    for good in [
        "a",
        "a.b",
        "a_b",
        "a__b",
        "a-b",
        "a---b",
        "0",
        "a/b__c/d-e.f",
        &long[1..],
    ] {
        assert!(ImageName::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "/a",
        "a/",
        "a//b",
        "A",
        "a___b",
        "a..b",
        "a._b",
        "-a",
        "a-",
        "a\n",
        "a\\b",
        "é",
        "a-_b",
        "host:5000/x",
        &long,
    ] {
        assert!(ImageName::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(ImageName::parse(""), Err(NameError::Empty));
    assert_eq!(ImageName::parse(&long), Err(NameError::TooLong));
    assert_eq!(check_namespace("a/b"), Err(NameError::Malformed));
    assert!(check_namespace("a__b-c").is_ok());
}

#[test]
fn tags_are_checked_whole() {
    for good in ["1", "latest", "V1", "_x", "a.b-c_d"] {
        assert!(is_tag(good), "{good}");
    }
    for bad in ["", ".a", "-a", "a b", "a\n", "é", &"a".repeat(129)] {
        assert!(!is_tag(bad), "{bad:?}");
    }
}

#[test]
fn usernames_become_personal_namespaces() {
    for (username, namespace) in [
        ("_name", Some("name")),
        ("___name_-aa__", Some("name_aa")),
        ("_ma._.n", Some("ma_n")),
        ("Miquel.Sabate.", Some("miquel.sabate")),
        ("!lol!name", Some("lol_name")),
        ("!!!!", None),
        ("alice", Some("alice")),
        ("Al!ce", Some("al_ce")),
        ("bob!", Some("bob")),
        ("a..b", Some("a_b")),
        ("_x_", Some("x")),
        ("M.Müller", Some("m.m_ller")),
        ("!!!", None),
        ("", None),
        ("my-user", Some("my-user")),
        ("john-doe", Some("john-doe")),
        ("a]b^c\\d", Some("a_b_c_d")),
    ] {
        assert_eq!(
            personal_namespace(username).as_deref(),
            namespace,
            "{username}"
        );
    }
}

#[test]
fn suffixes_shorten_the_base() {
    assert_eq!(with_suffix("team1", 0), "team10");
    let long = "a".repeat(253) + "-b";
    let name = with_suffix(&long, 7);
    assert_eq!(name, "a".repeat(253) + "7");
    let tried: Vec<_> = candidates("x").take(3).collect();
    assert_eq!(tried, ["x", "x0", "x1"]);
    assert_eq!(candidates("x").count(), 1001);
}

proptest! {
    #[test]
    fn any_personal_namespace_is_a_valid_one(username in any::<String>(), number in any::<u32>()) {
        if let Some(name) = personal_namespace(&username) {
            prop_assert!(check_namespace(&name).is_ok());
            prop_assert!(check_namespace(&with_suffix(&name, number)).is_ok());
            prop_assert_eq!(personal_namespace(&name), Some(name));
        }
    }

    #[test]
    fn long_usernames_are_cut_to_a_valid_name(username in "[a-z0-9._!-]{240,300}") {
        if let Some(name) = personal_namespace(&username) {
            prop_assert!(name.len() <= MAX_NAME);
        }
    }

    #[test]
    fn a_parsed_name_prints_as_it_was_written(name in "[a-z0-9]{1,3}([._/-]{1,2}[a-z0-9]{1,3}){0,4}") {
        if let Ok(parsed) = ImageName::parse(&name) {
            prop_assert_eq!(parsed.to_string(), name);
        }
    }

    #[test]
    fn no_text_breaks_the_parsers(text in any::<String>()) {
        let _ = ImageName::parse(&text);
        let _ = check_namespace(&text);
        let _ = is_tag(&text);
    }
}
