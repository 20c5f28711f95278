//! Google, GitHub, GitLab and Bitbucket, as far as they differ: formats and restrictions.

use serde_json::{Value, json};

use super::{Browser, CLIENT, SECRET, location, start_of_time};
use crate::support::{databases::TestDatabase, provider::Provider, service::Service};

/// A service with one provider of this name.
pub struct Way {
    pub service: Service,
    pub provider: Provider,
    key: &'static str,
}

/// Names of the two halves of the client's credentials.
fn names(key: &str) -> (&'static str, &'static str) {
    match key {
        "google_oauth2" => ("ID", "SECRET"),
        "github" => ("CLIENT_ID", "CLIENT_SECRET"),
        "gitlab" => ("APPLICATION_ID", "SECRET"),
        _ => ("KEY", "SECRET"),
    }
}

impl Way {
    pub async fn new(key: &'static str, more: &[(&str, &str)]) -> Self {
        let provider = Provider::start(start_of_time());
        let setting = |leaf: &str| format!("PORTUS_OAUTH_{}_{leaf}", key.to_uppercase());
        let (id, secret) = names(key);
        let mut settings = vec![
            (setting("ENABLED"), "true"),
            (setting("SERVER"), provider.url.as_str()),
            (setting(id), CLIENT),
            (setting(secret), SECRET),
        ];
        settings.extend(more.iter().map(|(leaf, value)| (setting(leaf), *value)));
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        let service = Service::with(TestDatabase::sqlite(), &settings).await;
        Self {
            service,
            provider,
            key,
        }
    }

    pub fn answers(&self, path: &str, value: Value) {
        self.provider.state().rest.insert(path.to_owned(), value);
    }

    /// Where somebody ends up, and what the login page says then.
    pub async fn enter(&self) -> (String, String, Browser) {
        let mut browser = Browser::default();
        let url = browser.leave(&self.service, self.key).await;
        let back = self.provider.visit(&url).await;
        let answer = browser.get(&self.service, &back).await;
        let place = location(&answer).to_owned();
        let told = if place == "/users/sign_in" {
            browser.told(&self.service).await
        } else {
            String::new()
        };
        (place, told, browser)
    }

    /// The name and the display name that the form begins with.
    async fn suggested(&self, browser: &mut Browser) -> (String, String) {
        let page = browser.get(&self.service, "/users/oauth").await.body;
        let value = |field: &str| {
            let part = page
                .split(&format!("name=\"user[{field}]\" value=\""))
                .nth(1)
                .unwrap();
            part.split('"').next().unwrap().to_owned()
        };
        (value("username"), value("display_name"))
    }
}

fn is_in((place, told, _): &(String, String, Browser)) {
    assert_eq!(place, "/users/oauth", "{told}");
}

fn is_out((place, told, _): &(String, String, Browser), text: &str) {
    assert_eq!(place, "/users/sign_in");
    assert!(told.contains(text), "{told}");
}

#[actix_web::test]
async fn google_lets_in_one_domain_and_suggests_what_stands_ahead_of_the_at() {
    let way = Way::new("google_oauth2", &[("DOMAIN", "email.net")]).await;
    let person = |email: &str, verified| json!({"sub": "1", "email": email, "email_verified": verified, "name": "Test User"});
    way.provider.state().person = person("x@other.net", true);
    is_out(
        &way.enter().await,
        "Email addresses on the domain other.net aren't allowed.",
    );
    for email in ["x@evil-email.net", "x@email.net.evil", "x@sub.email.net"] {
        way.provider.state().person = person(email, true);
        is_out(&way.enter().await, "aren't allowed.");
    }
    way.provider.state().person = person("testuser@email.net", false);
    is_out(
        &way.enter().await,
        "because \"the provider does not say that the e-mail address is verified\"",
    );
    way.provider.state().person = person("testuser@email.net", true);
    let mut entered = way.enter().await;
    is_in(&entered);
    assert_eq!(way.provider.state().scope, "openid email profile");
    let browser = &mut entered.2;
    let suggested = way.suggested(browser).await;
    assert_eq!(suggested, ("testuser".to_owned(), "Test User".to_owned()));
    let form = [
        ("user[username]", "testuser"),
        ("user[display_name]", "Test User"),
    ];
    let answer = browser.post(&way.service, "/users/oauth", &form).await;
    assert_eq!(location(&answer), "/");
    let page = browser.get(&way.service, "/").await.body;
    assert!(
        super::unescaped(&page).contains("Successfully registered as 'testuser'!"),
        "{page}"
    );
    // And again, as somebody known.
    let (place, _, mut again) = way.enter().await;
    assert_eq!(place, "/");
    let page = again.get(&way.service, "/").await.body;
    assert!(
        page.contains("Successfully authenticated from Google oauth2 account."),
        "{page}"
    );
}

