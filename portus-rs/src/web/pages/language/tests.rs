use std::collections::BTreeMap;

use fluent_bundle::FluentResource;

use super::*;
use crate::policy::{Rule, Verdict, catalogue::ACTIONS};

/// Name of each message, with the places it has for values.
fn messages(language: Language) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for (name, text) in Views::texts(&format!("locales/{}/", language.tag())) {
        let resource = match FluentResource::try_new(text) {
            Ok(resource) => resource,
            Err((_, errors)) => panic!("{name}: {errors:?}"),
        };
        let mut lines: Vec<String> = Vec::new();
        let mut close = |lines: &mut Vec<String>| {
            let whole = lines.join("\n");
            if let Some((id, text)) = whole.split_once(" =") {
                let mut places: Vec<String> = text
                    .split('$')
                    .skip(1)
                    .map(|it| {
                        it.chars()
                            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                            .collect()
                    })
                    .collect();
                places.sort();
                places.dedup();
                let twice = found.insert(id.to_owned(), places);
                assert!(twice.is_none(), "{name}: {id} is there twice");
            }
            lines.clear();
        };
        for line in resource.source().lines() {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                close(&mut lines);
            }
            if !line.starts_with('#') {
                lines.push(line.to_owned());
            }
        }
        close(&mut lines);
    }
    found
}

#[test]
fn every_language_says_everything_with_the_same_values() {
    let english = messages(Language::English);
    assert!(english.len() > 10, "{english:?}");
    for language in Language::ALL {
        let theirs = messages(language);
        for (name, places) in &english {
            let Some(other) = theirs.get(name) else {
                panic!("{} does not say {name}", language.tag());
            };
            // A language without plurals need not count.
            let counted = |all: &[String]| -> Vec<String> {
                all.iter().filter(|it| *it != "n").cloned().collect()
            };
            assert_eq!(
                counted(other),
                counted(places),
                "{name} in {}",
                language.tag()
            );
        }
        for name in theirs.keys() {
            assert!(
                english.contains_key(name) || name.starts_with("said-"),
                "{name} in {} is not there in English",
                language.tag()
            );
        }
    }
}

#[test]
fn a_browser_gets_the_best_it_accepts() {
    for (header, language) in [
        ("", Language::English),
        ("de-DE,de;q=0.9", Language::English),
        ("ja", Language::Japanese),
        ("ja-JP,en;q=0.5", Language::Japanese),
        ("fr,zh-CN;q=0.8,en;q=0.5", Language::Chinese),
        ("zh", Language::Chinese),
        ("en-GB,ja;q=0.5", Language::English),
        ("*", Language::English),
        ("\u{1}nonsense;;;", Language::English),
    ] {
        assert_eq!(Language::accepted(header), language, "{header}");
    }
}

#[test]
fn times_are_told_by_their_distance() {
    let now = moment("2026-03-05T14:00:00Z").unwrap();
    for (at, text) in [
        ("2026-03-05T13:59:50Z", "just now"),
        ("2026-03-05T14:00:01Z", "just now"),
        ("2026-03-05T14:00:09Z", "in a moment"),
        ("2026-03-05T13:59:00Z", "1 minute ago"),
        ("2026-03-05T12:00:00Z", "2 hours ago"),
        ("2026-03-01T14:00:00Z", "4 days ago"),
        ("2025-12-01T14:00:00Z", "3 months ago"),
        ("2020-03-05T14:00:00Z", "6 years ago"),
        ("2026-03-05T15:00:00Z", "in 1 hour"),
    ] {
        let at = moment(at).unwrap();
        assert_eq!(Language::English.relative(at, now), text);
    }
}

#[test]
fn what_a_registry_refuses_is_told_in_every_language_with_what_is_named() {
    let why = "the registry does not delete: set storage.delete.enabled to true in its configuration \
               (a pull-through cache never deletes)";
    let whole = format!("Could not remove repository: could not remove 1.0, web tag(s): {why}");
    assert_eq!(Language::English.translate(&whole), whole);
    for language in [Language::Japanese, Language::Chinese] {
        for text in [
            whole.as_str(),
            "Could not remove 1.0 tag: Error: read timed out: it did not answer within registry.read_timeout; it may \
             do so yet, so try again later",
            "Could not remove 1.0 tag: the registry answered 500 (UNKNOWN: unknown 1.0): its log says why",
            "Could not remove repository: could not remove 1.0 tag(s): Error: connection refused: the registry does \
             not run, or not at its hostname; try again once it answers",
        ] {
            let said = language.translate(text);
            assert!(said.contains("1.0"), "{said}");
            // Nothing is left of the English but what is quoted.
            for word in ["remove", "registry ", "Error", "its log", "try again"] {
                assert!(!said.contains(word), "{word} in {said}");
            }
        }
        let unknown = "Something else: of which nobody knows";
        assert_eq!(language.translate(unknown), unknown);
    }
}

