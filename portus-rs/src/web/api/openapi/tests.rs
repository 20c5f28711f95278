use std::collections::BTreeSet;

use super::*;

#[test]
fn no_two_types_share_a_name_in_the_document() {
    let (_, clashes) = document(&nouns());
    assert!(
        clashes.is_empty(),
        "rename one with #[schema(as = …)]: {clashes:?}"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_summary_that_is_no_sentence() {
    let mut names = BTreeSet::new();
    for it in nouns().iter().flat_map(|noun| &noun.operations) {
        assert!(names.insert(it.id.clone()), "{} twice", it.id);
        assert!(
            it.id.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            "{}: handlers are functions, so that they have names",
            it.id
        );
        assert!(
            !it.summary.is_empty() && !it.summary.ends_with('.'),
            "{}",
            it.summary
        );
    }
}

#[test]
fn every_status_that_may_be_answered_is_described() {
    let known: BTreeSet<u16> = REFUSALS.iter().map(|(status, ..)| *status).collect();
    for it in nouns().iter().flat_map(|noun| &noun.operations) {
        for status in it.refusals() {
            assert!(known.contains(&status), "{}: {status}", it.id);
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let (document, _) = document(&nouns());
    let mut seen = 0;
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        if let Some(target) = value["$ref"].as_str() {
            let target = target.strip_prefix('#').unwrap();
            assert!(document.pointer(target).is_some(), "{target}");
            seen += 1;
        }
        match value {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn patterns_of_segments_are_not_shown() {
    assert_eq!(plain("/v1/a/{id}/b/{rest:.*}"), "/v1/a/{id}/b/{rest}");
}