#[actix_web::test]
async fn google_lets_in_one_hosted_domain_whatever_the_browser_asked_for() {
    let way = Way::new("google_oauth2", &[("OPTIONS_HD", "corp.example")]).await;
    let person = |hd: Value| json!({"sub": "1", "email": "x@corp.example", "email_verified": true, "hd": hd});
    for foreign in [
        json!(null),
        json!("evil.example"),
        json!("CORP.example.evil"),
    ] {
        way.provider.state().person = person(foreign);
        is_out(&way.enter().await, "because \"Invalid hosted domain\"");
    }
    way.provider.state().person = person(json!("corp.example"));
    is_in(&way.enter().await);
    assert!(
        way.provider
            .state()
            .asked
            .iter()
            .any(|it| it.contains("hd=corp.example"))
    );
}

fn github(way: &Way) {
    way.answers("/api/v3/user", json!({"id": 583_231, "login": "octocat", "name": "Mona Lisa", "email": "public@anybody.example"}));
    way.answers(
        "/api/v3/user/emails",
        json!([
            {"email": "public@anybody.example", "primary": false, "verified": false},
            {"email": "second@corp.example", "primary": false, "verified": true},
            {"email": "mona@corp.example", "primary": true, "verified": true},
        ]),
    );
}

#[actix_web::test]
async fn github_knows_people_by_number_and_by_the_address_it_has_checked() {
    let way = Way::new("github", &[("DOMAIN", "corp.example")]).await;
    github(&way);
    let mut entered = way.enter().await;
    is_in(&entered);
    assert_eq!(way.provider.state().scope, "read:user user:email read:org");
    let suggested = way.suggested(&mut entered.2).await;
    assert_eq!(suggested, ("octocat".to_owned(), "Mona Lisa".to_owned()));
    entered
        .2
        .post(&way.service, "/users/oauth", &[("user[username]", "mona")])
        .await;
    assert_eq!(entered.2.who(&way.service).await.as_deref(), Some("mona"));
    // The login may be another tomorrow, and the address too.
    way.answers(
        "/api/v3/user",
        json!({"id": 583_231, "login": "renamed", "name": null}),
    );
    let (_, _, mut again) = way.enter().await;
    assert_eq!(again.who(&way.service).await.as_deref(), Some("mona"));
    // Somebody else gets the old login.
    way.answers("/api/v3/user", json!({"id": 7, "login": "octocat"}));
    way.answers(
        "/api/v3/user/emails",
        json!([{"email": "x@corp.example", "primary": true, "verified": true}]),
    );
    is_in(&way.enter().await);
    way.answers(
        "/api/v3/user/emails",
        json!([{"email": "x@corp.example", "primary": true, "verified": false}]),
    );
    is_out(
        &way.enter().await,
        "because \"the provider gave no e-mail address\"",
    );
    way.answers("/api/v3/user", json!({"login": "octocat"}));
    is_out(
        &way.enter().await,
        "because \"the provider gave no e-mail address\"",
    );
    assert!(
        way.provider
            .state()
            .asked
            .iter()
            .all(|it| !it.contains("access_token=")),
        "never in an address"
    );
}

#[actix_web::test]
async fn github_lets_in_an_organization() {
    let way = Way::new("github", &[("ORGANIZATION", "Portus")]).await;
    github(&way);
    way.answers(
        "/api/v3/user/orgs",
        json!([{"login": "portus-fans"}, {"login": "Por"}, {"login": "xportus"}]),
    );
    is_out(
        &way.enter().await,
        "The Github account isn't in allowed organization.",
    );
    way.answers("/api/v3/user/orgs", json!([{"login": "a"}, {"login": "b"}, {"login": "c"}, {"login": "d"}, {"login": "portus"}]));
    is_in(&way.enter().await);
}

