//! Who may do what, line by line, through every door that the line is about.

use actix_web::{
    http::{Method, StatusCode},
    test::TestRequest,
};
use portus_rs::{
    actions::change::Change,
    entities::{namespace, user},
    identity::actor::Actor,
    remote::{RegistryClient, Trust},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::{
    databases::TestDatabase,
    fake_registry::{FakeRegistry, image},
    service::{Answer, PASSWORD, SERVICE, Service, basic, claims_of, encoded},
};

const DELETE_OFF: (&str, &str) = ("PORTUS_DELETE_ENABLED", "false");
const ADMIN_ONLY: (&str, &str) = ("PORTUS_USER_PERMISSION_PUSH_IMAGES_POLICY", "admin-only");
const PERSONAL: (&str, &str) = (
    "PORTUS_USER_PERMISSION_PUSH_IMAGES_POLICY",
    "allow-personal",
);
const KEPT: (&str, &str) = ("PORTUS_USER_PERMISSION_MANAGE_NAMESPACE_ENABLED", "false");

/// The team `devs` with one of each, an outsider and an admin, and a namespace of each visibility.
struct Cast {
    service: Service,
    people: Vec<user::Model>,
    team: i64,
    namespaces: Vec<namespace::Model>,
}

impl Cast {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let service = Service::with(TestDatabase::sqlite(), settings).await;
        let owner = service.user("owner").await;
        let team = service.team("devs", &owner).await;
        let mut people = vec![owner, service.admin("root").await];
        for role in ["contributor", "viewer"] {
            let who = service.user(role).await;
            service.member(&team, &who, role).await;
            people.push(who);
        }
        people.push(service.user("outsider").await);
        let mut namespaces = Vec::new();
        for visibility in ["private", "protected", "public"] {
            namespaces.push(service.namespace(visibility, &team, visibility).await);
        }
        Self {
            service,
            people,
            team: team.id,
            namespaces,
        }
    }

    fn person(&self, name: &str) -> &user::Model {
        self.people.iter().find(|it| it.username == name).unwrap()
    }

    fn namespace(&self, name: &str) -> i64 {
        self.namespaces
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .id
    }

    async fn access(&self, who: &str, scope: &str) -> Value {
        let credentials = (!who.is_empty()).then_some((who, PASSWORD));
        self.service.access(credentials, &[scope]).await.unwrap()
    }

    /// Actions that the one scope is granted.
    async fn granted(&self, who: &str, scope: &str) -> Value {
        let access = self.access(who, scope).await;
        match access.get(0) {
            Some(entry) => entry["actions"].clone(),
            None => json!([]),
        }
    }

    async fn api(&self, who: &str, method: Method, path: &str, body: Value) -> Answer {
        let token = self.service.token_of(self.person(who), &uuid()).await;
        let request = TestRequest::with_uri(path)
            .method(method)
            .insert_header(("Portus-Auth", format!("{who}:{token}")))
            .set_json(body);
        let answer = self.service.call(request).await;
        self.forget_tokens(who).await;
        answer
    }

    /// So that nobody reaches the most that one may have.
    async fn forget_tokens(&self, who: &str) {
        use portus_rs::entities::application_token::{Column, Entity};
        let mut change = Change::begin(&self.service.app, &Actor::Operator)
            .await
            .unwrap();
        let books = change.books().unwrap();
        change
            .delete_where::<Entity, _>(&books, Column::UserId.eq(self.person(who).id))
            .await
            .unwrap();
        change.commit_unrecorded("a test").await.unwrap();
    }
}

fn uuid() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("token {}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn status(answer: &Answer) -> u16 {
    answer.status.as_u16()
}

