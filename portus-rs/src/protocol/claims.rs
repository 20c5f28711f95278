//! Patterns over what a signed token claims. Each fits a whole value, and is matched in linear time.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

/// Claims that are looked at for one trust.
pub const MOST: usize = 20;
/// Longest pattern, in bytes.
pub const LONGEST: usize = 500;
/// What a compiled pattern may take of memory, in bytes.
const SIZE: usize = 256 * 1024;

/// A pattern for each of some claims; all of them have to fit.
#[derive(Clone, Debug)]
pub struct Patterns(Vec<(String, Regex)>);

impl Patterns {
    /// Reads patterns by name of the claim; what is wrong is said for whoever wrote them.
    pub fn read(written: &BTreeMap<String, String>) -> Result<Self, String> {
        if written.is_empty() {
            return Err(
                "must say at least one, such as `sub=repo:me/app:ref:refs/heads/main`".to_owned(),
            );
        }
        if written.len() > MOST {
            return Err(format!("must not be more than {MOST}"));
        }
        let mut patterns = Vec::new();
        for (name, text) in written {
            if name.is_empty() || name.len() > 255 || text.is_empty() || text.len() > LONGEST {
                return Err(format!(
                    "'{name}' must have a name and a pattern of at most {LONGEST} bytes"
                ));
            }
            patterns.push((name.clone(), compile(name, text)?));
        }
        let patterns = Self(patterns);
        // Whoever may choose the audience, as anybody may in public CI, would be let in.
        let anything = ["", "anything:at/all", "0d1c5a4e-6e0b-4c8d"];
        let narrow = |regex: &Regex| !anything.iter().all(|text| regex.is_match(text));
        if patterns.0.iter().any(|(_, regex)| narrow(regex)) {
            Ok(patterns)
        } else {
            Err("fit every job of that issuer: say whose job it has to be".to_owned())
        }
    }

    /// The name of the first claim that does not fit.
    pub fn misfit(&self, claims: &Map<String, Value>) -> Option<&str> {
        let unfit = |(name, regex): &&(String, Regex)| {
            !find(claims, name).is_some_and(|it| fits(regex, it))
        };
        self.0.iter().find(unfit).map(|(name, _)| name.as_str())
    }
}

/// Anchored at both ends, whatever the pattern itself says.
fn compile(name: &str, text: &str) -> Result<Regex, String> {
    // A pattern that is none by itself must not become one between the anchors.
    let build = |text: &str| {
        RegexBuilder::new(text)
            .size_limit(SIZE)
            .dfa_size_limit(SIZE)
            .build()
    };
    build(text)
        .and_then(|_| build(&format!(r"\A(?:{text})\z")))
        .map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("'{name}' is not a regular expression that can be used: {last}")
        })
}

/// A claim by its name, or by the path to it where dots stand between members; names may have dots too.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        name.match_indices('.').find_map(|(at, _)| {
            let inner = claims.get(&name[..at])?.as_object()?;
            find(inner, &name[at + 1..])
        })
    })
}

fn fits(regex: &Regex, value: &Value) -> bool {
    match value {
        Value::String(text) => regex.is_match(text),
        Value::Bool(word) => regex.is_match(&word.to_string()),
        Value::Number(number) => regex.is_match(&number.to_string()),
        Value::Array(items) => items.iter().any(|it| !it.is_array() && fits(regex, it)),
        Value::Null | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn patterns(written: &[(&str, &str)]) -> Result<Patterns, String> {
        let written = written
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Patterns::read(&written.collect())
    }

    fn fit(written: &[(&str, &str)], claims: Value) -> bool {
        let Value::Object(claims) = claims else {
            panic!("an object")
        };
        patterns(written).unwrap().misfit(&claims).is_none()
    }

    #[test]
    fn patterns_fit_whole_values_only() {
        let main = [("sub", "repo:me/app:ref:refs/heads/main")];
        assert!(fit(
            &main,
            json!({"sub": "repo:me/app:ref:refs/heads/main"})
        ));
        for other in [
            "repo:me/app:ref:refs/heads/main2",
            "xrepo:me/app:ref:refs/heads/main",
            "repo:me/app:ref:refs/heads/main\n",
            "repo:me/app:ref:refs/heads/main\nx",
            "",
        ] {
            assert!(!fit(&main, json!({"sub": other})), "{other}");
        }
        // An alternative is anchored as a whole, and no pattern ends the group around it.
        assert!(!fit(&[("sub", "a|b")], json!({"sub": "xb"})));
        assert!(!fit(&[("sub", "a|b")], json!({"sub": "ax"})));
        assert!(patterns(&[("sub", "a)|(?:.*")]).is_err());
        assert!(!fit(&[("sub", "(?m)^a$")], json!({"sub": "a\nb"})));
    }

    #[test]
    fn every_claim_has_to_fit_and_to_be_there() {
        let both = [("sub", "a"), ("ref_protected", "true")];
        assert!(fit(&both, json!({"sub": "a", "ref_protected": true})));
        assert!(fit(&both, json!({"sub": "a", "ref_protected": "true"})));
        assert!(!fit(&both, json!({"sub": "a", "ref_protected": null})));
        assert!(!fit(&both, json!({"sub": "a"})));
        let inside = [("kubernetes.io.namespace", "ci")];
        assert!(fit(&inside, json!({"kubernetes.io": {"namespace": "ci"}})));
        assert!(fit(
            &inside,
            json!({"kubernetes": {"io": {"namespace": "ci"}}})
        ));
        assert!(!fit(
            &inside,
            json!({"kubernetes.io": {"namespace": "ci2"}})
        ));
        assert!(fit(&[("groups", "ops")], json!({"groups": ["dev", "ops"]})));
        assert!(!fit(&[("groups", "ops")], json!({"groups": [["ops"]]})));
    }

    #[test]
    fn patterns_that_let_anybody_in_or_cost_too_much_are_refused() {
        assert!(patterns(&[]).is_err());
        assert!(patterns(&[("sub", ".*")]).is_err());
        assert!(patterns(&[("sub", ".*"), ("aud", "(?s).*")]).is_err());
        assert!(patterns(&[("sub", ".*"), ("repository_owner", "me")]).is_ok());
        assert!(patterns(&[("sub", "(")]).is_err());
        assert!(patterns(&[("sub", "(?:a{1000}){1000}")]).is_err());
        assert!(patterns(&[("sub", &"a".repeat(501))]).is_err());
        // Takes other engines for ever.
        let evil = [("sub", "(a+)+b")];
        assert!(!fit(&evil, json!({"sub": "a".repeat(50_000)})));
    }

    proptest! {
        #[test]
        fn no_pattern_breaks_the_reader(name in "\\PC{0,20}", text in "\\PC{0,60}", value in "\\PC{0,60}") {
            if let Ok(patterns) = patterns(&[(&name, &text)]) {
                let mut claims = Map::new();
                claims.insert(name.clone(), Value::from(value));
                let _ = patterns.misfit(&claims);
            }
        }

        #[test]
        fn what_is_quoted_fits_itself_and_nothing_longer(text in "[a-z./:*+?-]{1,40}") {
            let quoted = regex::escape(&text);
            let itself = fit(&[("sub", &quoted)], json!({"sub": text}));
            prop_assert!(itself);
            let longer = format!("{text}x");
            let more = fit(&[("sub", &quoted)], json!({"sub": longer}));
            prop_assert!(!more);
        }
    }
}
