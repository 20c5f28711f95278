//! Another server is told of pushes and deletions, and the page shows what it was told and what it said.

use serde_json::Value;

use super::site::{pushed, site, walk};
use crate::{
    pages::{driver::RUNTIME, page::Page},
    support::receiver::{Asked, Receiver},
};

const PASSWORD: &str = "canary of the hook";
const SECRET: &str = "canary of the signature";

/// What the receiver was told, once it is this much.
async fn told(page: &Page, receiver: &Receiver, number: usize) -> Vec<Asked> {
    page.until_so(&format!("the receiver was told {number} times"), || {
        receiver.asked().len() >= number
    })
    .await;
    let asked = receiver.asked();
    assert_eq!(asked.len(), number, "{asked:?}");
    asked
}

fn event(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap_or_else(|error| panic!("{error}: {asked:?}"))
}

async fn make(page: &Page, receiver: &Receiver) {
    page.press("0 (click to view)").await;
    page.see("No webhooks yet").await;
    page.press("Create new webhook").await;
    let form = page.within("#new-webhook");
    form.fill("Name", "deploy").await;
    form.fill("URL", &format!("{}/hooks/images", receiver.url))
        .await;
    form.choose("Request method", "POST").await;
    form.choose("Content type", "application/json").await;
    form.fill("Username", "robot").await;
    form.fill("Password", PASSWORD).await;
    form.fill("Secret", SECRET).await;
    page.shows("webhook-new").await;
    form.press("Add").await;
    page.see("Webhook 'deploy' was created successfully").await;
    page.press("Enable deploy").await;
    page.see("Webhook 'deploy' is now enabled").await;
    page.press("deploy").await;
    page.see("Nothing sent yet").await;
}

/// The same name twice is one header.
async fn header(page: &Page) {
    for said in [
        "Header 'X-Environment' was created successfully",
        "Name has already been taken",
    ] {
        page.within("#headers").press("Create new header").await;
        let form = page.within("#new-header");
        form.fill("Name", "X-Environment").await;
        form.fill("Value", "staging").await;
        form.press("Add").await;
        page.see(said).await;
    }
}

#[test]
fn a_webhook_tells_of_each_push_and_deletion() {
    let receiver = Receiver::start();
    let site = site(&[("PORTUS_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1")]);
    let namespace = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("qa", "qa", "private").await
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open(&format!("/namespaces/{namespace}")).await;
        make(&page, &receiver).await;
        let here = page.path().await;

        // It appears while one looks, first on its way and then with its answer.
        pushed(&site, "owner", "qa/app", "1", "told").await;
        page.see("answered 200").await;
        let asked = told(&page, &receiver, 1).await;
        assert_eq!(asked[0].line(), "POST /hooks/images HTTP/1.1");
        assert_eq!(asked[0].header("x-portus-event"), "push");
        assert_eq!(asked[0].header("content-type"), "application/json");
        assert!(asked[0].header("authorization").starts_with("Basic "));
        assert!(
            asked[0]
                .header("x-portus-signature-256")
                .starts_with("sha256=")
        );
        let news = event(&asked[0]);
        assert_eq!(news["action"], "push");
        assert_eq!(news["target"]["repository"], "qa/app");
        assert_eq!(news["target"]["tag"], "1");
        assert_eq!(news["actor"]["name"], "owner");
        let uuid = asked[0].header("x-portus-delivery").to_owned();
        page.press(&uuid).await;
        page.see("Thank you.").await;
        page.see("the receiver").await;
        page.see("X-Portus-Event").await;
        let shown = page.text().await;
        assert!(
            !shown.contains("canary") && !shown.contains("Basic "),
            "{shown}"
        );
        page.shows("webhook-delivery").await;
        page.press(&uuid).await;

        page.press("Retrigger").await;
        page.see(&format!("Delivery '{uuid}' was retriggered successfully"))
            .await;
        page.see("sent again").await;
        let asked = told(&page, &receiver, 2).await;
        assert_eq!(asked[1].body, asked[0].body);
        assert_ne!(asked[1].header("x-portus-delivery"), uuid);
        page.not_see("waiting to be sent").await;

        header(&page).await;

        page.open("/repositories").await;
        page.press("app").await;
        page.within("1").tick("Select", true).await;
        page.press("Delete tag").await;
        page.see("Delete 1 tag?").await;
        page.press("Delete tag").await;
        page.see("Repository removed with all its tags.").await;
        let asked = told(&page, &receiver, 3).await;
        assert_eq!(event(&asked[2])["action"], "delete");
        assert_eq!(asked[2].header("x-portus-event"), "delete");
        assert_eq!(asked[2].header("x-environment"), "staging");

        // Switched off it says nothing, but for what somebody insists on.
        page.open(&format!("/namespaces/{namespace}/webhooks"))
            .await;
        page.press("Disable deploy").await;
        page.see("Webhook 'deploy' is now disabled").await;
        pushed(&site, "owner", "qa/app", "2", "untold").await;
        page.open(&here).await;
        page.press("Retrigger").await;
        page.see("This webhook is disabled. Are you sure you want to retrigger it?")
            .await;
        page.shows("webhook-disabled").await;
        page.press("Yes").await;
        page.see("was retriggered successfully").await;
        let asked = told(&page, &receiver, 4).await;
        assert_eq!(event(&asked[3])["action"], "delete");
    });
}

#[test]
fn a_server_that_fails_is_asked_again_and_the_page_says_so() {
    let receiver = Receiver::start();
    receiver.answers(503);
    let site = site(&[("PORTUS_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1")]);
    let (namespace, hook) = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        let namespace = site.namespace("qa", "qa", "private").await;
        let path = format!("/api/v1/namespaces/{namespace}/webhooks");
        let hook = serde_json::json!({"webhook": {"url": receiver.url, "request_method": "POST", "enabled": true}});
        (namespace, site.post(&path, hook).await["id"].clone())
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open(&format!("/namespaces/{namespace}/webhooks/{hook}"))
            .await;
        // The second attempt comes ten seconds after the first, so one looks already.
        pushed(&site, "owner", "qa/app", "1", "failing").await;
        page.see("answered 503").await;
        let uuid = receiver.asked()[0].header("x-portus-delivery").to_owned();
        page.press(&uuid).await;
        page.see("1 attempt").await;
        page.see("next attempt").await;
        page.shows("webhook-failing").await;
    });
}
