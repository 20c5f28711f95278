//! Jobs of CI systems that enter as bots with a token of their own.

mod site;
mod trusts;

use std::net::IpAddr;

use actix_web::{http::Method, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::{
    actions::{bots, trusts as actions},
    entities::{bot_trust, team, user},
    identity::actor::Actor,
};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::{audited, how_often, start_of_time};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    provider::{Key, Provider, unsigned},
    service::{Answer, SERVICE, Service, basic, claims_of, encoded},
};

const AUDIENCE: &str = "portus.test";
const MAIN: &str = "repo:octo/app:ref:refs/heads/main";

/// A service, a CI system, and a bot that may push for its team.
struct World {
    service: Service,
    ci: Provider,
    bot: user::Model,
    team: team::Model,
    owner: user::Model,
}

impl World {
    async fn new() -> Self {
        Self::on(TestDatabase::sqlite(), &[]).await
    }

    async fn on(database: TestDatabase, more: &[(&str, &str)]) -> Self {
        let ci = Provider::start(start_of_time());
        let mut settings = vec![("PORTUS_WORKLOAD_IDENTITY_ALLOW_HOSTS", "127.0.0.1")];
        settings.extend(more);
        let service = Service::with(database, &settings).await;
        let owner = service.user("olga").await;
        let team = service.team("apps", &owner).await;
        for name in ["apps", "tools"] {
            service.namespace(name, &team, "private").await;
        }
        let new = bots::NewBot {
            username: "ci".to_owned(),
            role: Some("contributor".to_owned()),
            ..Default::default()
        };
        let (bot, _) = bots::create(&service.app, &Actor::Operator, team.id, new)
            .await
            .unwrap();
        Self {
            service,
            ci,
            bot,
            team,
            owner,
        }
    }

