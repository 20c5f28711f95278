//! Webhooks of a namespace, their headers, and what they sent.

use portus_rs::{
    actions::{
        change::Change,
        webhooks::deliveries::{Message, Outcome, claim, settle},
    },
    identity::actor::Actor,
};

use super::{Html, Site};

const SECRET: &str = "hush-hush-hush";

impl Site {
    /// The page of the webhooks of a namespace of `devs`.
    async fn hooks(&self) -> String {
        let team = self.service.team("ops", &self.member_anna().await).await;
        let space = self.service.namespace("web", &team, "public").await;
        format!("/namespaces/{}/webhooks", space.id)
    }

    async fn member_anna(&self) -> portus_rs::entities::user::Model {
        let found = portus_rs::queries::by_name::user(&self.service.app.database, "anna").await;
        found.unwrap().unwrap()
    }

    async fn hook(&self, hooks: &str) -> String {
        let fields = [
            ("webhook[name]", "chat"),
            ("webhook[url]", "http://chat.example.org/in"),
            ("webhook[request_method]", "POST"),
            ("webhook[content_type]", "application/json"),
            ("webhook[username]", "robot"),
            ("webhook[password]", SECRET),
        ];
        let made = self.send(&self.anna, "post", hooks, &fields).await;
        let said = self.said(&self.anna, &made).await;
        let text = "Webhook &#39;chat&#39; was created successfully";
        assert!(said.contains(text), "{said}");
        let page = self.get(&self.anna, hooks).await;
        let id = page.between(&format!("href=\"{hooks}/"), "\"").to_owned();
        format!("{hooks}/{id}")
    }

    async fn done(&self, answer: Html, text: &str) {
        let said = self.said(&self.anna, &answer).await;
        assert!(said.contains(text), "{text} in {said}");
    }
}

#[actix_web::test]
async fn a_webhook_is_made_switched_changed_and_removed() {
    let site = Site::new().await;
    let hooks = site.hooks().await;
    site.get(&site.anna, &hooks)
        .await
        .is(200)
        .says("No webhooks yet");
    let hook = site.hook(&hooks).await;
    let page = site.get(&site.anna, &hook).await;
    page.is(200).says("********").says("Disabled").lacks(SECRET);
    let switch = format!("{hook}/toggle_enabled");
    let on = site.send(&site.anna, "put", &switch, &[]);
    site.done(on.await, "Webhook &#39;chat&#39; is now enabled")
        .await;
    let off = site.send(&site.anna, "put", &switch, &[]);
    site.done(off.await, "Webhook &#39;chat&#39; is now disabled")
        .await;
    let fields = [
        ("webhook[name]", "talk"),
        ("webhook[url]", "http://chat.example.org/out"),
        ("webhook[request_method]", "GET"),
        ("webhook[username]", ""),
        ("webhook[password]", ""),
        ("webhook[enabled]", "true"),
    ];
    let changed = site.send(&site.anna, "put", &hook, &fields).await;
    site.done(changed, "Webhook &#39;talk&#39; was updated successfully")
        .await;
    let page = site.get(&site.anna, &hook).await;
    page.says("chat.example.org/out")
        .says("********")
        .says("talk webhook");
    let fields = [
        ("webhook[name]", "talk"),
        ("webhook[url]", "http://chat.example.org/out"),
        ("webhook[forget_password]", "true"),
    ];
    site.send(&site.anna, "put", &hook, &fields).await.is(303);
    site.get(&site.anna, &hook).await.lacks("********");
    let gone = site.send(&site.anna, "delete", &hook, &[]).await;
    site.done(gone, "Webhook &#39;talk&#39; was removed successfully")
        .await;
    site.get(&site.anna, &hook).await.is(404);
    site.send(&site.anna, "delete", &hook, &[]).await.is(404);
}

#[actix_web::test]
async fn what_is_wrong_with_a_webhook_is_said_and_passwords_are_not_sent_back() {
    let site = Site::new().await;
    let hooks = site.hooks().await;
    let fields = [
        ("webhook[name]", ""),
        ("webhook[url]", ""),
        ("webhook[password]", SECRET),
        ("webhook[request_method]", "GET"),
    ];
    site.send(&site.anna, "post", &hooks, &fields)
        .await
        .is(422)
        .says("Name can&#39;t be blank")
        .says("URL can&#39;t be blank")
        .says("<option value=\"GET\" selected>")
        .lacks(SECRET);
    let fields = [("webhook[name]", "chat"), ("webhook[url]", "not a url")];
    site.send(&site.anna, "post", &hooks, &fields)
        .await
        .is(422)
        .says("value=\"not a url\"")
        .says("field-error");
}

#[actix_web::test]
async fn webhooks_are_seen_by_members_and_made_by_owners() {
    let site = Site::new().await;
    let hooks = site.hooks().await;
    let hook = site.hook(&hooks).await;
    // The namespace is public; what it tells others is not.
    site.get(&site.zoe, &hooks).await.is(403);
    site.get(&site.zoe, &hook).await.is(403);
    site.send(&site.zoe, "delete", &hook, &[]).await.is(403);
    let fields = [
        ("webhook[name]", "x"),
        ("webhook[url]", "http://x.example.org"),
    ];
    site.send(&site.zoe, "post", &hooks, &fields).await.is(403);
    site.get(&site.root, &hook)
        .await
        .is(200)
        .says("Edit webhook");
    site.get(&site.anna, &format!("{hooks}/4711")).await.is(404);
}

