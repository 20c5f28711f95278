use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tag {
    name: String,
    observed_at: NaiveDateTime,
    created_at: NaiveDateTime,
    found: bool,
}

impl KnownTag for Tag {
    fn name(&self) -> &str {
        &self.name
    }

    fn observed_at(&self) -> NaiveDateTime {
        self.observed_at
    }

    fn created_at(&self) -> NaiveDateTime {
        self.created_at
    }

    fn is_found(&self) -> bool {
        self.found
    }
}

fn now() -> NaiveDateTime {
    chrono::DateTime::from_timestamp(1_795_313_626, 0)
        .unwrap()
        .naive_utc()
}

/// Pushed and last heard of so many minutes before [`now`].
fn pushed(name: &str, minutes: i64) -> Tag {
    let at = now() - TimeDelta::minutes(minutes);
    Tag {
        name: name.to_owned(),
        observed_at: at,
        created_at: at,
        found: false,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn what_is_listed_is_looked_at_and_what_is_not_is_doubtful() {
    let listed = names(&["new", "same"]);
    let known = [pushed("same", 60), pushed("gone", 60)];
    let plan = plan(&listed, &known, now());
    assert_eq!(plan.looks, [Look::First("new"), Look::Again(&known[0])]);
    assert_eq!(plan.doubtful, [&known[1]]);
}

#[test]
fn an_empty_list_casts_no_doubt() {
    let known = [pushed("1", 60)];
    let plan = plan(&[], &known, now());
    assert!(plan.looks.is_empty() && plan.doubtful.is_empty());
}

#[test]
fn what_an_event_said_since_wins() {
    let other = names(&["2"]);
    let doubtful = |tag: Tag| !plan(&other, &[tag], now()).doubtful.is_empty();
    assert!(doubtful(pushed("1", 11)) && doubtful(pushed("1", 10)));
    assert!(!doubtful(pushed("1", 9)) && !doubtful(pushed("1", 0)) && !doubtful(pushed("1", -1)));
    // Pushed long ago, pushed again just now.
    let again = Tag {
        created_at: pushed("1", 60).created_at,
        ..pushed("1", 9)
    };
    assert!(!doubtful(again));
    // What a comparison has found is not in the making, but may be newer than this list.
    let found = |minutes| Tag {
        found: true,
        ..pushed("1", minutes)
    };
    assert!(doubtful(found(1)) && !doubtful(found(0)) && !doubtful(found(-1)));

    let same = names(&["1"]);
    let looked_at = |minutes| {
        let known = [pushed("1", minutes)];
        !plan(&same, &known, now()).looks.is_empty()
    };
    assert!(looked_at(60) && looked_at(1) && !looked_at(0) && !looked_at(-1));
}

#[test]
fn more_than_half_of_more_than_ten_needs_a_word() {
    assert!(!brakes(0, 12) && !brakes(6, 12) && brakes(7, 12));
    assert!(brakes(6, 11) && !brakes(5, 11));
    assert!(!brakes(9, 10) && !brakes(10, 10));
}

proptest! {
    #[test]
    fn nothing_listed_or_recent_is_ever_doubtful_and_nothing_listed_is_forgotten(
        listed in proptest::collection::btree_set("[a-e]", 0..5),
        known in proptest::collection::btree_map("[a-e]", (-20_i64..20, -20_i64..20, any::<bool>()), 0..5),
    ) {
        let listed: Vec<String> = listed.into_iter().collect();
        let known: Vec<Tag> = known
            .into_iter()
            .map(|(name, (observed, created, found))| Tag {
                created_at: pushed(&name, created).created_at,
                found,
                ..pushed(&name, observed)
            })
            .collect();
        let plan = plan(&listed, &known, now());
        for tag in &plan.doubtful {
            prop_assert!(!listed.contains(&tag.name) && !listed.is_empty());
            prop_assert!(tag.observed_at < now());
            prop_assert!(tag.found || tag.observed_at <= now() - SETTLING && tag.created_at <= now() - SETTLING);
        }
        for name in &listed {
            let row = known.iter().find(|tag| tag.name == *name);
            let looked = plan.looks.iter().any(|look| match look {
                Look::First(first) => first == name && row.is_none(),
                Look::Again(tag) => tag.name == *name,
            });
            prop_assert!(looked || row.is_some_and(|tag| tag.observed_at >= now()));
        }
    }
}