    fn trust(&self, name: &str, scope: &str, namespaces: &[&str]) -> actions::NewTrust {
        actions::NewTrust {
            name: name.to_owned(),
            issuer: self.ci.url.clone(),
            audience: AUDIENCE.to_owned(),
            claims: [(
                "sub".to_owned(),
                "repo:octo/app:ref:refs/heads/(main|v\\d+)".to_owned(),
            )]
            .into(),
            scope: Some(scope.parse().unwrap()),
            namespaces: namespaces.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    async fn trusts(&self, name: &str, scope: &str, namespaces: &[&str]) -> bot_trust::Model {
        let new = self.trust(name, scope, namespaces);
        actions::create(&self.service.app, &Actor::Operator, self.bot.id, new)
            .await
            .unwrap()
    }

    /// A token as the CI system gives to a job on the main branch, with a name of its own.
    fn token(&self) -> String {
        self.ci.job_token(
            &json!({"sub": MAIN, "aud": AUDIENCE, "jti": uuid::Uuid::new_v4().to_string()}),
        )
    }

    /// The answer of the token endpoint, asked from this address.
    async fn ask(&self, name: &str, secret: &str, scope: &str, from: &str) -> Answer {
        let uri = format!(
            "/v2/token?service={SERVICE}&scope={}&offline_token=true",
            encoded(scope)
        );
        let request = TestRequest::get()
            .uri(&uri)
            .peer_addr((from.parse::<IpAddr>().unwrap(), 40_000).into())
            .insert_header(("Authorization", basic((name, secret))));
        self.service.call(request).await
    }

    /// What docker may do with an image.
    async fn actions(&self, secret: &str, image: &str) -> Value {
        let scope = format!("repository:{image}:pull,push,delete");
        let answer = self.ask("ci", secret, &scope, "192.0.2.1").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.json().get("refresh_token"),
            None,
            "nothing may outlive the job"
        );
        let claims = claims_of(answer.json()["token"].as_str().unwrap());
        assert_eq!(claims["sub"], "ci");
        let granted = claims["access"].as_array().unwrap();
        granted
            .first()
            .map_or(json!([]), |it| it["actions"].clone())
    }

    async fn refuses(&self, secret: &str, why: &str) {
        // Each from an address of its own, so that none is held back for another.
        let from = format!(
            "2001:db8:{:x}::1",
            why.len() * 251 + usize::from(why.as_bytes()[0])
        );
        let answer = self
            .ask("ci", secret, "repository:apps/app:pull", &from)
            .await;
        assert_eq!(answer.status, 401, "{why}: {}", answer.body);
        assert!(
            answer.body.contains("Invalid Username or password."),
            "{why}: {}",
            answer.body
        );
    }

    async fn api(&self, token: &str, method: Method, path: &str) -> Answer {
        let request = TestRequest::with_uri(path)
            .method(method)
            .peer_addr(("192.0.2.1".parse::<IpAddr>().unwrap(), 40_000).into())
            .insert_header(("Portus-Auth", format!("ci:{token}")));
        self.service.call(request).await
    }
}

on_every_database! {
    async fn a_job_pushes_with_its_own_token_and_nothing_outlives_it(database: TestDatabase) {
        let world = World::on(database, &[]).await;
        let token = world.token();
        world.refuses(&token, "nobody is trusted yet").await;
        let trust = world.trusts("github", "push", &[]).await;
        assert_eq!(world.actions(&token, "apps/app").await, json!(["pull", "push"]));
        // Clients show it with every request.
        assert_eq!(world.actions(&token, "tools/app").await, json!(["pull", "push"]));
        assert_eq!(world.actions(&token, "nobody/app").await, json!([]));
        assert_eq!(how_often(&world.service, "user:job_login").await, 1, "once for each token");
        let told = audited(&world.service, "user:job_login").await;
        assert_eq!((&told["subject"], &told["address"], &told["method"]), (&json!(MAIN), &json!("192.0.2.1"), &json!("job")));
        assert_eq!(world.service.count("refresh_tokens").await, 0);
        // Not a person's password, and not another bot's.
        let answer = world.ask("olga", &token, "", "192.0.2.9").await;
        assert_eq!(answer.status, 401);
        world.service.bot("other").await;
        assert_eq!(world.ask("other", &token, "", "192.0.2.10").await.status, 401);
        // The API is no part of pushing.
        assert_eq!(world.api(&token, Method::GET, "/api/v1/teams").await.status, 403);
        actions::delete(&world.service.app, &Actor::Operator, world.bot.id, trust.id).await.unwrap();
        world.refuses(&token, "taken back").await;
        let actor = Actor::Operator;
        world.trusts("again", "pull", &[]).await;
        assert_eq!(world.actions(&token, "apps/app").await, json!(["pull"]));
        bots::set_enabled(&world.service.app, &actor, world.team.id, world.bot.id, false).await.unwrap();
        assert_eq!(world.ask("ci", &token, "", "192.0.2.1").await.status, 401);
    }
}

#[actix_web::test]
async fn what_no_trust_fits_is_refused() {
    let world = World::new().await;
    world.trusts("github", "push", &[]).await;
    let now = world.ci.state().now;
    let good = json!({"sub": MAIN, "aud": AUDIENCE});
    let with = |change: Value| {
        let mut claims = good.clone();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        world.ci.job_token(&claims)
    };
    for (why, change) in [
        ("another audience", json!({"aud": "sts.amazonaws.com"})),
        ("no audience", json!({"aud": null})),
        ("a longer audience", json!({"aud": "portus.test.evil"})),
        (
            "another branch",
            json!({"sub": "repo:octo/app:ref:refs/heads/main2"}),
        ),
        ("a prefix of another", json!({"sub": format!("x{MAIN}")})),
        (
            "an ending of another line",
            json!({"sub": format!("{MAIN}\n")}),
        ),
        (
            "another repository",
            json!({"sub": "repo:evil/app:ref:refs/heads/main"}),
        ),
        (
            "it has expired",
            json!({"exp": now - 120, "iat": now - 500}),
        ),
        ("before its time", json!({"nbf": now + 600})),
        ("made in the future", json!({"iat": now + 600})),
        ("too long a life", json!({"exp": now + 90_000})),
        ("no beginning", json!({"iat": null})),
        (
            "Other issuer",
            json!({"iss": "https://token.actions.githubusercontent.com"}),
        ),
        ("Just its own name", json!({"iss": "http://127.0.0.1:1"})),
    ] {
        world.refuses(&with(change), why).await;
    }
    let mut whole = good.clone();
    for (name, value) in [
        ("iss", json!(world.ci.url)),
        ("iat", json!(now)),
        ("exp", json!(now + 300)),
    ] {
        whole[name] = value;
    }
    let key = world.ci.state().key.clone();
    let foreign = Key::new("first");
    let truncated = world.token();
    for (why, token) in [
        (
            "alg none",
            format!("{}.", unsigned(&json!({"alg": "none"}), &whole)),
        ),
        (
            "Alg none with a word",
            format!("{}.x", unsigned(&json!({"alg": "none"}), &whole)),
        ),
        ("HS256 with the public key", key.sign_by_public_half(&whole)),
        ("of another key by that name", foreign.sign(&whole)),
        (
            "key brought along by the token",
            foreign.sign_as(
                &json!({"alg": "RS256", "kid": "first", "jwk": foreign.public}),
                &whole,
            ),
        ),
        ("cut off", truncated[..truncated.len() - 2].to_owned()),
    ] {
        world.refuses(&token, why).await;
    }
    assert_eq!(how_often(&world.service, "user:job_login").await, 0);
    assert_eq!(
        world
            .actions(
                &with(json!({"sub": "repo:octo/app:ref:refs/heads/v12"})),
                "apps/app"
            )
            .await,
        json!(["pull", "push"])
    );
    assert_eq!(
        world
            .actions(&with(json!({"aud": ["x", AUDIENCE]})), "apps/app")
            .await,
        json!(["pull", "push"])
    );
}

#[actix_web::test]
async fn a_copied_token_is_of_no_use_elsewhere_or_later() {
    let world = World::new().await;
    world.trusts("github", "push", &[]).await;
    let token = world.token();
    assert_eq!(world.ask("ci", &token, "", "192.0.2.1").await.status, 200);
    assert_eq!(world.ask("ci", &token, "", "192.0.2.2").await.status, 401);
    assert_eq!(world.ask("ci", &token, "", "192.0.2.2").await.status, 401);
    assert_eq!(world.ask("ci", &token, "", "192.0.2.1").await.status, 200);
    assert_eq!(how_often(&world.service, "user:job_refuse").await, 1);
    assert_eq!(
        audited(&world.service, "user:job_refuse").await["address"],
        "192.0.2.2"
    );
    // Without an id of its own the token itself is what has been seen.
    let nameless = world.ci.job_token(&json!({"sub": MAIN, "aud": AUDIENCE}));
    assert_eq!(
        world.ask("ci", &nameless, "", "192.0.2.1").await.status,
        200
    );
    assert_eq!(
        world.ask("ci", &nameless, "", "192.0.2.3").await.status,
        401
    );
    world.service.app.clock.advance(TimeDelta::minutes(7));
    assert_eq!(world.ask("ci", &token, "", "192.0.2.1").await.status, 401);
    assert!(
        portus_rs::identity::seen::expire(&world.service.app)
            .await
            .unwrap()
            > 0
    );
    let free = World::on(
        TestDatabase::sqlite(),
        &[("PORTUS_WORKLOAD_IDENTITY_BIND_ADDRESS", "false")],
    )
    .await;
    free.trusts("github", "push", &[]).await;
    let token = free.token();
    for from in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(free.ask("ci", &token, "", from).await.status, 200);
    }
}