#[actix_web::test]
async fn scopes_grant_what_the_rules_say_and_nothing_else() {
    let cast = Cast::with(&[]).await;
    for (who, scope, expected) in [
        // D2: what stands beside a star is decided on its own.
        ("", "repository:private/x:*,pull,push", json!([])),
        ("outsider", "repository:private/x:*,pull", json!([])),
        ("outsider", "repository:private/x:pull,*", json!([])),
        // D2b.
        ("", "registry:catalog:x,*", json!([])),
        ("", "registry:catalog:*", json!([])),
        ("", "registry:catalog:search", json!([])),
        ("", "registry:foo:bar", json!([])),
        ("viewer", "registry:catalog:x,*", json!([])),
        ("outsider", "registry:catalog:search", json!(["search"])),
        ("outsider", "whale:foo,bar", json!([])),
        ("outsider", "lala:busybox:fork", json!([])),
        ("outsider", "repository", json!([])),
        ("owner", "repository:private/x:*", json!(["*"])),
        (
            "contributor",
            "repository:private/x:*",
            json!(["pull", "push"]),
        ),
        // D16: names of rules are no actions.
        ("owner", "repository:private/x:owner,pull", json!(["pull"])),
        ("owner", "repository:private/x:show,all,update", json!([])),
        ("outsider", "repository:protected/x:pull", json!(["pull"])),
        ("outsider", "repository:protected/x:push", json!([])),
        ("", "repository:protected/x:pull", json!([])),
        ("", "repository:public/x:pull", json!(["pull"])),
        ("outsider", "repository:busybox:pull", json!(["pull"])),
        ("outsider", "repository:busybox:push", json!([])),
        // D24: nobody may push to what does not exist.
        ("root", "repository:ghost/x:push", json!([])),
        ("root", "repository:ghost/x:pull", json!([])),
        ("root", "registry:catalog:*", json!(["*"])),
    ] {
        assert_eq!(cast.granted(who, scope).await, expected, "'{who}' {scope}");
    }
}

#[actix_web::test]
async fn a_star_gives_no_push_that_the_policy_denies() {
    // D8.
    let cast = Cast::with(&[ADMIN_ONLY]).await;
    let star = "repository:private/x:*";
    assert_eq!(cast.granted("owner", star).await, json!(["pull", "delete"]));
    assert_eq!(cast.granted("root", star).await, json!(["*"]));
    let cast = Cast::with(&[DELETE_OFF]).await;
    assert_eq!(cast.granted("owner", star).await, json!(["pull", "push"]));
    assert_eq!(cast.granted("root", star).await, json!(["pull", "push"]));
}

