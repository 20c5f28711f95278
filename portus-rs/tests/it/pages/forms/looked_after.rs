//! Accounts that somebody has to look after: held back, tied to a directory, about to go.

use portus_rs::{
    actions::users::set_directory,
    identity::{actor::Actor, throttle},
};

use super::Site;
use crate::support::slapd::Slapd;

const ELSEWHERE: &str = "203.0.113.9";

impl Site {
    async fn guess(&self, name: &str) {
        let id = self.person(name).await.id;
        for guess in 0..throttle::MOST {
            let wrong = format!("wrong {guess}");
            throttle::failed(&self.service.app, ELSEWHERE, name, &wrong, Some(id))
                .await
                .unwrap();
        }
    }

    async fn is_held(&self, name: &str) -> bool {
        throttle::check(&self.service.app, ELSEWHERE, name)
            .await
            .is_err()
    }
}

#[actix_web::test]
async fn admins_let_somebody_try_again_who_was_held_back() {
    let site = Site::new().await;
    let id = site.person("zoe").await.id;
    let home = format!("/admin/users/{id}/edit");
    site.get(&site.root, &home).await.lacks("/lock\"");
    site.guess("zoe").await;
    site.guess("ben").await;
    assert!(site.is_held("zoe").await);
    let page = site.get(&site.root, &home).await;
    page.is(200).says(&format!(
        "Refused from {ELSEWHERE} after too many wrong passwords"
    ));

    let lock = format!("/admin/users/{id}/lock");
    site.send(&site.anna, "delete", &lock, &[]).await.is(403);
    assert!(site.is_held("zoe").await);
    let unlocked = site.send(&site.root, "delete", &lock, &[]).await;
    let said = site.said(&site.root, &unlocked).await;
    assert!(
        said.contains("User &#39;zoe&#39; may try again from everywhere"),
        "{said}"
    );
    assert!(!site.is_held("zoe").await);
    assert!(site.is_held("ben").await, "nobody else is let in");
    site.get(&site.root, &home).await.lacks(ELSEWHERE);
    // Once more there is nothing to be done, and nothing to be told.
    site.send(&site.root, "delete", &lock, &[]).await.is(303);
    let told = "activities WHERE activities.key = 'user:unlock' AND actor_name = 'root'";
    assert_eq!(site.service.count(told).await, 1);
    site.get(&site.root, "/admin/activities")
        .await
        .says("unlocked the user");
}

#[actix_web::test]
async fn admins_tie_accounts_to_the_directory_and_loosen_them() {
    let slapd = Slapd::builder().person("zoe").start();
    let settings = slapd.settings();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let site = Site::with(&settings).await;
    let id = site.person("zoe").await.id;
    let home = format!("/admin/users/{id}/edit");
    let place = format!("/admin/users/{id}/directory");
    site.get(&site.root, &home)
        .await
        .is(200)
        .says("Tie to the directory")
        .says("user[password]");
    let on = [("directory", "true")];
    site.send(&site.anna, "put", &place, &on).await.is(403);
    assert!(!site.person("zoe").await.directory);
    let tied = site.send(&site.root, "put", &place, &on).await;
    let said = site.said(&site.root, &tied).await;
    assert!(
        said.contains("signs in with the password of the directory from now on"),
        "{said}"
    );
    assert!(site.person("zoe").await.directory);
    assert!(!site.zoe.is_in(&site.service).await);
    // Its password is not kept here, so there is none to be set.
    site.get(&site.root, &home)
        .await
        .says("Loosen from the directory")
        .lacks("user[password]");
    let loosened = site
        .send(&site.root, "put", &place, &[("directory", "false")])
        .await;
    let said = site.said(&site.root, &loosened).await;
    assert!(said.contains("no longer tied to the directory"), "{said}");
    let row = site.person("zoe").await;
    assert!(!row.directory && row.password_hash.is_empty());
    for key in ["user:ldap_link", "user:ldap_unlink"] {
        let told = format!("activities WHERE activities.key = '{key}' AND actor_name = 'root'");
        assert_eq!(site.service.count(&told).await, 1, "{key}");
    }
}

#[actix_web::test]
async fn without_a_directory_nobody_is_tied_but_everybody_can_be_loosened() {
    let site = Site::new().await;
    let id = site.person("zoe").await.id;
    let home = format!("/admin/users/{id}/edit");
    site.get(&site.root, &home)
        .await
        .is(200)
        .lacks("/directory\"");
    let place = format!("/admin/users/{id}/directory");
    let refused = site
        .send(&site.root, "put", &place, &[("directory", "true")])
        .await;
    refused.is(303);
    assert!(!site.person("zoe").await.directory);
    assert!(
        set_directory(&site.service.app, &Actor::Operator, id, true)
            .await
            .is_err()
    );
}

