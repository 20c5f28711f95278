use super::*;
use proptest::prelude::*;

fn asked(values: &[&str]) -> Vec<String> {
    let request = ScopeRequest::parse(values.iter().copied());
    request.scopes.iter().map(ToString::to_string).collect()
}

#[test]
fn scopes_come_repeated_and_separated_by_spaces() {
    assert_eq!(
        asked(&[
            "repository:a/b:pull repository:a/b:pull,push",
            "registry:catalog:*",
            ""
        ]),
        [
            "repository:a/b:pull",
            "repository:a/b:pull,push",
            "registry:catalog:*"
        ]
    );
}

#[test]
fn the_type_ends_at_the_first_colon_and_the_actions_start_at_the_last() {
    let scope = RequestedScope::parse("repository:h:5000/b:pull").unwrap();
    assert_eq!(scope.name, "h:5000/b");
    assert_eq!(scope.actions, [Action::Pull]);
}

#[test]
fn a_class_is_kept() {
    let scope = RequestedScope::parse("repository(plugin):plug/one:pull,push").unwrap();
    let access = scope.granted(vec![Action::Pull]);
    assert_eq!(
        serde_json::to_string(&access).unwrap(),
        r#"{"type":"repository","class":"plugin","name":"plug/one","actions":["pull"]}"#
    );
}

#[test]
fn actions_keep_their_order_and_appear_once() {
    let scope = RequestedScope::parse("repository:a:push,pull,,push,*,fork").unwrap();
    let words: Vec<_> = scope.actions.iter().map(Action::as_str).collect();
    assert_eq!(words, ["push", "pull", "*", "fork"]);
}

#[test]
fn malformed_scopes_are_dropped_and_counted() {
    for bad in [
        "repository",
        "repository:a",
        "whale:foo,bar",
        "lala:busybox:fork",
        "repository::pull",
        "repository:a:",
        "repository:a:,",
        "repository():a:pull",
        "repository(Plugin):a:pull",
        "registry(x):catalog:*",
        "repository:a\u{1}b:pull",
        ":a:pull",
    ] {
        let request = ScopeRequest::parse([bad]);
        assert_eq!(
            request,
            ScopeRequest {
                scopes: vec![],
                dropped: 1
            },
            "{bad}"
        );
        assert!(request.asks_anything());
    }
    assert!(!ScopeRequest::parse(["", "  "]).asks_anything());
    assert!(!ScopeRequest::parse([]).asks_anything());
}

#[test]
fn of_ten_thousand_scopes_thirty_are_read() {
    let many = "repository:a/b:pull ".repeat(10_000);
    let request = ScopeRequest::parse([many.as_str()]);
    assert_eq!(request.scopes.len(), MAX_SCOPES);
    assert_eq!(request.dropped, 10_000 - MAX_SCOPES);
    let greedy = format!(
        "repository:a:{}",
        (0..60)
            .map(|n| format!("a{n}"))
            .collect::<Vec<_>>()
            .join(",")
    );
    assert_eq!(
        RequestedScope::parse(&greedy).unwrap().actions.len(),
        MAX_ACTIONS
    );
}

#[test]
fn entries_of_one_name_are_united_in_order_of_first_appearance() {
    let entry = |scope: &str| {
        let scope = RequestedScope::parse(scope).unwrap();
        scope.granted(scope.actions.clone())
    };
    let merged = merge([
        entry("repository:b:pull"),
        entry("repository:a:push"),
        entry("repository(plugin):b:pull"),
        Access::repository("nothing", []),
        entry("repository:b:push,pull"),
    ]);
    let shown: Vec<_> = merged
        .iter()
        .map(|a| format!("{:?}/{}: {:?}", a.class, a.name, a.actions))
        .collect();
    assert_eq!(
        shown,
        [
            "None/b: [Pull, Push]",
            "None/a: [Push]",
            r#"Some("plugin")/b: [Pull]"#
        ]
    );
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in any::<String>()) {
        let _ = ScopeRequest::parse([text.as_str()]);
    }

    #[test]
    fn what_was_read_prints_as_the_same_scope(text in "(repository|registry|repository\\(x\\)):[a-z:/]{1,9}:[a-z*,]{1,9}") {
        if let Some(scope) = RequestedScope::parse(&text) {
            prop_assert_eq!(RequestedScope::parse(&scope.to_string()), Some(scope));
        }
    }
}
