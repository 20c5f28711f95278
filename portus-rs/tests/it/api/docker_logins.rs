//! Where docker keeps a login, listed and ended by API.

use actix_web::{http::Method, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::entities::user;
use serde_json::{Value, json};

use crate::support::{
    databases::on_every_database,
    service::{Answer, PASSWORD, SERVICE, Service, basic, encoded},
};

/// Logs docker in; what it keeps.
async fn docker(service: &Service, name: &str) -> String {
    let uri = format!("/v2/token?service={SERVICE}&offline_token=true&client_id=docker");
    let request = TestRequest::get()
        .uri(&uri)
        .insert_header(("Authorization", basic((name, PASSWORD))));
    let answer = service.call(request).await.json();
    answer["refresh_token"].as_str().unwrap().to_owned()
}

async fn refresh(service: &Service, token: &str) -> Answer {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("service", SERVICE),
    ];
    service
        .call(TestRequest::post().uri("/v2/token").set_form(form))
        .await
}

/// Somebody with an application token.
struct Caller<'a> {
    service: &'a Service,
    auth: String,
}

impl<'a> Caller<'a> {
    async fn new(service: &'a Service, who: &user::Model) -> Self {
        let token = service.token_of(who, "api").await;
        Self {
            service,
            auth: format!("{}:{token}", who.username),
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Answer {
        let request = TestRequest::with_uri(path)
            .method(method)
            .insert_header(("Portus-Auth", self.auth.as_str()));
        self.service.call(request).await
    }

    async fn ids(&self, path: &str) -> Vec<i64> {
        let answer = self.ask(Method::GET, path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let listed = answer.json();
        let rows = listed.as_array().unwrap().iter();
        rows.map(|it| it["id"].as_i64().unwrap()).collect()
    }
}

on_every_database! {
    async fn logins_are_listed_and_ended_by_their_owner_and_by_admins(database: TestDatabase) {
        let service = Service::on(database).await;
        let (ann, bob) = (service.user("ann").await, service.user("bob").await);
        let root = service.admin("root").await;
        let first = docker(&service, "ann").await;
        service.app.clock.advance(TimeDelta::minutes(5));
        let between = service.app.clock.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        service.app.clock.advance(TimeDelta::minutes(5));
        let second = docker(&service, "ann").await;
        docker(&service, "bob").await;

        let (own, other) = (Caller::new(&service, &ann).await, Caller::new(&service, &bob).await);
        let admin = Caller::new(&service, &root).await;
        let path = format!("/api/v1/users/{}/docker_logins", ann.id);
        assert_eq!(other.ask(Method::GET, &path).await.status, 403);
        assert_eq!(other.ask(Method::DELETE, &path).await.status, 403);
        assert_eq!(other.ask(Method::GET, "/api/v1/users/987654/docker_logins").await.status, 403);
        assert_eq!(admin.ask(Method::GET, "/api/v1/users/987654/docker_logins").await.status, 404);
        let listed = own.ask(Method::GET, &path).await.json();
        assert_eq!(listed.as_array().unwrap().len(), 2);
        assert_eq!(
            (&listed[0]["service"], &listed[0]["client"], &listed[0]["application_token_id"]),
            (&json!(SERVICE), &json!("docker"), &Value::Null)
        );
        let ids = admin.ids(&path).await;
        assert!(ids[0] > ids[1], "the newest first");
        assert_eq!(own.ids(&format!("{path}?created_before={}", encoded(&between))).await, ids[1..]);
        assert_eq!(own.ids(&format!("{path}?service=elsewhere")).await, [0_i64; 0]);
        assert_eq!(own.ids(&format!("{path}?per_page=1&page=2")).await, ids[1..]);

        let one = format!("/api/v1/docker_logins/{}", ids[1]);
        assert_eq!(other.ask(Method::DELETE, &one).await.status, 404);
        assert_eq!(refresh(&service, &first).await.status, 200);
        assert_eq!(own.ask(Method::DELETE, &one).await.status, 204);
        assert_eq!(refresh(&service, &first).await.status, 401);
        assert_eq!(refresh(&service, &second).await.status, 200);
        assert_eq!(admin.ask(Method::DELETE, &path).await.status, 204);
        assert_eq!(refresh(&service, &second).await.status, 401);
        assert_eq!(admin.ask(Method::DELETE, &path).await.status, 204, "there is nothing to do");
        assert_eq!(service.count("refresh_tokens").await, 1, "bob's");
        let told = "activities WHERE activities.key = 'session:end_docker_login'";
        assert_eq!(service.count(told).await, 2);
    }
}