#[actix_web::test]
async fn who_removes_an_account_is_told_what_goes_and_what_is_left_alone() {
    let site = Site::new().await;
    let anna = site.person("anna").await;
    let zoe = site.person("zoe").await;
    let list = site.get(&site.root, "/admin/users").await;
    let way = format!("/admin/users/{}/edit", anna.id);
    list.says(&format!("href=\"{way}#removal\""));
    // Somebody else owns this one too.
    let ops = site.service.team("ops", &anna).await;
    site.service.member(&ops, &zoe, "owner").await;
    let page = site.get(&site.root, &way).await;
    let said = page.between("id=\"removal\"", "</section>");
    assert!(
        said.contains("Its personal namespace anna holds nothing and goes too."),
        "{said}"
    );
    assert!(
        said.contains("lose their only owner") && said.contains(">devs</a>"),
        "{said}"
    );
    assert!(!said.contains(">ops</a>"), "{said}");
    let page = site
        .get(&site.root, &format!("/admin/users/{}/edit", zoe.id))
        .await;
    page.lacks("lose their only owner");

    // With an image in it, it stays.
    let spaces = |name: &str| format!("namespaces WHERE namespaces.name = '{name}'");
    let rows = site.service.database.connect().await;
    let fill = "INSERT INTO repositories (namespace_id, name, created_at, updated_at) \
                SELECT id, 'app', created_at, created_at FROM namespaces WHERE name = 'anna'";
    sea_orm::ConnectionTrait::execute_unprepared(&rows, fill)
        .await
        .unwrap();
    rows.close().await.unwrap();
    let page = site.get(&site.root, &way).await;
    page.says("Its personal namespace anna and the images in it stay.");
    for name in ["anna", "zoe"] {
        let place = format!("/admin/users/{}", site.person(name).await.id);
        let typed = [("removal[username]", name)];
        site.send(&site.root, "delete", &place, &typed)
            .await
            .goes_to("/admin/users");
    }
    assert_eq!(site.service.count(&spaces("anna")).await, 1);
    assert_eq!(site.service.count(&spaces("zoe")).await, 0);
}

#[actix_web::test]
async fn a_bot_is_made_without_a_password_and_a_person_is_not() {
    let site = Site::new().await;
    let robot = [
        ("user[username]", "robot"),
        ("user[email]", "robot@example.com"),
        ("user[password]", ""),
        ("user[password_confirmation]", ""),
    ];
    site.send(&site.root, "post", "/admin/users", &robot)
        .await
        .is(422)
        .says("can&#39;t be blank");
    let robot = [&robot[..], &[("user[bot]", "true")]].concat();
    let page = site.send(&site.root, "post", "/admin/users", &robot).await;
    let token = page.is(200).between("data-copy=\"", "\"").to_owned();
    assert!(!token.is_empty());
    let made = site.person("robot").await;
    assert!(made.bot && made.password_hash.is_empty());
    // Nothing is no password.
    let answer = crate::api::sessions::sign_in(&site.service, "robot", "").await;
    assert!(answer.status.is_client_error(), "{}", answer.body);
}

#[actix_web::test]
async fn admins_are_told_when_the_services_own_account_is_missing() {
    let site = Site::new().await;
    let text = "The account portus is missing";
    portus_rs::actions::users::ensure_portus(&site.service.app)
        .await
        .unwrap();
    site.get(&site.root, "/").await.is(200).lacks(text);
    let rows = site.service.database.connect().await;
    let gone = "DELETE FROM users WHERE username = 'portus'";
    sea_orm::ConnectionTrait::execute_unprepared(&rows, gone)
        .await
        .unwrap();
    rows.close().await.unwrap();
    site.get(&site.root, "/").await.is(200).says(text);
    site.get(&site.anna, "/").await.is(200).lacks(text);
    let counts = portus_rs::queries::dashboard::counts(&site.service.app)
        .await
        .unwrap();
    assert_eq!((counts.users, counts.portus), (4, false));
}

#[actix_web::test]
async fn a_value_is_told_in_the_readers_language() {
    let site = Site::new().await;
    let form = [
        ("user[username]", "mia"),
        ("user[email]", "mia@example.com"),
        ("user[password]", "short"),
        ("user[password_confirmation]", "short"),
        ("authenticity_token", site.root.csrf()),
    ];
    for (language, text) in [
        ("en", "is too short (minimum is 8 characters)"),
        ("ja", "短すぎます（8 文字以上）"),
        ("zh-CN", "过短（至少 8 个字符）"),
    ] {
        let request = site
            .root
            .request(actix_web::http::Method::POST, "/admin/users")
            .insert_header(("Accept-Language", language))
            .set_form(form);
        let answer = super::Html(site.service.call(request).await);
        answer.is(422).says(text);
    }
}