#[actix_web::test]
async fn a_trust_is_limited_to_its_namespaces_and_several_add_up() {
    let world = World::new().await;
    world
        .service
        .namespace("third", &world.team, "private")
        .await;
    world
        .trusts("push to two", "push", &["apps", "third"])
        .await;
    let token = world.token();
    for (image, may) in [
        ("apps/app", json!(["pull", "push"])),
        ("third/app", json!(["pull", "push"])),
        ("tools/app", json!([])),
    ] {
        assert_eq!(world.actions(&token, image).await, may, "{image}");
    }
    world.trusts("pull everything", "pull", &[]).await;
    for (image, may) in [
        ("apps/app", json!(["pull", "push"])),
        ("tools/app", json!(["pull"])),
    ] {
        assert_eq!(world.actions(&token, image).await, may, "{image}");
    }
    // The one namespace goes, and what it opened with it.
    let other = World::new().await;
    let new = portus_rs::actions::namespaces::NewNamespace {
        name: "brief".to_owned(),
        team: "apps".to_owned(),
        ..Default::default()
    };
    let brief = portus_rs::actions::namespaces::create(&other.service.app, &Actor::Operator, new)
        .await
        .unwrap();
    other.trusts("only there", "push", &["brief"]).await;
    let token = other.token();
    assert_eq!(
        other.actions(&token, "brief/app").await,
        json!(["pull", "push"])
    );
    assert_eq!(other.actions(&token, "apps/app").await, json!([]));
    let connection = other.service.database.connect().await;
    connection
        .execute_unprepared(&format!("DELETE FROM namespaces WHERE id = {}", brief.id))
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert_eq!(other.actions(&token, "apps/app").await, json!([]));
}

#[actix_web::test]
async fn a_job_may_look_around_or_work_in_one_namespace_and_make_no_other_credential() {
    let world = World::new().await;
    world.trusts("look", "read", &[]).await;
    let token = world.token();
    assert_eq!(
        world.api(&token, Method::GET, "/api/v1/teams").await.status,
        200
    );
    let path = format!("/api/v1/users/{}/application_tokens", world.bot.id);
    for (method, path) in [
        (Method::POST, "/api/v1/teams"),
        (Method::POST, path.as_str()),
        (Method::DELETE, "/api/v1/users/1"),
    ] {
        assert_eq!(world.api(&token, method, path).await.status, 403, "{path}");
    }
    let other = World::new().await;
    other.trusts("work", "full", &["apps"]).await;
    let token = other.token();
    let request = TestRequest::post()
        .uri(&format!(
            "/api/v1/users/{}/application_tokens",
            other.bot.id
        ))
        .insert_header(("Portus-Auth", format!("ci:{token}")))
        .set_json(json!({"application": "lasting"}));
    assert_eq!(other.service.call(request).await.status, 403);
    assert_eq!(other.service.count("application_tokens").await, 0);
    let session = TestRequest::post()
        .uri("/users/sign_in")
        .insert_header(("Accept", "application/json"))
        .set_form([("user[username]", "ci"), ("user[password]", token.as_str())]);
    assert_eq!(other.service.call(session).await.status, 401);
}
