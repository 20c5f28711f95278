//! Who asks what, and what comes back.

use actix_web::http::Method;
use serde_json::json;

use super::{
    Body::{Error, Fields, Names, Nothing, Same},
    Pages,
};
use crate::api::deliveries::queue;

const WEBHOOK: &str = "id name enabled namespace_id created_at updated_at username password \
    url request_method content_type updatable destroyable";
const HEADER: &str = "id name value webhook_id created_at updated_at";
const DELIVERY: &str = "id uuid webhook_id created_at updated_at status request_body \
    request_header response_body response_header";
const REPOSITORY: &str = "id name full_name created_at updated_at description description_md \
    namespace registry_hostname stars tags_count starred destroyable";
const COMMENT: &str = "id repository_id created_at updated_at body body_md author destroyable";

#[actix_web::test]
async fn webhooks_are_answered_to_pages_as_portus_did() {
    let mut pages = Pages::open().await;
    let hooks = "POST /namespaces/{shop}/webhooks.json";
    let one = "PUT /namespaces/{shop}/webhooks/{hook}.json";
    let headers = "POST /namespaces/{shop}/webhooks/{hook}/headers.json";
    let hook = json!({"webhook": {"name": "ci", "url": "https://hooks.example.com/"}});
    let header = json!({"webhook_header": {"name": "X-A", "value": "b"}});
    let none = json!({"webhook": {"name": "x"}});
    let blank = json!({"webhook": {"url": ""}});
    let odd = json!({"webhook": {"url": "ftp://x"}});
    let unnamed = json!({"webhook_header": {"value": "b"}});
    pages
        .follow(vec![
            ("olga", hooks, "made", hook.clone(), 200, Fields(WEBHOOK)),
            (
                "olga",
                hooks,
                "no URL",
                none,
                422,
                Same(json!(["Url can't be blank"])),
            ),
            (
                "olga",
                hooks,
                "odd",
                odd,
                422,
                Same(json!(["Url is not a valid URL"])),
            ),
            ("victor", hooks, "a viewer", hook.clone(), 401, Nothing),
            ("eve", hooks, "a stranger", hook.clone(), 404, Error),
            ("olga", one, "changed", hook.clone(), 200, Fields(WEBHOOK)),
            (
                "olga",
                one,
                "blank",
                blank,
                422,
                Same(json!(["Url can't be blank"])),
            ),
            ("victor", one, "a viewer", hook, 401, Nothing),
            (
                "olga",
                "PUT /namespaces/{shop}/webhooks/{hook}/toggle_enabled.json",
                "off",
                json!({}),
                200,
                Fields(WEBHOOK),
            ),
            ("olga", headers, "made", header.clone(), 200, Fields(HEADER)),
            (
                "olga",
                headers,
                "again",
                header,
                422,
                Same(json!(["Name has already been taken"])),
            ),
            (
                "olga",
                headers,
                "no name",
                unnamed,
                422,
                Same(json!(["Name can't be blank"])),
            ),
            (
                "victor",
                "DELETE /namespaces/{shop}/webhooks/{hook}/headers/{made}.json",
                "a viewer",
                json!({}),
                401,
                Nothing,
            ),
            (
                "olga",
                "DELETE /namespaces/{shop}/webhooks/{hook}/headers/{made}.json",
                "gone",
                json!({}),
                200,
                Nothing,
            ),
            (
                "olga",
                "DELETE /namespaces/{shop}/webhooks/{hook}/headers/{made}.json",
                "gone already",
                json!({}),
                404,
                Error,
            ),
            (
                "olga",
                "PUT /namespaces/{shop}/webhooks/{hook}/deliveries/{absent}.json",
                "none",
                json!({}),
                404,
                Error,
            ),
            (
                "olga",
                "DELETE /namespaces/{shop}/webhooks/{hook}.json",
                "gone",
                json!({}),
                204,
                Nothing,
            ),
            (
                "olga",
                "DELETE /namespaces/{shop}/webhooks/{hook}.json",
                "gone already",
                json!({}),
                404,
                Error,
            ),
        ])
        .await;
}

#[actix_web::test]
async fn a_delivery_is_repeated_to_a_page() {
    let mut pages = Pages::open().await;
    let id = pages.ids.iter().find(|it| it.0 == "hook").unwrap().1;
    let delivery = queue(&pages.app, id, 1).await[0].id;
    pages.ids.push(("delivery", delivery));
    let again = "PUT /namespaces/{shop}/webhooks/{hook}/deliveries/{delivery}.json";
    pages
        .follow(vec![
            ("olga", again, "again", json!({}), 200, Fields(DELIVERY)),
            ("victor", again, "a viewer", json!({}), 401, Nothing),
        ])
        .await;
}

