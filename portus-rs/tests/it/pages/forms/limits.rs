//! Tokens that are good for less than their owner.

use actix_web::test::TestRequest;

use super::Site;

/// The secret that a page tells once.
fn secret(said: &str) -> String {
    let after = said.split_once("data-copy=\"").expect("a secret").1;
    after.split('"').next().unwrap().to_owned()
}

impl Site {
    /// Which of pulling and pushing a token is good for in a namespace.
    async fn reach(&self, user: &str, token: &str, space: &str) -> String {
        let scope = format!("repository:{space}/x:pull,push");
        let access = self.service.access(Some((user, token)), &[&scope]).await;
        let access = access.unwrap_or_default();
        access[0]["actions"].to_string()
    }

    async fn api(&self, user: &str, token: &str) -> u16 {
        let request = TestRequest::get()
            .uri("/api/v1/namespaces")
            .insert_header(("Portus-Auth", format!("{user}:{token}")));
        self.service.call(request).await.status.as_u16()
    }
}

#[actix_web::test]
async fn a_token_is_limited_in_the_form_that_makes_it() {
    let site = Site::new().await;
    site.web().await;
    let profile = site.get(&site.anna, "/users/edit").await;
    let details = profile.between("<details class=\"token-limits\"", "</details>");
    assert!(details.starts_with('>'), "it is closed at first: {details}");
    for field in ["scope", "namespace", "expires_at"] {
        assert!(
            details.contains(&format!("name=\"application_token[{field}]\"")),
            "{details}"
        );
    }
    let made = async |name: &str, limits: &[(&str, &str)]| {
        let mut fields = vec![("application_token[application]", name)];
        fields.extend(limits);
        let answer = site
            .send(&site.anna, "post", "/application_tokens", &fields)
            .await;
        secret(&site.said(&site.anna, &answer).await)
    };
    // Empty fields limit nothing: forms send all of them.
    let empty = [
        ("application_token[scope]", "full"),
        ("application_token[namespace]", ""),
        ("application_token[expires_at]", ""),
    ];
    let full = made("full", &empty).await;
    assert_eq!(site.reach("anna", &full, "web").await, r#"["pull","push"]"#);
    assert_eq!(site.api("anna", &full).await, 200);
    let pulls = made("pulls", &[("application_token[scope]", "pull")]).await;
    assert_eq!(site.reach("anna", &pulls, "web").await, r#"["pull"]"#);
    assert_eq!(site.api("anna", &pulls).await, 403);
    let web = [
        ("application_token[scope]", "push"),
        ("application_token[namespace]", " web "),
    ];
    let pushes = made("pushes", &web).await;
    assert_eq!(
        site.reach("anna", &pushes, "web").await,
        r#"["pull","push"]"#
    );
    assert_eq!(site.reach("anna", &pushes, "anna").await, "null");
    let today = site.service.app.clock.now().date().to_string();
    let ends = made("ends", &[("application_token[expires_at]", &today)]).await;
    assert_eq!(site.reach("anna", &ends, "web").await, r#"["pull","push"]"#);

    let listed = site.get(&site.anna, "/users/edit").await;
    listed
        .says("Pulling and pushing, <a href=\"/namespaces/")
        .says("<code>web</code></a>")
        .says(">Pulling</td>");
    site.service.app.clock.advance(chrono::TimeDelta::days(1));
    let request = TestRequest::get()
        .uri("/v2/token?service=registry.test")
        .insert_header((
            "Authorization",
            crate::support::service::basic(("anna", &ends)),
        ));
    assert_eq!(site.service.call(request).await.status, 401);
}

#[actix_web::test]
async fn a_limit_that_cannot_be_is_refused_beside_its_field() {
    let site = Site::new().await;
    for (field, value, said) in [
        ("scope", "everything", "is not included in the list"),
        ("namespace", "nowhere", "Namespace does not exist"),
        ("expires_at", "soon", "Last day is invalid"),
        ("expires_at", "2020-01-01", "Last day must be in the future"),
    ] {
        let field = format!("application_token[{field}]");
        let fields = [("application_token[application]", "ci"), (&field, value)];
        let page = site
            .send(&site.anna, "post", "/application_tokens", &fields)
            .await;
        let details = page
            .is(422)
            .between("<details class=\"token-limits\"", "</details>");
        assert!(
            details.starts_with(" open>") && details.contains(said),
            "{details}"
        );
        if field.contains("space") || field.contains("expires") {
            assert!(details.contains(&format!("value=\"{value}\"")), "{details}");
        }
    }
    assert_eq!(site.service.count("application_tokens").await, 0);
}

#[actix_web::test]
async fn a_token_of_a_bot_is_limited_in_the_form_of_its_own() {
    let site = Site::new().await;
    site.web().await;
    let robot = site.robot().await;
    let tokens = format!("{robot}/tokens");
    let fields = [
        ("application_token[application]", "pipeline"),
        ("application_token[scope]", "pull"),
        ("application_token[namespace]", "web"),
        ("application_token[expires_at]", "2999-12-31"),
    ];
    let issued = site.send(&site.anna, "post", &tokens, &fields).await;
    let token = secret(&site.said(&site.anna, &issued).await);
    assert_eq!(site.reach("ci", &token, "web").await, r#"["pull"]"#);
    assert_eq!(site.api("ci", &token).await, 403);
    let team = format!("/teams/{}", site.team);
    let page = site.get(&site.anna, &team).await;
    let listed = page.between("<ul class=\"tokens\">", "</ul>");
    assert!(
        listed.contains("Pulling, <a href=\"/namespaces/") && listed.contains("expires"),
        "{listed}"
    );

    let wrong = [
        ("application_token[application]", "other"),
        ("application_token[namespace]", "nowhere"),
    ];
    let page = site.send(&site.anna, "post", &tokens, &wrong).await;
    page.is(422)
        .says("Namespace does not exist")
        .says("value=\"nowhere\"");
}
