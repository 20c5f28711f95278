use actix_web::test::TestRequest;

use super::*;

const PATTERNS: &[&str] = &[
    "/teams/{id}",
    "/teams/{id}.json",
    "/teams/typeahead/{query}",
    "/teams/{id}/members/{member_id}",
    "/teams/all",
];

/// Which pattern fits below a scope, and what stands for its names.
fn found(scope: &str, path: &str) -> Option<(&'static str, String)> {
    let mut tree = Router::new();
    for pattern in PATTERNS {
        tree.insert(*pattern, *pattern).unwrap();
    }
    let mut request = TestRequest::with_uri(&format!("{scope}{path}")).to_srv_request();
    request
        .match_info_mut()
        .skip(u16::try_from(scope.len()).unwrap());
    let pattern = find(&tree, &mut request)?;
    let named = request.match_info().iter();
    let named: Vec<_> = named
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Some((pattern, named.join(" ")))
}

#[test]
fn a_path_finds_the_pattern_that_says_most_of_it() {
    for scope in ["", "/portus", "/api"] {
        for (path, pattern, named) in [
            ("/teams/all", "/teams/all", ""),
            ("/teams/7", "/teams/{id}", "id=7"),
            ("/teams/7.json", "/teams/{id}.json", "id=7"),
            ("/teams/allies", "/teams/{id}", "id=allies"),
            ("/teams/typeahead", "/teams/{id}", "id=typeahead"),
            (
                "/teams/typeahead/x.y",
                "/teams/typeahead/{query}",
                "query=x.y",
            ),
            (
                "/teams/typeahead/members/9",
                "/teams/{id}/members/{member_id}",
                "id=typeahead member_id=9",
            ),
            // What was encoded is plain, but for what would make another path of it.
            ("/teams/b%C3%BCcher", "/teams/{id}", "id=bücher"),
            ("/teams/a%2Fb", "/teams/{id}", "id=a%2Fb"),
        ] {
            let expected = Some((pattern, named.to_owned()));
            assert_eq!(found(scope, path), expected, "{scope}{path}");
        }
        for path in [
            "/",
            "/teams",
            "/teams/",
            "/teams/7/",
            "/teams/7/members/",
            "/team/7",
        ] {
            assert_eq!(found(scope, path), None, "{scope}{path}");
        }
    }
}

#[test]
#[should_panic(expected = "/teams/{name} cannot be mounted")]
fn two_patterns_for_the_same_paths_are_a_mistake() {
    let mut routing = Routing::default();
    for pattern in ["/teams/{id}", "/teams/{name}"] {
        let answer: Answer = Rc::new(|_, _, _| Box::pin(async { HttpResponse::Ok().finish() }));
        routing.insert(pattern, answer);
    }
}