#[actix_web::test]
async fn headers_come_and_go() {
    let site = Site::new().await;
    let hook = site.hook(&site.hooks().await).await;
    let path = format!("{hook}/headers");
    let header = |name, value| {
        [
            ("webhook_header[name]", name),
            ("webhook_header[value]", value),
        ]
    };
    let made = site
        .send(&site.anna, "post", &path, &header("X-Key", "open sesame"))
        .await;
    site.done(made, "Header &#39;X-Key&#39; was created successfully")
        .await;
    site.send(&site.anna, "post", &path, &header("x-key", "again"))
        .await
        .is(422)
        .says("Name has already been taken")
        .says("value=\"again\"");
    site.send(&site.anna, "post", &path, &header("", ""))
        .await
        .is(422)
        .says("Name can&#39;t be blank")
        .says("Value can&#39;t be blank");
    let page = site.get(&site.anna, &hook).await;
    page.says("open sesame");
    let id = page.between(&format!("action=\"{path}/"), "\"");
    let own = format!("{path}/{id}");
    let gone = site.send(&site.anna, "delete", &own, &[]).await;
    site.done(gone, "Header &#39;X-Key&#39; was removed successfully")
        .await;
    site.send(&site.anna, "delete", &own, &[]).await.is(404);
}

async fn sent(site: &Site, hook: &str, body: &str) {
    let id = hook.rsplit('/').next().unwrap().parse().unwrap();
    let app = &site.service.app;
    let mut change = Change::begin(app, &Actor::Portus).await.unwrap();
    let books = change.books().unwrap();
    let message = Message {
        event: "push".to_owned(),
        body: body.to_owned(),
        request_id: None,
        retrigger_of: None,
        test: false,
    };
    change
        .queue_deliveries(&books, [(id, message)])
        .await
        .unwrap();
    change.commit_unrecorded("a test").await.unwrap();
    for (delivery, _) in claim(app, "sender", 10).await.unwrap() {
        let outcome = Outcome {
            status: Some(200),
            request_header: Some(r#"{"Content-Type":"application/json"}"#.to_owned()),
            response_header: Some("X-Answered: yes".to_owned()),
            response_body: Some("<b>thanks</b>".to_owned()),
            ..Outcome::default()
        };
        settle(app, "sender", &delivery, outcome).await.unwrap();
    }
}

#[actix_web::test]
async fn deliveries_are_shown_newest_first_with_what_was_sent_and_said() {
    let site = Site::new().await;
    let hook = site.hook(&site.hooks().await).await;
    site.get(&site.anna, &hook).await.says("Nothing sent yet");
    sent(&site, &hook, r#"{"id":"first"}"#).await;
    site.service
        .app
        .clock
        .advance(chrono::TimeDelta::seconds(1));
    sent(&site, &hook, r#"{"id":"<script>second"}"#).await;
    let page = site.get(&site.anna, &hook).await;
    page.says("answered 200")
        .says("X-Answered: yes")
        .says("&lt;b&gt;thanks&lt;/b&gt;")
        .lacks("<script>second");
    let (first, second) = ("&quot;first&quot;", "script&gt;second");
    let at = |text| {
        page.0
            .body
            .find(text)
            .unwrap_or_else(|| panic!("{text} in {}", page.0.body))
    };
    assert!(at(second) < at(first));
}

#[actix_web::test]
async fn a_delivery_is_sent_again_and_a_disabled_webhook_asks_first() {
    let site = Site::new().await;
    let hook = site.hook(&site.hooks().await).await;
    sent(&site, &hook, "{}").await;
    let page = site.get(&site.anna, &hook).await;
    page.says("This webhook is disabled. Are you sure you want to retrigger it?");
    let start = format!("{hook}/deliveries/");
    let id = page.between(&format!("action=\"{start}"), "\"");
    let path = format!("{start}{id}");
    site.send(&site.anna, "put", &path, &[]).await.is(303);
    assert_eq!(site.service.count("webhook_deliveries").await, 1);
    let again = site
        .send(&site.anna, "put", &path, &[("confirm", "true")])
        .await;
    site.done(again, "was retriggered successfully").await;
    assert_eq!(site.service.count("webhook_deliveries").await, 2);
    site.get(&site.anna, &hook).await.says("sent again");
    site.send(&site.zoe, "put", &path, &[("confirm", "true")])
        .await
        .is(403);
    site.send(&site.anna, "put", &format!("{start}4711"), &[])
        .await
        .is(404);
}

#[actix_web::test]
async fn a_webhook_is_tried_by_a_button_and_a_disabled_one_asks_first() {
    let site = Site::new().await;
    let hook = site.hook(&site.hooks().await).await;
    let path = format!("{hook}/test");
    site.get(&site.anna, &hook)
        .await
        .says(&format!("action=\"{path}\""))
        .says("This webhook is disabled. Are you sure you want to send it a test?");
    site.send(&site.anna, "post", &path, &[]).await.is(303);
    assert_eq!(site.service.count("webhook_deliveries").await, 0);
    let confirmed = [("confirm", "true")];
    let sent = site.send(&site.anna, "post", &path, &confirmed).await;
    site.done(sent, "The test is on its way.").await;
    site.get(&site.anna, &hook)
        .await
        .says(">test</span>")
        .says("webhook-test");

    let refused = site.send(&site.zoe, "post", &path, &confirmed).await;
    refused.is(403);
    assert_eq!(site.service.count("webhook_deliveries").await, 1);
}
