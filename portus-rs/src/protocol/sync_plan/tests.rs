use super::*;
use proptest::prelude::*;

const ALL: Allowed = Allowed { deletions: true };
const UPDATE: Allowed = Allowed { deletions: false };

fn now() -> NaiveDateTime {
    chrono::DateTime::from_timestamp(1_795_313_626, 0)
        .unwrap()
        .naive_utc()
}

#[expect(clippy::unnecessary_wraps, reason = "rows and listings hold it so")]
fn digest(content: &str) -> Option<Digest> {
    Some(Digest::of(content.as_bytes()))
}

fn listing(tags: &[(&str, Option<Digest>)]) -> Listing {
    Listing::Tags(
        tags.iter()
            .map(|(name, digest)| ((*name).to_owned(), digest.clone()))
            .collect(),
    )
}

fn tag(name: &str, digest: Option<Digest>) -> KnownTag {
    KnownTag {
        name: name.to_owned(),
        digest,
        last_event: None,
    }
}

#[test]
fn tags_are_added_changed_removed_or_left() {
    let listed = listing(&[
        ("new", digest("n")),
        ("same", digest("s")),
        ("moved", digest("2")),
        ("dark", None),
    ]);
    let known = [
        tag("same", digest("s")),
        tag("moved", digest("1")),
        tag("gone", digest("g")),
        tag("dark", digest("d")),
    ];
    let plan = plan_repository(&listed, &known, ALL, now());
    assert_eq!(plan.add, [("new".to_owned(), digest("n"))]);
    assert_eq!(plan.change, [("moved".to_owned(), digest("2").unwrap())]);
    assert_eq!(plan.remove, ["gone"]);
    assert_eq!(plan.untouched, 2);
    let plan = plan_repository(&listed, &known, UPDATE, now());
    assert!(plan.remove.is_empty() && !plan.is_empty());
}

#[test]
fn a_digest_not_learnt_yet_is_filled_in() {
    let plan = plan_repository(
        &listing(&[("1", digest("x"))]),
        &[tag("1", None)],
        ALL,
        now(),
    );
    assert_eq!(plan.change.len(), 1);
}

#[test]
fn an_unreadable_or_empty_list_removes_nothing() {
    let known = [tag("1", digest("x"))];
    for listed in [Listing::Unknown, listing(&[])] {
        let plan = plan_repository(&listed, &known, ALL, now());
        assert!(plan.is_empty() && plan.untouched == 1);
    }
}

#[test]
fn what_an_event_said_since_wins() {
    let at = |minutes| Some(now() - TimeDelta::minutes(minutes));
    let known = |last_event| {
        [KnownTag {
            last_event,
            ..tag("1", digest("x"))
        }]
    };
    let other = listing(&[("2", digest("x"))]);
    let removed = |event| {
        !plan_repository(&other, &known(event), ALL, now())
            .remove
            .is_empty()
    };
    assert!(removed(None) && removed(at(11)) && removed(at(10)));
    assert!(!removed(at(9)) && !removed(at(-1)));
    let moved = listing(&[("1", digest("y"))]);
    let changed = |event| {
        !plan_repository(&moved, &known(event), ALL, now())
            .change
            .is_empty()
    };
    assert!(changed(None) && changed(at(1)));
    assert!(!changed(at(0)) && !changed(at(-1)));
}

fn repositories(count: usize) -> Vec<KnownRepository> {
    (0..count)
        .map(|n| KnownRepository {
            name: format!("r{n:02}"),
            last_event: None,
        })
        .collect()
}

fn first(count: usize) -> BTreeSet<String> {
    repositories(count)
        .into_iter()
        .map(|known| known.name)
        .collect()
}

#[test]
fn more_than_half_of_more_than_ten_needs_a_word() {
    let outcome = |known, left, confirmed| {
        plan_missing(
            &Catalog::Complete(first(left)),
            &repositories(known),
            ALL,
            confirmed,
            now(),
        )
    };
    assert_eq!(outcome(12, 12, false), Missing::None);
    assert!(matches!(outcome(12, 6, false), Missing::Candidates(gone) if gone.len() == 6));
    assert!(matches!(outcome(12, 5, false), Missing::Held(gone) if gone.len() == 7));
    assert!(matches!(outcome(12, 5, true), Missing::Candidates(gone) if gone.len() == 7));
    assert!(matches!(outcome(11, 5, false), Missing::Held(_)));
    assert!(matches!(outcome(11, 6, false), Missing::Candidates(_)));
    assert!(matches!(outcome(10, 1, false), Missing::Candidates(gone) if gone.len() == 9));
}

#[test]
fn a_cut_short_or_empty_catalog_proves_nothing() {
    let known = repositories(5);
    for (catalog, allowed) in [
        (Catalog::Partial(first(4)), ALL),
        (Catalog::Complete(BTreeSet::new()), ALL),
        (Catalog::Complete(first(4)), UPDATE),
    ] {
        assert_eq!(
            plan_missing(&catalog, &known, allowed, true, now()),
            Missing::None
        );
    }
}

#[test]
fn a_repository_pushed_a_moment_ago_is_not_missing() {
    let mut known = repositories(2);
    known[1].last_event = Some(now() - TimeDelta::minutes(1));
    assert_eq!(
        plan_missing(&Catalog::Complete(first(1)), &known, ALL, false, now()),
        Missing::None
    );
}

proptest! {
    #[test]
    fn every_known_tag_is_accounted_for_once(
        listed in proptest::collection::btree_map("[a-e]", proptest::option::of("[xy]"), 0..5),
        known in proptest::collection::btree_map("[a-e]", proptest::option::of("[xy]"), 0..5),
        deletions in any::<bool>(),
    ) {
        let content = |text: Option<String>| text.and_then(|text| digest(&text));
        let listed: BTreeMap<_, _> = listed.into_iter().map(|(name, text)| (name, content(text))).collect();
        let known: Vec<_> = known.into_iter().map(|(name, text)| tag(&name, content(text))).collect();
        let total = listed.keys().filter(|name| known.iter().all(|tag| &tag.name != *name)).count();
        let plan = plan_repository(&Listing::Tags(listed), &known, Allowed { deletions }, now());
        prop_assert_eq!(plan.change.len() + plan.remove.len() + plan.untouched, known.len());
        prop_assert_eq!(plan.add.len(), total);
        prop_assert!(deletions || plan.remove.is_empty());
    }
}
