//! Pages, order, and lists of any length.

use serde_json::{Value, json};

use super::support::TestApp;

#[actix_web::test]
async fn a_list_is_complete_unless_a_page_is_asked_for() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for number in 0..20 {
        app.post(
            &admin,
            "/api/v1/teams",
            json!({"name": format!("team{number:02}")}),
        )
        .await
        .is(201);
    }
    let all = app.get(&admin, "/api/v1/teams").await;
    let ids = all.is(200).pluck("id");
    assert_eq!(ids.len(), 20);
    assert!(ids.is_sorted_by_key(Value::as_i64));
    assert_eq!(all.header("x-total"), Some("20"));
    assert_eq!(all.header("x-total-pages"), Some("1"));
    let bare = app.get(&admin, "/api/v1/teams?all=true&page=2").await;
    assert_eq!(bare.pluck("id"), ids);
    assert_eq!((bare.header("x-total"), bare.header("link")), (None, None));

    let second = app
        .get(
            &admin,
            "/api/v1/teams?page=2&per_page=8&sort_attr=name&sort_order=desc",
        )
        .await;
    let names: Vec<Value> = (4..12)
        .rev()
        .map(|number| json!(format!("team{number:02}")))
        .collect();
    assert_eq!(second.is(200).pluck("name"), names);
    for (header, value) in [
        ("x-total", "20"),
        ("x-total-pages", "3"),
        ("x-page", "2"),
        ("x-next-page", "3"),
        ("x-prev-page", "1"),
        ("x-per-page", "8"),
    ] {
        assert_eq!(second.header(header), Some(value), "{header}");
    }
    let link = |page: u32, rel: &str| {
        format!(
            "<https://portus.example.org/api/v1/teams?all=false&page={page}&per_page=8&sort_attr=name&sort_order=desc>; rel=\"{rel}\""
        )
    };
    let links = [
        link(1, "prev"),
        link(3, "next"),
        link(1, "first"),
        link(3, "last"),
    ]
    .join(", ");
    assert_eq!(second.header("link"), Some(links.as_str()));

    let default = app.get(&admin, "/api/v1/teams?page=0").await;
    assert_eq!(default.is(200).pluck("id").len(), 15);
    assert_eq!(default.header("x-prev-page"), Some(""));
    let beyond = app
        .get(
            &admin,
            "/api/v1/teams?page=9223372036854775807&per_page=1000",
        )
        .await;
    assert_eq!(beyond.is(200).text, "[]");
    let unknown = app.get(&admin, "/api/v1/teams?sort_attr=hash").await;
    assert_eq!(unknown.is(200).pluck("id"), ids);
}

#[actix_web::test]
async fn odd_pages_are_refused() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for size in ["0", "-1", "1001"] {
        let answer = app
            .get(&admin, &format!("/api/v1/users?per_page={size}"))
            .await;
        assert_eq!(
            answer.is(400).message(),
            json!({"[\"per_page\"]": ["does not have a valid value"]})
        );
    }
    let odd = app.get(&admin, "/api/v1/users?page=x&all=perhaps").await;
    assert_eq!(
        odd.is(400).message(),
        json!({"[\"all\"]": ["is invalid"], "[\"page\"]": ["is invalid"]})
    );
}

#[actix_web::test]
async fn every_column_sorts() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    for path in ["users", "teams", "namespaces", "repositories", "tags"] {
        for column in [
            "id",
            "name",
            "username",
            "email",
            "description",
            "created_at",
            "updated_at",
            "visibility",
            "enabled",
            "bot",
            "admin",
            "digest",
            "hidden",
            "global",
            "pushed_at",
            "pulled_at",
            "scanned",
            "locked_at",
            "display_name",
            "current_sign_in_at",
            "last_sign_in_at",
            "x'; drop table users",
        ] {
            let column: String = url::form_urlencoded::byte_serialize(column.as_bytes()).collect();
            app.get(
                &admin,
                &format!("/api/v1/{path}?sort_attr={column}&sort_order=desc"),
            )
            .await
            .is(200);
        }
    }
}

#[actix_web::test]
async fn a_long_list_is_one_list() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    // Longer than two batches, and exactly two batches.
    for count in [1234, 1000] {
        let names: Vec<String> = (0..count)
            .map(|number| format!("web{count}-{number}"))
            .collect();
        app.repositories(shop.id, &names).await;
        let path = format!("/api/v1/namespaces/{}/repositories", shop.id);
        let mut listed = app.get(&mary, &path).await.is(200).pluck("name");
        listed.retain(|name| {
            name.as_str()
                .is_some_and(|name| name.starts_with(&format!("web{count}-")))
        });
        assert_eq!(
            listed,
            names.iter().map(|name| json!(name)).collect::<Vec<_>>()
        );
        let answer = app.get(&mary, "/api/v1/repositories").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let total = answer.pluck("id").len().to_string();
        assert_eq!(answer.header("x-total"), Some(total.as_str()));
    }
}
