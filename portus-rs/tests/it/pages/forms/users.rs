//! People and bots as admins look after them.

use super::Site;
use crate::support::service::PASSWORD;

/// The form for a new account, filled in for a bot.
const ROBOT: [(&str, &str); 5] = [
    ("user[username]", "robot"),
    ("user[email]", "robot@example.com"),
    ("user[password]", PASSWORD),
    ("user[password_confirmation]", PASSWORD),
    ("user[bot]", "true"),
];

#[actix_web::test]
async fn admins_make_people_and_bots_and_keep_what_was_typed() {
    let site = Site::new().await;
    let wrong = [
        ("user[username]", "mia"),
        ("user[email]", "mia@example.com"),
        ("user[password]", PASSWORD),
        ("user[password_confirmation]", "something else"),
    ];
    site.send(&site.anna, "post", "/admin/users", &wrong)
        .await
        .is(403);
    site.send(&site.root, "post", "/admin/users", &wrong)
        .await
        .is(422)
        .says("match Password")
        .says("value=\"mia\"")
        .says("value=\"mia@example.com\"")
        .lacks(PASSWORD);
    let right = [
        ("user[username]", "mia"),
        ("user[email]", "mia@example.com"),
        ("user[password]", PASSWORD),
        ("user[password_confirmation]", PASSWORD),
    ];
    let made = site.send(&site.root, "post", "/admin/users", &right).await;
    let said = site.said(&site.root, &made).await;
    assert!(
        said.contains("User &#39;mia&#39; was created successfully"),
        "{said}"
    );
    assert!(!site.person("mia").await.admin);

    // A bot has no password: its token is shown this once.
    let page = site.send(&site.root, "post", "/admin/users", &ROBOT).await;
    let token = page.is(200).between("data-copy=\"", "\"").to_owned();
    site.get(&site.root, "/admin/users").await.lacks(&token);
    assert!(site.person("robot").await.bot);
}

#[actix_web::test]
async fn admins_change_and_remove_people() {
    let site = Site::new().await;
    let id = site.person("zoe").await.id;
    let place = format!("/admin/users/{id}");
    let other = [
        ("user[email]", "zoe@elsewhere.example"),
        ("user[display_name]", ""),
    ];
    site.send(&site.anna, "put", &place, &other).await.is(403);
    let taken = [("user[email]", "anna@example.org")];
    site.send(&site.root, "put", &place, &taken)
        .await
        .is(422)
        .says("has already been taken")
        .says("value=\"anna@example.org\"");
    let changed = site.send(&site.root, "put", &place, &other).await;
    let said = site.said(&site.root, &changed).await;
    assert!(
        said.contains("User &#39;zoe&#39; was updated successfully"),
        "{said}"
    );
    let email = site.person("zoe").await.email;
    assert_eq!(email.as_deref(), Some("zoe@elsewhere.example"));

    // Whether somebody is an admin.
    let admin = format!("{place}/admin");
    let on = [("admin", "true")];
    site.send(&site.anna, "put", &admin, &on).await.is(403);
    assert!(!site.person("zoe").await.admin);
    let made = site.send(&site.root, "put", &admin, &on).await;
    let said = site.said(&site.root, &made).await;
    assert!(
        said.contains("User &#39;zoe&#39; is now an admin"),
        "{said}"
    );
    assert!(site.person("zoe").await.admin);

    // Whoever removes an account says which.
    let not_it = [("removal[username]", "anna")];
    site.send(&site.root, "delete", &place, &not_it)
        .await
        .is(422)
        .says("is not the name of this account");
    let it = [("removal[username]", "zoe")];
    site.send(&site.anna, "delete", &place, &it).await.is(403);
    let removed = site.send(&site.root, "delete", &place, &it).await;
    removed.goes_to("/admin/users");
    let said = site.said(&site.root, &removed).await;
    assert!(
        said.contains("User &#39;zoe&#39; was removed successfully"),
        "{said}"
    );
    site.get(&site.root, &format!("{place}/edit")).await.is(404);
}

#[actix_web::test]
async fn admins_give_bots_tokens_and_take_them_back() {
    let site = Site::new().await;
    site.send(&site.root, "post", "/admin/users", &ROBOT)
        .await
        .is(200);
    let bot = site.person("robot").await.id;
    let tokens = format!("/admin/users/{bot}/application_tokens");
    let named = [("token[application]", "builds")];
    site.send(&site.anna, "post", &tokens, &named).await.is(403);
    site.send(&site.root, "post", &tokens, &[("token[application]", " ")])
        .await
        .is(422)
        .says("can&#39;t be blank");
    let page = site.send(&site.root, "post", &tokens, &named).await;
    page.is(200).says("The token was created successfully:");
    let plain = page.between("data-copy=\"", "\"").to_owned();
    let home = format!("/admin/users/{bot}/edit");
    let page = site.get(&site.root, &home).await;
    page.says("builds").lacks(&plain);
    // One came with the bot.
    let ids: Vec<&str> = page
        .0
        .body
        .split(&format!("action=\"{tokens}/"))
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let own = site.person("anna").await.id;
    let foreign = format!("/admin/users/{own}/application_tokens/{}", ids[0]);
    site.send(&site.anna, "delete", &foreign, &[]).await.is(403);
    let taken = site
        .send(&site.root, "delete", &format!("{tokens}/{}", ids[0]), &[])
        .await;
    let said = site.said(&site.root, &taken).await;
    assert!(
        said.contains("The token was removed successfully"),
        "{said}"
    );
}
