//! Jobs that enter as a bot, on its page.

use actix_web::http::Method;
use serde_json::json;

use super::Site;

const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// What somebody fills in.
const NEW: [(&str, &str); 6] = [
    ("trust[name]", "main branch"),
    ("trust[issuer]", ISSUER),
    ("trust[audience]", "https://portus.test"),
    (
        "trust[claims]",
        "sub=repo:octo/app:ref:refs/heads/main\r\nref_protected=true\r\n",
    ),
    ("trust[scope]", "full"),
    ("trust[namespaces]", "images, "),
];

impl Site {
    /// The page of a bot of the team.
    async fn jobs(&self) -> String {
        let robot = self.robot().await;
        let team = self.get(&self.anna, &format!("/teams/{}", self.team)).await;
        team.says("No trusted jobs");
        let (_, id) = robot.rsplit_once('/').unwrap();
        let path = format!("/bots/{id}/trusts");
        team.says(&format!("href=\"{path}\""));
        path
    }

    async fn space(&self) {
        let devs = portus_rs::entities::team::Model {
            id: self.team,
            name: "devs".to_owned(),
            ..self.service.team("other", &self.person("anna").await).await
        };
        self.service.namespace("images", &devs, "private").await;
    }

    pub(super) async fn person(&self, name: &str) -> portus_rs::entities::user::Model {
        let found = portus_rs::queries::by_name::user(&self.service.app.database, name).await;
        found.unwrap().unwrap()
    }
}

#[actix_web::test]
async fn owners_say_whose_jobs_enter_as_a_bot_and_take_it_back() {
    let site = Site::new().await;
    site.space().await;
    let path = site.jobs().await;
    site.get(&site.anna, &path)
        .await
        .is(200)
        .says("No job enters as this bot")
        .says(ISSUER);
    let made = site.send(&site.anna, "post", &path, &NEW).await;
    let said = site.said(&site.anna, &made).await;
    assert!(
        said.contains("Jobs are trusted as &#39;main branch&#39;"),
        "{said}"
    );
    let page = site.get(&site.anna, &path).await;
    page.says("<code>sub=repo:octo/app:ref:refs/heads/main</code>")
        .says("<code>ref_protected=true</code>")
        .says("for https://portus.test")
        .says("Everything in one namespace")
        .says("images");
    let team = site.get(&site.anna, &format!("/teams/{}", site.team)).await;
    team.says("1 kind of trusted jobs");
    let id = page.between(&format!("action=\"{path}/"), "\"");
    let one = format!("{path}/{id}");
    site.send(&site.ben, "delete", &one, &[]).await.is(403);
    site.send(&site.zoe, "delete", &one, &[]).await.is(404);
    let gone = site.send(&site.anna, "delete", &one, &[]).await;
    let said = site.said(&site.anna, &gone).await;
    assert!(
        said.contains("&#39;main branch&#39; was taken back"),
        "{said}"
    );
    site.send(&site.anna, "delete", &one, &[]).await.is(404);
}

#[actix_web::test]
async fn trusts_are_seen_and_said_by_those_who_look_after_the_bot() {
    let site = Site::new().await;
    site.space().await;
    let path = site.jobs().await;
    for (who, status) in [(&site.ben, 403), (&site.zoe, 404)] {
        site.get(who, &path).await.is(status);
        site.send(who, "post", &path, &NEW).await.is(status);
    }
    site.get(&site.root, &path).await.is(200).says("#bots");
    let anna = site.person("anna").await;
    let person = format!("/bots/{}/trusts", anna.id);
    site.get(&site.root, &person).await.is(403);
    site.get(&site.anna, &person).await.is(404);
}

#[actix_web::test]
async fn what_is_wrong_with_a_trust_is_said_beside_its_field() {
    let site = Site::new().await;
    let path = site.jobs().await;
    let wrong = [
        ("trust[name]", "x"),
        ("trust[issuer]", "https://127.0.0.1"),
        ("trust[audience]", " "),
        ("trust[claims]", "sub=.*"),
        ("trust[scope]", "full"),
        ("trust[namespaces]", "nowhere"),
    ];
    let page = site.send(&site.anna, "post", &path, &wrong).await;
    page.is(422)
        .says("Issuer is at an address where issuers may not be")
        .says("Audience can&#39;t be blank")
        .says("Claims fit every job of that issuer")
        .says("Namespaces &#39;nowhere&#39; does not exist")
        .says("value=\"nowhere\"")
        .says("<option value=\"full\" selected>");
    let unread = [("trust[claims]", "nonsense"), ("trust[scope]", "all")];
    site.send(&site.anna, "post", &path, &unread)
        .await
        .is(422)
        .says("Claims &#39;nonsense&#39; must be NAME=PATTERN")
        .says("Reach is not included in the list");
}

#[actix_web::test]
async fn admins_say_it_for_bots_of_no_team() {
    let site = Site::new().await;
    let bot = json!({"user": {"username": "crawler", "email": "crawler@example.org", "bot": true,
        "password": "a password for it"}});
    let made = site.root.write(Method::POST, "/api/v1/users", &bot);
    let made = site.service.call(made).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_i64().unwrap();
    let home = format!("/admin/users/{id}/edit");
    let path = format!("/bots/{id}/trusts");
    site.get(&site.root, &home)
        .await
        .says(&format!("href=\"{path}\""));
    site.get(&site.root, &path)
        .await
        .is(200)
        .says(&format!("href=\"{home}\""));
    site.get(&site.anna, &path).await.is(404);
}
