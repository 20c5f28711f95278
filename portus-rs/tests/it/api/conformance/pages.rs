//! What Portus' pages asked for beside the API, row by row: what came back there comes back here.

mod rows;

use std::sync::Arc;

use actix_web::http::Method;
use serde_json::{Value, json};

use super::TestApp;
use crate::{
    api::{
        sessions::{Browser, sign_in},
        support::Caller,
    },
    support::{databases::TestDatabase, service::Service},
};

const PASSWORD: &str = "a long password";

/// What is looked at in an answer's body.
enum Body {
    /// Not a byte.
    Nothing,
    Same(Value),
    /// An object with these fields, whatever they hold.
    Fields(&'static str),
    /// These names, in order.
    Names(&'static [&'static str]),
    /// An object with the text `error`.
    Error,
}

/// Everybody's browser, and the ids of what there is.
struct Pages {
    service: Service,
    app: TestApp,
    admin: Browser,
    olga: Browser,
    victor: Browser,
    eve: Browser,
    ids: Vec<(&'static str, i64)>,
}

/// A request of somebody's page: the status and the body that have to come back.
type Row = (&'static str, &'static str, &'static str, Value, u16, Body);

impl Pages {
    /// A team with an owner and a viewer, who have a namespace with a repository and a webhook; and somebody outside.
    async fn open() -> Self {
        let service = Service::on(TestDatabase::sqlite()).await;
        let app = TestApp::over(Arc::clone(&service.app));
        let admin = app.admin().await;
        let olga = app.user("olga").await;
        let victor = app.user("victor").await;
        let eve = app.user("eve").await;
        let team = app.team("devs", &olga).await;
        app.member(&team, "victor", "viewer").await;
        let shop = app.namespace("shop", &team, "private").await.id;
        let web = app.repository(shop, "web").await;
        let open = app.namespace("open", &team, "public").await.id;
        app.repository(open, "db").await;
        let hook = app
            .post(
                &olga,
                &format!("/api/v1/namespaces/{shop}/webhooks"),
                json!({"webhook": {"url": "https://hooks.example.com/", "enabled": true}}),
            )
            .await
            .is(201)
            .id();
        let browser = async |name: &str| Browser::of(&sign_in(&service, name, PASSWORD).await);
        Self {
            admin: browser("admin").await,
            olga: browser("olga").await,
            victor: browser("victor").await,
            eve: browser("eve").await,
            app,
            ids: vec![
                ("admin", admin.id),
                ("victor", victor.id),
                ("eve", eve.id),
                ("team", team.id),
                ("shop", shop),
                ("web", web),
                ("hook", hook),
                ("absent", 987_654),
            ],
            service,
        }
    }

    fn browser(&self, who: &str) -> &Browser {
        match who {
            "admin" => &self.admin,
            "olga" => &self.olga,
            "victor" => &self.victor,
            "eve" => &self.eve,
            other => panic!("nobody is {other}"),
        }
    }

    fn filled(&self, request: &str) -> (Method, String) {
        let mut request = request.to_owned();
        for (name, id) in &self.ids {
            request = request.replace(&format!("{{{name}}}"), &id.to_string());
        }
        let (method, path) = request.split_once(' ').expect("METHOD PATH");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        (method, path.to_owned())
    }

    /// Asks one thing after the other; an id that comes back is `{made}` from then on.
    async fn follow(&mut self, rows: Vec<Row>) {
        for (who, request, what, sent, status, body) in rows {
            let (method, path) = self.filled(request);
            let browser = self.browser(who);
            let asked = if method == Method::GET {
                browser.request(method, &path)
            } else {
                browser.write(method, &path, &sent)
            };
            let answer = self.service.call(asked).await;
            let place = format!("{who}: {request} ({what}): {}", answer.body);
            assert_eq!(answer.status.as_u16(), status, "{place}");
            match body {
                Body::Nothing => assert_eq!(answer.body, "", "{place}"),
                Body::Same(wanted) => assert_eq!(answer.json(), wanted, "{place}"),
                Body::Error => assert!(answer.json()["error"].is_string(), "{place}"),
                Body::Names(names) => {
                    let told = answer.json();
                    let told: Vec<_> = told.as_array().expect(&place).iter().collect();
                    let told: Vec<_> = told.iter().map(|it| it["name"].as_str()).collect();
                    let names: Vec<_> = names.iter().map(|it| Some(*it)).collect();
                    assert_eq!(told, names, "{place}");
                }
                Body::Fields(names) => {
                    let told = answer.json();
                    for name in names.split_whitespace() {
                        assert!(told.get(name).is_some(), "no {name}: {place}");
                    }
                    if let Some(id) = told["id"].as_i64() {
                        self.ids.retain(|(name, _)| *name != "made");
                        self.ids.push(("made", id));
                    }
                }
            }
        }
    }
}

/// Every address that a page of Portus asked, with what it may be asked with.
const ALL: &[(&str, &str)] = &[
    (
        "POST /namespaces/{shop}/webhooks.json",
        r#"{"webhook": {"url": "https://a.example/"}}"#,
    ),
    (
        "PUT /namespaces/{shop}/webhooks/{hook}.json",
        r#"{"webhook": {"name": "b"}}"#,
    ),
    (
        "PUT /namespaces/{shop}/webhooks/{hook}/toggle_enabled.json",
        "{}",
    ),
    ("DELETE /namespaces/{shop}/webhooks/{hook}.json", "{}"),
    (
        "POST /namespaces/{shop}/webhooks/{hook}/headers.json",
        r#"{"webhook_header": {"name": "X-B", "value": "b"}}"#,
    ),
    (
        "DELETE /namespaces/{shop}/webhooks/{hook}/headers/1.json",
        "{}",
    ),
    (
        "PUT /namespaces/{shop}/webhooks/{hook}/deliveries/1.json",
        "{}",
    ),
    ("POST /repositories/{web}/toggle_star.json", "{}"),
    ("GET /repositories/team", "{}"),
    ("GET /repositories/other", "{}"),
    (
        "POST /repositories/{web}/comments.json",
        r#"{"comment": {"body": "well"}}"#,
    ),
    ("DELETE /repositories/{web}/comments/1.json", "{}"),
    ("GET /namespaces/typeahead/d", "{}"),
    ("GET /teams/{team}/typeahead/e", "{}"),
    ("GET /teams/typeahead/d", "{}"),
    (
        "POST /admin/users.json",
        r#"{"user": {"username": "q", "email": "q@example.org", "password": "12341234"}}"#,
    ),
    ("PUT /admin/users/{victor}/toggle_admin", "{}"),
    ("PUT /toggle_enabled/{victor}", "{}"),
];

/// A path with a name in each pair of braces, and no suffix.
fn shape(request: &str) -> String {
    let parts = request.split('/').map(|part| {
        let part = part.trim_end_matches(".json");
        let variable = part.starts_with('{') || part == "1" || part.len() == 1;
        if variable { "*" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[actix_web::test]
async fn the_table_has_every_address_that_pages_asked() {
    let app = TestApp::new().await;
    let document = app.get(&Caller::NOBODY, "/api/openapi-spec").await.json();
    let mut served = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, it) in methods.as_object().expect("methods") {
            let id = it["operationId"].as_str().unwrap_or_default();
            if id.ends_with("_of_pages") {
                served.push(shape(&format!("{} {path}", method.to_uppercase())));
            }
        }
    }
    let mut known: Vec<_> = ALL.iter().map(|it| shape(it.0)).collect();
    served.sort();
    known.sort();
    assert_eq!(served, known);
}

#[actix_web::test]
async fn pages_are_told_who_has_to_sign_in_and_which_session_lacks_its_token() {
    let pages = Pages::open().await;
    let first = json!({"error": "You need to sign in or sign up before continuing."});
    for (request, sent) in ALL {
        let (method, path) = pages.filled(request);
        let sent: Value = serde_json::from_str(sent).unwrap();
        let nobody = actix_web::test::TestRequest::with_uri(&path)
            .method(method.clone())
            .set_json(&sent);
        let answer = pages.service.call(nobody).await;
        assert_eq!(answer.status.as_u16(), 401, "{request}: {}", answer.body);
        assert_eq!(answer.json(), first, "{request}");
        if method == Method::GET {
            continue;
        }
        let forged = pages.admin.request(method, &path).set_json(&sent);
        let answer = pages.service.call(forged).await;
        assert_eq!(answer.status.as_u16(), 422, "{request}: {}", answer.body);
        assert!(answer.json()["error"].is_string(), "{request}");
    }
    let told = pages.app.get(&Caller::NOBODY, "/repositories/team").await;
    assert_eq!(told.header("content-type"), Some("application/json"));
}
