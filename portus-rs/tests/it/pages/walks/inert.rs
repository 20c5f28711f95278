//! Markup in every name, description and comment: a browser shows it and does nothing else with it.

use serde_json::json;

use super::site::{pushed, site, walk};
use crate::pages::driver::RUNTIME;

/// If any of it were taken for markup, the page's title would say so, or there would be an element of this kind.
const CANARY: &str = "<img src=x onerror=\"document.title='caught'\"><xss-canary>\"'><script>document.title='caught'</script>";
const MARKDOWN: &str = "<xss-canary></xss-canary> [click](javascript:document.title='caught') \
     ![x](x\"onerror=\"document.title='caught') <details ontoggle=\"document.title='caught'\" open>";

#[test]
fn markup_in_what_people_write_does_nothing() {
    let site = site(&[
        ("PORTUS_DISPLAY_NAME_ENABLED", "true"),
        ("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true"),
    ]);
    let paths = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        let name = json!({"user": {"display_name": CANARY}});
        site.put(&format!("/api/v1/users/{owner}"), name).await;
        let team = site.team(CANARY, owner).await;
        let about = json!({"team": {"description": MARKDOWN}});
        site.put(&format!("/api/v1/teams/{team}"), about).await;
        let namespace = site.namespace("qa", CANARY, "public").await;
        let about = json!({"namespace": {"description": MARKDOWN}});
        site.put(&format!("/api/v1/namespaces/{namespace}"), about)
            .await;
        pushed(&site, "owner", "qa/app", "1", "canary").await;
        let id = site.repository("qa/app").await.unwrap()["id"].clone();
        let about = json!({"repository": {"description": MARKDOWN}});
        site.put(&format!("/api/v1/repositories/{id}"), about).await;
        let comment = json!({"comment": {"body": MARKDOWN}});
        site.post(&format!("/api/v1/repositories/{id}/comments"), comment)
            .await;
        let webhooks = format!("/api/v1/namespaces/{namespace}/webhooks");
        let hook =
            json!({"webhook": {"name": CANARY, "url": "https://hooks.example.com/?<xss-canary>"}});
        let hook = site.post(&webhooks, hook).await["id"].clone();
        let header = json!({"webhook_header": {"name": "X-Canary", "value": CANARY}});
        site.post(&format!("{webhooks}/{hook}/headers"), header)
            .await;
        let tokens = format!("/api/v1/users/{owner}/application_tokens");
        site.post(&tokens, json!({"application": CANARY})).await;
        vec![
            "/".to_owned(),
            "/teams".to_owned(),
            format!("/teams/{team}"),
            "/namespaces".to_owned(),
            format!("/namespaces/{namespace}"),
            format!("/namespaces/{namespace}/webhooks"),
            format!("/namespaces/{namespace}/webhooks/{hook}"),
            "/repositories".to_owned(),
            format!("/repositories/{id}"),
            "/search?search=%3Cxss-canary%3E&type=teams".to_owned(),
            "/explore?explore[search]=%3Cxss-canary%3E".to_owned(),
            "/admin/users".to_owned(),
            format!("/admin/users/{owner}/edit"),
            "/admin/activities".to_owned(),
        ]
    });
    walk(&site, async |page| {
        for (who, paths) in [
            ("root", paths.clone()),
            ("owner", vec!["/".to_owned(), "/users/edit".to_owned()]),
        ] {
            page.become_user(who).await;
            for path in paths {
                page.open(&path).await;
                page.see("portus-rs").await;
                let caught = page
                    .run(
                        "return [document.title === 'caught' && 'it ran', \
                         document.querySelector('xss-canary') && 'there is an element', \
                         [...document.querySelectorAll('[onerror], [ontoggle], a[href^=\"javascript:\" i]')][0]?.outerHTML \
                        ].filter(Boolean).join(', ')",
                    )
                    .await;
                assert_eq!(caught, "", "{who} at {path}");
                // A policy that had to step in was needed.
                assert_eq!(
                    page.complaints().await,
                    Vec::<String>::new(),
                    "{who} at {path}"
                );
            }
        }
    });
}
