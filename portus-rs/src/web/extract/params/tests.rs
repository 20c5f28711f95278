use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::body::merged, Params, Reader};
use crate::web::error::ApiError;

fn json(body: &Value) -> Params {
    read("", "application/json", body.to_string().as_bytes())
}

fn form(body: &str) -> Params {
    read("", "application/x-www-form-urlencoded", body.as_bytes())
}

fn read(query: &str, content_type: &str, body: &[u8]) -> Params {
    match merged(query, Some(content_type), body) {
        Ok(params) => params,
        Err(error) => panic!("{content_type} was refused: {error}"),
    }
}

fn complaints(read: Reader<'_>) -> Value {
    match read.finish() {
        Ok(()) => Value::Null,
        Err(ApiError::Parameters(problems)) => serde_json::to_value(problems).unwrap(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let params = json(&json!({"user": {"email": {}, "bot": "perhaps"}, "page": "x"}));
    let mut read = params.read();
    read.required_object("user");
    read.required_string("user[username]");
    read.string("user[email]");
    read.boolean("user[bot]");
    read.integer("page");
    assert_eq!(
        complaints(read),
        json!({
            "[\"user[username]\"]": ["is missing"],
            "[\"user[email]\"]": ["is invalid"],
            "[\"user[bot]\"]": ["is invalid"],
            "[\"page\"]": ["is invalid"],
        })
    );
}

#[test]
fn a_missing_object_lists_its_members_too() {
    for params in [json(&json!({})), json(&json!({"user": null})), form("x=y")] {
        let mut read = params.read();
        read.required_object("user");
        read.required_string("user[username]");
        read.string("user[display_name]");
        assert_eq!(
            complaints(read),
            json!({"[\"user\"]": ["is missing"], "[\"user[username]\"]": ["is missing"]})
        );
    }
}

#[test]
fn an_object_that_is_none_is_the_only_complaint() {
    let params = json(&json!({"user": "root"}));
    let mut read = params.read();
    read.required_object("user");
    read.required_string("user[username]");
    assert_eq!(complaints(read), json!({"[\"user\"]": ["is invalid"]}));
}

#[test]
fn null_and_blank_count_as_there() {
    let params = json(&json!({"name": null, "team": "", "use_ssl": "", "owner_id": ""}));
    let mut read = params.read();
    assert_eq!(read.required_string("name"), None);
    assert_eq!(read.required_string("team"), Some(String::new()));
    assert_eq!(read.required_boolean("use_ssl"), None);
    assert_eq!(read.required_integer("owner_id"), None);
    assert_eq!(complaints(read), Value::Null);
}

#[test]
fn kinds_are_read_from_text_and_from_json() {
    for yes in [
        json!(true),
        json!("TRUE"),
        json!("t"),
        json!(1),
        json!("1"),
        json!("Yes"),
        json!("on"),
    ] {
        assert_eq!(
            json(&json!({"b": yes})).read().boolean("b"),
            Some(true),
            "{yes}"
        );
    }
    for no in [
        json!(false),
        json!("False"),
        json!("f"),
        json!(0),
        json!("0"),
        json!("n"),
        json!("OFF"),
    ] {
        assert_eq!(
            json(&json!({"b": no})).read().boolean("b"),
            Some(false),
            "{no}"
        );
    }
    for bad in [json!("asd"), json!(2), json!([true]), json!({}), json!(1.5)] {
        let params = json(&json!({"b": bad}));
        let mut read = params.read();
        assert_eq!(read.boolean("b"), None);
        assert_ne!(complaints(read), Value::Null, "{bad}");
    }
    let params =
        json(&json!({"a": 3, "b": "-4", "c": "4x", "d": 1.5, "e": "99999999999999999999"}));
    let mut read = params.read();
    assert_eq!(read.integer("a"), Some(3));
    assert_eq!(read.integer("b"), Some(-4));
    for bad in ["c", "d", "e"] {
        assert_eq!(read.integer(bad), None);
    }
    assert_eq!(
        complaints(read).as_object().map(serde_json::Map::len),
        Some(3)
    );
    let params = json(&json!({"n": 12, "b": true, "nul": "a\u{0}b"}));
    let mut read = params.read();
    assert_eq!(read.string("n").as_deref(), Some("12"));
    assert_eq!(read.string("b").as_deref(), Some("true"));
    assert_eq!(read.string("nul"), None);
    assert_eq!(complaints(read), json!({"[\"nul\"]": ["is invalid"]}));
}

#[test]
fn lists_are_read_in_every_way_they_are_written() {
    let wanted = Some(vec!["hostname".to_owned(), "name".to_owned()]);
    for query in [
        "only[]=hostname&only[]=name",
        "only=hostname&only=name",
        "only%5B%5D=hostname&only%5B%5D=name",
    ] {
        let params = merged(query, None, b"").unwrap_or_default();
        assert_eq!(params.read().strings("only"), wanted, "{query}");
    }
    assert_eq!(
        json(&json!({"only": ["hostname", "name"]}))
            .read()
            .strings("only"),
        wanted
    );
    assert_eq!(
        json(&json!({"only": "name"})).read().strings("only"),
        Some(vec!["name".to_owned()])
    );
    assert_eq!(json(&json!({})).read().strings("only"), None);
}

#[test]
fn the_body_wins_over_the_query() {
    let query = "name=a&only[]=x";
    for (kind, body) in [
        ("application/json", r#"{"name":"b","only":["y"]}"#),
        ("application/x-www-form-urlencoded", "name=b&only[]=y"),
    ] {
        let params = read(query, kind, body.as_bytes());
        let mut read = params.read();
        assert_eq!(read.string("name").as_deref(), Some("b"));
        assert_eq!(read.strings("only"), Some(vec!["y".to_owned()]));
    }
}

#[test]
fn what_cannot_be_read_is_refused_by_kind() {
    let refused = |kind: &str, body: &[u8]| merged("", Some(kind), body).err();
    assert!(
        matches!(refused("application/json", b"{\"user\""), Some(ApiError::BadRequest(text))
        if text.starts_with("When specifying application/json as content-type"))
    );
    assert!(
        matches!(refused("text/xml", b"<a/>"), Some(ApiError::ContentType(kind)) if kind == "text/xml")
    );
    assert!(matches!(
        refused("multipart/form-data", b"--x"),
        Some(ApiError::BadRequest(_))
    ));
    assert!(
        refused("text/xml", b"").is_none(),
        "an empty body has no kind"
    );
    assert!(refused("application/json; charset=utf-8", b"[1]").is_none());
}

fn multipart(pairs: &[(String, String)]) -> Vec<u8> {
    let parts: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            format!("--bOuNd\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        })
        .collect();
    (parts.concat() + "--bOuNd--\r\n").into_bytes()
}

#[test]
fn files_are_no_parameters() {
    let body = b"--b\r\nContent-Disposition: form-data; name=\"name\"; filename=\"x\"\r\n\r\nabc\r\n--b--\r\n";
    let params = read("", "multipart/form-data; boundary=b", body);
    assert_eq!(params.read().string("name"), None);
}

proptest! {
    #[test]
    fn all_three_bodies_mean_the_same(
        username in "[^\0\r\"\n]{0,12}", email in "[a-z@. +&=%]{0,12}", only in proptest::collection::vec("[a-z]{1,6}", 1..4),
    ) {
        let mut pairs = vec![
            ("user[username]".to_owned(), username.clone()),
            ("user[email]".to_owned(), email.clone()),
        ];
        pairs.extend(only.iter().map(|it| ("only[]".to_owned(), it.clone())));
        let written = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let bodies = [
            json(&json!({"user": {"username": username, "email": email}, "only": only})),
            form(&written),
            read("", "multipart/form-data; boundary=bOuNd", &multipart(&pairs)),
            merged(&written, None, b"").unwrap_or_default(),
        ];
        for params in bodies {
            let mut read = params.read();
            read.required_object("user");
            prop_assert_eq!(read.required_string("user[username]"), Some(username.clone()));
            prop_assert_eq!(read.required_string("user[email]"), Some(email.clone()));
            prop_assert_eq!(read.strings("only"), Some(only.clone()));
            prop_assert!(read.finish().is_ok());
        }
    }

    #[test]
    fn no_body_breaks_the_reader(
        query in "[a-z\\[\\]=&%;+]{0,60}",
        kind in prop::sample::select(vec!["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "x"]),
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            "[a-z\\[\\]=&%{}\":,0-9]{0,80}".prop_map(String::into_bytes),
            "(--b|\r\n|[a-z=;:\" ]){0,30}".prop_map(String::into_bytes),
        ],
    ) {
        if let Ok(params) = merged(&query, Some(kind), &body) {
            let mut read = params.read();
            read.required_object("a");
            read.required_string("a[b]");
            read.integer("a");
            read.boolean("b");
            read.strings("c");
            let _ = read.finish();
        }
    }
}