/// Remedies are translated by what they say, so a word that changes would leave them in English.
#[test]
fn every_remedy_of_a_registry_is_translated() {
    use crate::remote::RegistryError;
    let network = |reason| RegistryError::Network {
        reason,
        detail: String::new(),
    };
    let answer = |status| RegistryError::Status {
        status,
        said: String::new(),
    };
    for error in [
        network("read timed out"),
        network("connection timed out"),
        network("connection refused"),
        network("connection closed"),
        network("connection reset"),
        network("could not stablish connection: SSL error"),
        answer(403),
        answer(404),
        answer(500),
        RegistryError::Unsupported { read_only: true },
        RegistryError::Unsupported { read_only: false },
        RegistryError::TokenRefused(crate::remote::UNTRUSTED),
        RegistryError::TokenRefused(crate::remote::UNGRANTED),
    ] {
        let text = error.with_remedy();
        for language in [Language::Japanese, Language::Chinese] {
            let said = language.translate(&text);
            for word in ["registry ", "it ", "Error", "its "] {
                assert!(!said.contains(word), "{word} in {said} of {text}");
            }
        }
    }
}

/// What somebody is not told in their language, of these English texts.
fn untold<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut missing = Vec::new();
    for text in texts {
        for language in [Language::Japanese, Language::Chinese] {
            if language.translate(text) == text {
                missing.push(format!("{}: said-{} = {text}", language.tag(), slug(text)));
            }
        }
    }
    missing
}

#[test]
fn why_something_is_refused_is_told_in_every_language() {
    let rules = Rule::ALL
        .iter()
        .flat_map(|it| [Some(it.text()), it.remedy()]);
    let missing = untold(rules.flatten());
    assert!(missing.is_empty(), "{missing:#?}");
    let whole = Verdict::no(Rule::TokenOnlyReads).refusal().to_string();
    for language in [Language::Japanese, Language::Chinese] {
        let said = language.translate(&whole);
        assert!(!said.contains("token"), "{said} of {whole}");
    }
}

#[test]
fn what_people_do_is_told_in_every_language() {
    let missing = untold(ACTIONS.iter().map(|it| it.text));
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What actions refuse beside the rules, as pages show it.
const REFUSALS: [&str; 42] = [
    "A bot of the team cannot own it; make it a contributor",
    "Bots and the hidden account are never in the LDAP directory",
    "Cannot remove the only owner of the team",
    "Cannot remove this user",
    "Codes cannot be checked at the moment: use a recovery code, or ask an administrator.",
    "Could not remove team",
    "Email addresses on the domain example.org aren't allowed.",
    "Invalid Username or password.",
    "LDAP server is not reachable",
    "No registry has been configured!",
    "Registry is not empty, cannot change hostname",
    "Sorry, this account has been disabled.",
    "The Gitlab account isn't in allowed group.",
    "The code is wrong or has been used already.",
    "The username 'ann' already exists on the LDAP server. Use another name to avoid name collision",
    "There is a second factor already: remove it first.",
    "There is nothing to confirm: begin again.",
    "This bot belongs to another team and cannot join this one",
    "This login was finished elsewhere in the meantime. Please begin again.",
    "This user can only login through an LDAP server.",
    "This user is not in the LDAP directory any more.",
    "Too many attempts from your address at once. Please try again.",
    "Too many attempts from your address. Please try again in 10 minutes.",
    "User cannot be demoted because it's a Portus admin",
    "Your account is locked.",
    "another synchronization is under way; try again when it has ended",
    "can't be blank",
    "can't begin or end with a blank",
    "can't contain a colon",
    "can't contain control characters such as line breaks",
    "cannot be changed for a personal or global namespace",
    "cannot be updated",
    "does not exist",
    "doesn't match Password",
    "global namespace cannot be private",
    "has already been taken",
    "is invalid",
    "is kept elsewhere for this account",
    "is kept in the LDAP directory",
    "is too long (maximum is 65535 characters)",
    "must be in the future",
    "nobody of the LDAP directory is held back",
];

/// Sentences that actions fill in are found again, with every value in its place.
#[test]
fn refusals_with_values_are_told_in_every_language() {
    for wording in wordings::ALL {
        let name = format!("said-{}", slug(wording.text()));
        let mut places: Vec<&str> = wording.places().collect();
        places.sort_unstable();
        for language in [Language::Japanese, Language::Chinese] {
            let theirs = messages(language);
            let there = theirs.get(&name);
            let there = there.unwrap_or_else(|| panic!("{} does not say {name}", language.tag()));
            assert_eq!(*there, places, "{name} in {}", language.tag());
            let values: Vec<String> = (0..places.len()).map(|it| format!("v{it}al")).collect();
            let given: Vec<_> = values
                .iter()
                .map(|it| it as &dyn std::fmt::Display)
                .collect();
            let said = language.translate(&wording.with(&given)).into_owned();
            assert!(values.iter().all(|it| said.contains(it)), "{said}");
        }
    }
    let whole =
        wordings::NOT_AUTHENTICATED.with(&[&"Github", &"the provider gave no e-mail address"]);
    for language in [Language::Japanese, Language::Chinese] {
        let said = language.translate(&whole);
        assert!(
            said.contains("Github") && !said.contains("provider"),
            "{said}"
        );
    }
    let place = crate::remote::destination::Place::Loopback;
    let refusal = crate::remote::destination::Refusal::Forbidden { place }.to_string();
    let said = Language::Japanese.translate(&refusal);
    assert!(
        said.contains("webhooks.allow_hosts") && !said.contains("loopback"),
        "{said}"
    );
}

#[test]
fn refusals_are_told_in_every_language() {
    let missing = untold(REFUSALS.into_iter());
    assert!(missing.is_empty(), "{missing:#?}");
}