#[actix_web::test]
async fn a_token_is_its_asker_s_and_for_a_registry_that_is_known() {
    let cast = Cast::with(&[]).await;
    let scope = encoded("repository:private/x:pull");
    let ask = async |query: String| {
        let request = TestRequest::get()
            .uri(&format!("/v2/token?{query}&scope={scope}"))
            .insert_header(("Authorization", basic(("viewer", PASSWORD))));
        let answer = cast.service.call(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        // D10.
        assert!(answer.headers.get("set-cookie").is_none());
        claims_of(answer.json()["token"].as_str().unwrap())
    };
    // D3.
    let claims = ask(format!("service={SERVICE}&account=owner")).await;
    assert_eq!(claims["sub"], "viewer");
    // D21: no service is no registry, even where one has no external name.
    for query in ["service=", "x=y", "service=elsewhere.test"] {
        assert_eq!(ask(query.to_owned()).await["access"], json!([]), "{query}");
    }
}

#[actix_web::test]
async fn bots_and_disabled_people() {
    let cast = Cast::with(&[]).await;
    let service = &cast.service;
    let bot = service.bot("robot").await;
    let team = portus_rs::entities::team::Entity::find_by_id(cast.team)
        .one(service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    service.member(&team, &bot, "contributor").await;
    let token = service.token_of(&bot, "ci").await;
    let both = service
        .access(Some(("robot", &token)), &["repository:private/x:push,pull"])
        .await
        .unwrap();
    assert_eq!(both[0]["actions"], json!(["push", "pull"]));
    let ask = async |path: &str, header: &str, value: String| {
        let request = TestRequest::get().uri(path).insert_header((header, value));
        status(&service.call(request).await)
    };
    // D11.
    let path = format!("/v2/token?service={SERVICE}");
    assert_eq!(
        ask(&path, "Authorization", basic(("robot", PASSWORD))).await,
        401
    );

    // D7.
    let viewer = cast.person("viewer").clone();
    let token = service.token_of(&viewer, "ci").await;
    assert_eq!(
        ask("/api/version", "Portus-Auth", format!("viewer:{token}")).await,
        200
    );
    let mut change = Change::begin(&service.app, &Actor::Operator).await.unwrap();
    let books = change.books().unwrap();
    let row = user::ActiveModel {
        id: Set(viewer.id),
        enabled: Set(false),
        ..Default::default()
    };
    change.update(&books, row).await.unwrap();
    change.commit_unrecorded("a test").await.unwrap();
    assert_eq!(
        ask("/api/version", "Portus-Auth", format!("viewer:{token}")).await,
        401
    );
    assert_eq!(
        ask(&path, "Authorization", basic(("viewer", &token))).await,
        401
    );
}

#[actix_web::test]
async fn guessing_at_portus_does_not_lock_the_service_out_of_its_registry() {
    // D9.
    let registry = FakeRegistry::start(Some("https://portus.test/v2/token"));
    registry.push("private/x", "1", &image("1"));
    let setting = ("PORTUS_PASSWORD", "a secret of our own");
    let mut cast = Cast::with(&[setting]).await;
    cast.service.move_registry(&registry.host).await;
    let service = &cast.service;
    for guess in 0..11 {
        let guess = format!("guess {guess}");
        let request = TestRequest::get()
            .uri(&format!("/v2/token?service={}", registry.host))
            .peer_addr("203.0.113.9:4711".parse().unwrap())
            .insert_header(("Authorization", basic(("portus", guess.as_str()))));
        assert_ne!(status(&service.call(request).await), 200);
    }
    let trust = RegistryClient::new(&service.app, &service.registry)
        .check_token()
        .await;
    assert_eq!(trust, Trust::Accepted);
}

#[actix_web::test]
async fn tokens_namespaces_and_members_over_the_api() {
    let cast = Cast::with(&[]).await;
    let (get, post) = (Method::GET, Method::POST);
    // D1.
    let of_owner = format!(
        "/api/v1/users/{}/application_tokens",
        cast.person("owner").id
    );
    let new = json!({"application": "x"});
    let made = cast
        .api("viewer", post.clone(), &of_owner, new.clone())
        .await;
    assert_eq!(status(&made), 403);
    assert_eq!(
        status(
            &cast
                .api("viewer", get.clone(), &of_owner, Value::Null)
                .await
        ),
        403
    );
    assert_eq!(
        status(&cast.api("root", post.clone(), &of_owner, new).await),
        201
    );

    let show = |id: i64| format!("/api/v1/namespaces/{id}");
    let of = async |who: &str, id: i64| cast.api(who, Method::GET, &show(id), Value::Null).await;
    assert_eq!(
        status(&of("outsider", cast.namespace("protected")).await),
        200
    );
    let hidden = of("outsider", cast.namespace("private")).await;
    let absent = of("outsider", 4711).await;
    assert_eq!((status(&hidden), &hidden.body), (404, &absent.body));
    assert_eq!(status(&absent), 404);

    let namespace = json!({"name": "fresh", "team": "devs"});
    let answer = cast
        .api("viewer", post.clone(), "/api/v1/namespaces", namespace)
        .await;
    assert_eq!(status(&answer), 403);
    let members = format!("/api/v1/teams/{}/members", cast.team);
    let member = json!({"user": "outsider", "role": "viewer"});
    let answer = cast.api("viewer", post, &members, member).await;
    assert_eq!(status(&answer), 403);
}

#[actix_web::test]
async fn switches_hold_for_owners_and_not_for_admins() {
    let describe = json!({"namespace": {"description": "new"}});
    let cast = Cast::with(&[KEPT]).await;
    let path = format!("/api/v1/namespaces/{}", cast.namespace("private"));
    for (who, expected) in [("owner", 403), ("root", 200)] {
        let answer = cast.api(who, Method::PUT, &path, describe.clone()).await;
        assert_eq!(status(&answer), expected, "{who}");
    }
    let cast = Cast::with(&[PERSONAL]).await;
    let own = own_namespace(&cast, "owner").await.id;
    for (id, expected) in [(cast.namespace("private"), 403), (own, 200)] {
        let path = format!("/api/v1/namespaces/{id}");
        let answer = cast
            .api("owner", Method::PUT, &path, describe.clone())
            .await;
        assert_eq!(status(&answer), expected, "{}", answer.body);
    }
}

/// Somebody's own namespace, whose team is hidden.
async fn own_namespace(cast: &Cast, who: &str) -> namespace::Model {
    namespace::Entity::find()
        .filter(namespace::Column::PersonalUserId.eq(cast.person(who).id))
        .one(cast.service.app.database.reader())
        .await
        .unwrap()
        .unwrap()
}

#[actix_web::test]
async fn nothing_moves_to_a_hidden_team() {
    // D15: named like the person whose it is.
    let cast = Cast::with(&[]).await;
    let path = format!("/api/v1/namespaces/{}", cast.namespace("private"));
    for who in ["owner", "root"] {
        let change = json!({"namespace": {"team": "outsider"}});
        let answer = cast.api(who, Method::PUT, &path, change).await;
        assert_eq!(status(&answer), 404, "{}", answer.body);
        assert_eq!(answer.json()["message"], "unknown team 'outsider'");
    }
    let new = json!({"name": "fresh", "team": "outsider"});
    let answer = cast
        .api("root", Method::POST, "/api/v1/namespaces", new)
        .await;
    assert_eq!(status(&answer), 404);
}

#[actix_web::test]
async fn hidden_teams_take_no_members() {
    // D18.
    let cast = Cast::with(&[]).await;
    let team = own_namespace(&cast, "owner").await.team_id;
    let path = format!("/api/v1/teams/{team}/members");
    for who in ["owner", "root"] {
        let member = json!({"user": "outsider", "role": "viewer"});
        let answer = cast.api(who, Method::POST, &path, member).await;
        assert!(
            [403, 404].contains(&status(&answer)),
            "{who}: {}",
            answer.body
        );
    }
    let members = cast.api("owner", Method::GET, &path, Value::Null).await;
    assert_eq!(members.json().as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn three_accounts_cannot_be_removed() {
    // D22: the hidden one, oneself, and, being oneself, the last admin.
    let cast = Cast::with(&[]).await;
    let portus = user::Entity::find()
        .filter(user::Column::Username.eq("portus"))
        .one(cast.service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    for id in [portus.id, cast.person("root").id] {
        let path = format!("/api/v1/users/{id}");
        let answer = cast.api("root", Method::DELETE, &path, Value::Null).await;
        assert_eq!(status(&answer), 422, "{}", answer.body);
        assert_eq!(answer.json()["message"], "Cannot remove this user");
    }
}

#[actix_web::test]
async fn a_team_whose_only_owner_is_gone_is_left_to_admins() {
    // D27.
    let cast = Cast::with(&[]).await;
    let gone = format!("/api/v1/users/{}", cast.person("owner").id);
    let answer = cast.api("root", Method::DELETE, &gone, Value::Null).await;
    assert_eq!(status(&answer), 204, "{}", answer.body);
    let members = format!("/api/v1/teams/{}/members", cast.team);
    let listed = cast
        .api("root", Method::GET, "/api/v1/teams", Value::Null)
        .await;
    assert_eq!(listed.json()[0]["id"], cast.team);
    let owner = json!({"user": "outsider", "role": "owner"});
    let answer = cast
        .api("contributor", Method::POST, &members, owner.clone())
        .await;
    assert_eq!(status(&answer), 403);
    let answer = cast.api("root", Method::POST, &members, owner).await;
    assert_eq!(status(&answer), 201, "{}", answer.body);
}

#[actix_web::test]
async fn viewers_make_no_webhooks() {
    let cast = Cast::with(&[]).await;
    let path = format!("/api/v1/namespaces/{}/webhooks", cast.namespace("private"));
    let webhook = json!({"webhook": {"url": "https://hooks.example.com/"}});
    for (who, expected) in [
        ("outsider", 404),
        ("viewer", 403),
        ("contributor", 403),
        ("owner", 201),
    ] {
        let answer = cast.api(who, Method::POST, &path, webhook.clone()).await;
        assert_eq!(status(&answer), expected, "{who}: {}", answer.body);
    }
}