#[actix_web::test]
async fn repositories_are_answered_to_pages_as_portus_did() {
    let mut pages = Pages::open().await;
    let comments = "POST /repositories/{web}/comments.json";
    let comment = "DELETE /repositories/{web}/comments/{made}.json";
    let star = "POST /repositories/{web}/toggle_star.json";
    let blank = || Same(json!(["Body can't be blank"]));
    let words = json!({"comment": {"body": "*well*"}});
    let none = json!({"comment": {"body": ""}});
    let without = json!({"comment": {}});
    let nothing = json!({});
    pages
        .follow(vec![
            (
                "olga",
                star,
                "given",
                nothing.clone(),
                200,
                Fields(REPOSITORY),
            ),
            ("eve", star, "a stranger", nothing.clone(), 404, Error),
            (
                "olga",
                "GET /repositories/team",
                "own",
                nothing.clone(),
                200,
                Names(&["web", "db"]),
            ),
            (
                "eve",
                "GET /repositories/team",
                "none",
                nothing.clone(),
                200,
                Names(&[]),
            ),
            (
                "eve",
                "GET /repositories/other",
                "db",
                nothing.clone(),
                200,
                Names(&["db"]),
            ),
            (
                "olga",
                comments,
                "made",
                words.clone(),
                200,
                Fields(COMMENT),
            ),
            ("olga", comments, "no words", none, 422, blank()),
            ("olga", comments, "not even none", without, 422, blank()),
            ("eve", comments, "a stranger", words, 404, Error),
            (
                "victor",
                comment,
                "not the author",
                nothing.clone(),
                401,
                Nothing,
            ),
            ("olga", comment, "gone", nothing.clone(), 204, Nothing),
            ("olga", comment, "gone already", nothing.clone(), 404, Error),
            (
                "olga",
                "GET /namespaces/typeahead/de",
                "owned",
                nothing.clone(),
                200,
                Same(json!([{"name": "devs"}])),
            ),
            (
                "victor",
                "GET /namespaces/typeahead/de",
                "not owned",
                nothing.clone(),
                200,
                Same(json!([])),
            ),
            (
                "victor",
                "GET /teams/typeahead/de",
                "seen",
                nothing.clone(),
                200,
                Same(json!([{"name": "devs"}])),
            ),
            (
                "olga",
                "GET /teams/{team}/typeahead/e",
                "newcomers",
                nothing.clone(),
                200,
                Same(json!([{"name": "eve"}])),
            ),
            (
                "victor",
                "GET /teams/{team}/typeahead/e",
                "a viewer",
                nothing.clone(),
                401,
                Nothing,
            ),
            (
                "eve",
                "GET /teams/{team}/typeahead/e",
                "a stranger",
                nothing,
                404,
                Error,
            ),
        ])
        .await;
    let listed = pages
        .olga
        .get(&pages.service, "/repositories/other?page=1")
        .await;
    assert_eq!(listed.headers.get("x-total").unwrap(), "0");
}

#[actix_web::test]
async fn accounts_are_answered_to_pages_as_portus_did() {
    let mut pages = Pages::open().await;
    let make = "POST /admin/users.json";
    let nothing = json!({});
    let person = |name: &str, repeated: &str| {
        json!({"user": {
            "username": name,
            "email": format!("{name}@example.org"),
            "password": "12341234",
            "password_confirmation": repeated,
        }})
    };
    pages
        .follow(vec![
            (
                "admin",
                make,
                "another password",
                person("p", "43214321"),
                422,
                Same(json!(["Password confirmation doesn't match Password"])),
            ),
            (
                "admin",
                make,
                "nothing",
                json!({"user": {"username": "p"}}),
                422,
                Same(json!(["Email can't be blank", "Password can't be blank",])),
            ),
            (
                "admin",
                make,
                "made",
                person("p", "12341234"),
                200,
                Fields("user"),
            ),
            (
                "olga",
                make,
                "no admin",
                person("r", "12341234"),
                401,
                Nothing,
            ),
            (
                "admin",
                "PUT /admin/users/{eve}/toggle_admin",
                "made one",
                nothing.clone(),
                200,
                Nothing,
            ),
            (
                "admin",
                "PUT /admin/users/{eve}/toggle_admin",
                "no more",
                nothing.clone(),
                200,
                Nothing,
            ),
            (
                "admin",
                "PUT /admin/users/{admin}/toggle_admin",
                "oneself",
                nothing.clone(),
                403,
                Nothing,
            ),
            (
                "olga",
                "PUT /admin/users/{eve}/toggle_admin",
                "no admin",
                nothing.clone(),
                401,
                Nothing,
            ),
            (
                "admin",
                "PUT /admin/users/{absent}/toggle_admin",
                "nobody",
                nothing.clone(),
                404,
                Error,
            ),
            (
                "admin",
                "PUT /toggle_enabled/{eve}",
                "off",
                nothing.clone(),
                200,
                Nothing,
            ),
            (
                "admin",
                "PUT /toggle_enabled/{eve}",
                "on",
                nothing.clone(),
                200,
                Nothing,
            ),
            (
                "olga",
                "PUT /toggle_enabled/{eve}",
                "no admin",
                nothing.clone(),
                403,
                Nothing,
            ),
            (
                "victor",
                "PUT /toggle_enabled/{victor}",
                "oneself",
                nothing,
                200,
                Same(json!({"redirect": true})),
            ),
        ])
        .await;
    let sent = json!({"user": {
        "username": "robot", "email": "robot@example.org", "password": "12341234", "bot": true,
    }});
    let asked = pages.admin.write(Method::POST, "/admin/users.json", &sent);
    let made = pages.service.call(asked).await.json();
    assert!(made["plain_token"].is_string(), "{made}");
    let user = &made["user"];
    assert_eq!(
        (
            &user["display_username"],
            &user["namespaces_count"],
            &user["teams_count"]
        ),
        (&json!("robot"), &json!(0), &json!(0))
    );
    let sent = person("s", "12341234");
    let asked = pages.admin.write(Method::POST, "/admin/users.json", &sent);
    let made = pages.service.call(asked).await.json();
    assert!(made.get("plain_token").is_none(), "for bots only: {made}");
    assert_eq!(
        made["user"]["namespaces_count"],
        json!(1),
        "their own: {made}"
    );
    assert_eq!(made["user"]["teams_count"], json!(0), "{made}");
    let log = pages
        .admin
        .get(&pages.service, "/admin/activities.csv")
        .await;
    assert_eq!(log.status.as_u16(), 200);
    let head = "Tracked item,Item,Event,Recipient,Triggered by,Time,Notes";
    assert_eq!(log.body.lines().next(), Some(head));
}