#[actix_web::test]
async fn github_lets_in_a_team_of_that_organization_only() {
    let way = Way::new(
        "github",
        &[("ORGANIZATION", "portus"), ("TEAM", "Core Team")],
    )
    .await;
    github(&way);
    let team = |organization: &str, slug: &str, name: &str| json!({"slug": slug, "name": name, "organization": {"login": organization}});
    way.answers(
        "/api/v3/user/teams",
        json!([
            team("evil", "core-team", "Core Team"),
            team("portus", "others", "Others")
        ]),
    );
    is_out(
        &way.enter().await,
        "The Github account isn't in allowed team.",
    );
    way.answers(
        "/api/v3/user/teams",
        json!([
            team("a", "x", "x"),
            team("b", "y", "y"),
            team("portus", "core-team", "Core Team")
        ]),
    );
    is_in(&way.enter().await);
    let by_slug = Way::new(
        "github",
        &[("ORGANIZATION", "portus"), ("TEAM", "core-team")],
    )
    .await;
    github(&by_slug);
    by_slug.answers(
        "/api/v3/user/teams",
        json!([team("portus", "core-team-2", "Core Team")]),
    );
    is_out(
        &by_slug.enter().await,
        "The Github account isn't in allowed team.",
    );
    by_slug.answers(
        "/api/v3/user/teams",
        json!([team("portus", "core-team", "Core Team")]),
    );
    is_in(&by_slug.enter().await);
    let alone = Way::new("github", &[("TEAM", "core-team")]).await;
    github(&alone);
    alone.answers(
        "/api/v3/user/teams",
        json!([team("evil", "core-team", "Core Team")]),
    );
    is_out(
        &alone.enter().await,
        "The Github account isn't in allowed team.",
    );
}

#[actix_web::test]
async fn a_list_that_cannot_be_had_lets_nobody_in() {
    let way = Way::new("github", &[("ORGANIZATION", "portus")]).await;
    github(&way);
    is_out(
        &way.enter().await,
        "Could not authenticate you from Github because",
    );
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is written where it is called"
)]
fn gitlab(way: &Way, confirmed: Value) {
    way.answers("/api/v4/user", json!({"id": 42, "username": "tanuki", "name": "Tanuki", "email": "tanuki@corp.example", "confirmed_at": confirmed}));
}

#[actix_web::test]
async fn gitlab_lets_in_a_group_by_its_path_or_name() {
    for group in ["corp/platform", "Platform"] {
        let way = Way::new("gitlab", &[("GROUP", group)]).await;
        gitlab(&way, json!("2024-01-01T00:00:00Z"));
        let entry =
            |path: &str, name: &str| json!({"full_path": path, "name": name, "path": "platform"});
        way.answers(
            "/api/v4/groups",
            json!([
                entry("evil/platforms", "Platforms"),
                entry("x", "X"),
                entry("y", "Y")
            ]),
        );
        is_out(
            &way.enter().await,
            "The Gitlab account isn't in allowed group.",
        );
        way.answers(
            "/api/v4/groups",
            json!([
                entry("x", "X"),
                entry("y", "Y"),
                entry("corp/platform", "Platform")
            ]),
        );
        let mut entered = way.enter().await;
        is_in(&entered);
        assert_eq!(way.suggested(&mut entered.2).await.0, "tanuki");
        let asked = &way.provider.state().asked;
        assert!(
            asked.iter().any(|it| it.contains("min_access_level=10")),
            "{asked:?}"
        );
    }
}

#[actix_web::test]
async fn gitlab_vouches_for_confirmed_addresses_only() {
    let way = Way::new("gitlab", &[]).await;
    way.service.user("tanuki").await;
    way.answers(
        "/api/v4/user",
        json!({"id": 42, "username": "t", "email": "tanuki@example.org", "confirmed_at": null}),
    );
    is_out(&way.enter().await, "Email has already been taken");
    way.answers("/api/v4/user", json!({"id": 42, "username": "t", "email": "tanuki@example.org", "confirmed_at": "2024-01-01T00:00:00Z"}));
    is_in(&way.enter().await);
    assert_eq!(way.provider.state().scope, "read_user");
}

#[actix_web::test]
async fn bitbucket_lets_in_a_workspace() {
    let way = Way::new("bitbucket", &[("OPTIONS_TEAM", "corp")]).await;
    way.answers(
        "/2.0/user",
        json!({"uuid": "{d301aafa}", "display_name": "Bit Bucket", "account_id": "x"}),
    );
    way.answers(
        "/2.0/user/emails",
        json!({"values": [
            {"email": "other@corp.example", "is_primary": false, "is_confirmed": true},
            {"email": "bb@corp.example", "is_primary": true, "is_confirmed": true},
        ]}),
    );
    let refusal = "Could not authenticate you from Bitbucket because \"Invalid team\".";
    is_out(&way.enter().await, refusal);
    let path = "/2.0/workspaces/corp/members/%7Bd301aafa%7D";
    way.answers(path, json!({"user": {"uuid": "{another}"}}));
    is_out(&way.enter().await, refusal);
    way.answers(
        path,
        json!({"user": {"uuid": "{d301aafa}"}, "workspace": {"slug": "corp"}}),
    );
    let mut entered = way.enter().await;
    is_in(&entered);
    assert_eq!(
        way.suggested(&mut entered.2).await,
        ("bb".to_owned(), "Bit Bucket".to_owned())
    );
}
