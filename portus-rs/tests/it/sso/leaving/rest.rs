//! GitHub, GitLab, Bitbucket and Google: what they give to ask with, and how they say that somebody has left.

use serde_json::json;

use crate::{
    sso::{Browser, Docker, ask_providers, audited, how_often, others::Way},
    support::service::Service,
};

/// Registers whoever is logged in there.
async fn register(way: &Way, name: &str) -> Browser {
    let (place, told, mut browser) = way.enter().await;
    assert_eq!(place, "/users/oauth", "{told}");
    let form = [("user[username]", name)];
    browser.post(&way.service, "/users/oauth", &form).await;
    assert_eq!(browser.who(&way.service).await.as_deref(), Some(name));
    browser
}

fn github(way: &Way) {
    let mail = json!([{"email": "mona@corp.example", "primary": true, "verified": true}]);
    way.answers("/api/v3/user", json!({"id": 583_231, "login": "mona"}));
    way.answers("/api/v3/user/emails", mail);
    way.answers("/api/v3/user/orgs", json!([{"login": "portus"}]));
}

async fn is_gone(service: &Service, browser: &mut Browser, docker: &Docker, reason: &str) {
    assert_eq!(browser.who(service).await, None);
    assert!(!docker.renews(service).await);
    assert_eq!(docker.shown(service).await.status, 401);
    let told = audited(service, "user:provider_gone").await;
    assert!(told["reason"].as_str().unwrap().contains(reason), "{told}");
}

#[actix_web::test]
async fn a_token_that_github_takes_back_ends_what_came_of_it() {
    let way = Way::new("github", &[("ORGANIZATION", "portus")]).await;
    let service = &way.service;
    github(&way);
    let mut mona = register(&way, "mona").await;
    let docker = Docker::login(service, "mona").await;
    ask_providers(service).await.unwrap();
    assert!(mona.who(service).await.is_some());
    for path in ["/api/v3/user", "/api/v3/user/emails", "/api/v3/user/orgs"] {
        for status in [403, 429, 500, 502] {
            way.provider.state().refused.insert(path.to_owned(), status);
            assert!(ask_providers(service).await.is_err(), "{path} {status}");
        }
        way.provider.state().refused.clear();
    }
    assert!(mona.who(service).await.is_some() && docker.renews(service).await);
    way.provider.state().revoke();
    ask_providers(service).await.unwrap();
    is_gone(service, &mut mona, &docker, "does not honour").await;
}

#[actix_web::test]
async fn whoever_leaves_the_organization_is_out_until_they_are_in_it_again() {
    let way = Way::new("github", &[("ORGANIZATION", "portus")]).await;
    let service = &way.service;
    github(&way);
    let mut mona = register(&way, "mona").await;
    let docker = Docker::login(service, "mona").await;
    way.answers("/api/v3/user/orgs", json!([{"login": "others"}]));
    ask_providers(service).await.unwrap();
    is_gone(service, &mut mona, &docker, "isn't in allowed organization").await;
    ask_providers(service).await.unwrap();
    assert_eq!(how_often(service, "user:provider_gone").await, 1);
    github(&way);
    ask_providers(service).await.unwrap();
    assert_eq!(docker.shown(service).await.status, 200);
    assert_eq!(how_often(service, "user:provider_returned").await, 1);
    // Whom GitHub itself shuts out.
    let closed = json!({"id": 583_231, "login": "mona", "suspended_at": "2024-01-01T00:00:00Z"});
    way.answers("/api/v3/user", closed);
    ask_providers(service).await.unwrap();
    is_gone(service, &mut mona, &docker, "the account is closed there").await;
}

#[actix_web::test]
async fn gitlab_renews_and_says_who_is_blocked() {
    let way = Way::new("gitlab", &[("GROUP", "corp")]).await;
    let service = &way.service;
    let person = |state: &str| {
        way.answers(
            "/api/v4/user",
            json!({"id": 42, "username": "tanuki", "email": "tanuki@corp.example",
            "confirmed_at": "2024-01-01T00:00:00Z", "state": state}),
        );
    };
    person("active");
    way.answers(
        "/api/v4/groups",
        json!([{"full_path": "corp", "name": "Corp"}]),
    );
    let mut tanuki = register(&way, "tanuki").await;
    let docker = Docker::login(service, "tanuki").await;
    for _ in 0..2 {
        ask_providers(service).await.unwrap();
    }
    assert_eq!(way.provider.state().renewals, 2);
    assert!(tanuki.who(service).await.is_some());
    // One that has just been given is good, whatever else is wrong there.
    let groups = "/api/v4/groups".to_owned();
    way.provider.state().refused.insert(groups, 401);
    assert!(ask_providers(service).await.is_err());
    way.provider.state().refused.clear();
    assert!(tanuki.who(service).await.is_some());
    person("blocked");
    ask_providers(service).await.unwrap();
    is_gone(service, &mut tanuki, &docker, "the account is closed there").await;
    person("active");
    ask_providers(service).await.unwrap();
    assert_eq!(docker.shown(service).await.status, 200);
    way.answers("/api/v4/groups", json!([{"full_path": "x", "name": "X"}]));
    ask_providers(service).await.unwrap();
    is_gone(service, &mut tanuki, &docker, "isn't in allowed group").await;
}

#[actix_web::test]
async fn bitbucket_renews_and_says_who_has_left_the_workspace() {
    let way = Way::new("bitbucket", &[("OPTIONS_TEAM", "corp")]).await;
    let service = &way.service;
    let path = "/2.0/workspaces/corp/members/%7Bd301aafa%7D";
    let mails =
        json!({"values": [{"email": "bb@corp.example", "is_primary": true, "is_confirmed": true}]});
    way.answers(
        "/2.0/user",
        json!({"uuid": "{d301aafa}", "display_name": "B"}),
    );
    way.answers("/2.0/user/emails", mails);
    way.answers(path, json!({"user": {"uuid": "{d301aafa}"}}));
    let mut bb = register(&way, "bb").await;
    let docker = Docker::login(service, "bb").await;
    ask_providers(service).await.unwrap();
    assert!(bb.who(service).await.is_some());
    way.answers(path, json!({"user": {"uuid": "{another}"}}));
    ask_providers(service).await.unwrap();
    is_gone(service, &mut bb, &docker, "Invalid team").await;
}

#[actix_web::test]
async fn google_gives_at_the_first_consent_what_is_kept_from_then_on() {
    let way = Way::new("google_oauth2", &[("OPTIONS_HD", "corp.example")]).await;
    let service = &way.service;
    let person = |hd: &str| {
        way.provider.state().person =
            json!({"sub": "1", "email": "x@corp.example", "email_verified": true, "hd": hd});
    };
    person("corp.example");
    let mut ann = register(&way, "ann").await;
    let docker = Docker::login(service, "ann").await;
    assert_eq!(way.provider.state().scope, "openid email profile");
    // The second time there is nothing to keep, and what there was goes on.
    let mut again = Browser::default();
    let url = again.leave(service, "google_oauth2").await;
    assert!(url.contains("access_type=offline"), "{url}");
    let back = way
        .provider
        .visit(&url.replace("access_type=offline", ""))
        .await;
    again.get(service, &back).await;
    ask_providers(service).await.unwrap();
    assert_eq!(way.provider.state().renewals, 1);
    assert!(ann.who(service).await.is_some() && again.who(service).await.is_some());
    person("elsewhere.example");
    ask_providers(service).await.unwrap();
    is_gone(service, &mut ann, &docker, "Invalid hosted domain").await;
    assert_eq!(again.who(service).await, None);
}
