use proptest::prelude::*;

use super::*;

#[test]
fn what_somebody_types_never_becomes_part_of_a_filter() {
    assert_eq!(equals("uid", "ann"), "(uid=ann)");
    assert_eq!(equals("uid", "*)(uid=*"), r"(uid=\2a\29\28uid=\2a)");
    assert_eq!(equals("uid", "a\\b\0"), r"(uid=a\5cb\00)");
    assert_eq!(and("(uid=a)", None), "(uid=a)");
    assert_eq!(and("(uid=a)", Some(" ")), "(uid=a)");
    assert_eq!(
        and("(uid=a)", Some("mail=george*")),
        "(&(uid=a)(mail=george*))"
    );
    assert_eq!(
        and("(uid=a)", Some("(mail=george*)")),
        "(&(uid=a)(mail=george*))"
    );
}

#[test]
fn spellings_of_one_name_are_one_name() {
    let key = dn_key("uid=Ann, OU=People,dc=example,dc=org");
    for other in [
        "UID=ann,ou=people,dc=example,dc=org",
        "uid = ann ; ou=People , dc=Example,dc=ORG",
        r"uid=\41nn,ou=people,dc=example,dc=org",
        "uid=\"Ann\",ou=people,dc=example,dc=org",
    ] {
        assert_eq!(dn_key(other), key, "{other}");
    }
    for other in [
        "uid=ann,dc=example,dc=org",
        r"uid=ann\,ou\=people,dc=example,dc=org",
        "uid=anna,ou=people,dc=example,dc=org",
    ] {
        assert_ne!(dn_key(other), key, "{other}");
    }
    assert_eq!(dn_key("cn=a+uid=b,dc=c"), dn_key("uid=B+CN=A,dc=c"));
}

#[test]
fn the_domain_of_a_name_is_what_its_dc_parts_spell() {
    let domain = |text: &str| Dn::parse(text).unwrap().domain();
    assert_eq!(
        domain("uid=ann,ou=people,dc=example,dc=org").as_deref(),
        Some("example.org")
    );
    assert_eq!(
        domain("uid=ann,DC=example,Dc=org").as_deref(),
        Some("example.org")
    );
    assert_eq!(domain("uid=ann,o=example"), None);
    assert_eq!(domain(r"cn=a\,dc\=evil,dc=org").as_deref(), Some("org"));
}

#[test]
fn a_name_is_below_its_base_only() {
    let below = |own: &str, base: &str| Dn::parse(own).unwrap().is_below(&Dn::parse(base).unwrap());
    assert!(below("uid=a,ou=x,dc=y", "OU=X,dc=y"));
    assert!(below("ou=x,dc=y", "ou=x,dc=y"));
    assert!(below("uid=a", ""));
    assert!(!below("uid=a,ou=xx,dc=y", "ou=x,dc=y"));
    assert!(!below("dc=y", "ou=x,dc=y"));
}

#[test]
fn spaces_around_a_value_are_none_of_it_but_other_white_space_is() {
    let value = |text: &str| Dn::parse(text).unwrap().first_value().map(str::to_owned);
    assert_eq!(value("cn=  ann  ,dc=org").as_deref(), Some("ann"));
    assert_eq!(value("cn=\u{2000},dc=org").as_deref(), Some("\u{2000}"));
    assert_eq!(
        value("cn=\u{a0}ann\u{a0}").as_deref(),
        Some("\u{a0}ann\u{a0}")
    );
}

proptest! {
    #[test]
    fn any_text_can_be_a_value_and_comes_back(text in "\\PC{1,20}") {
        let escaped = ldap3::dn_escape(text.as_str());
        let dn = Dn::parse(&format!("cn={escaped},dc=org")).unwrap();
        prop_assert_eq!(dn.first_value(), Some(text.as_str()));
        prop_assert_eq!(dn.domain(), Some("org".to_owned()));
    }

    #[test]
    fn any_text_is_read_without_harm(text in ".{0,60}") {
        if let Some(dn) = Dn::parse(&text) {
            let _ = (dn.key(), dn.domain(), dn.first_value().map(str::len));
        }
        let _ = dn_key(&text);
    }

    #[test]
    fn an_escaped_value_is_always_one_condition(text in ".{0,40}") {
        let filter = equals("uid", &text);
        prop_assert!(ldap3::parse_filter(&filter).is_ok());
        let inside = &filter[1..filter.len() - 1];
        prop_assert!(!inside.contains(['(', ')', '*', '\0']));
    }
}
