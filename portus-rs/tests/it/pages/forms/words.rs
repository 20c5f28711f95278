//! Words that people know from Portus, and small things that nothing else looks at.

use super::Site;

#[actix_web::test]
async fn rights_of_an_admin_are_given_and_taken_on_the_page_of_people() {
    let site = Site::new().await;
    let zoe = site.person("zoe").await.id;
    let path = format!("/admin/users/{zoe}/admin");
    for (admin, text) in [
        ("true", "User &#39;zoe&#39; is now an admin"),
        ("false", "User &#39;zoe&#39; is no longer an admin"),
    ] {
        site.send(&site.anna, "put", &path, &[("admin", admin)])
            .await
            .is(403);
        let fields = [("admin", admin)];
        let done = site.send(&site.root, "put", &path, &fields).await;
        let said = site.said(&site.root, &done).await;
        assert!(said.contains(text), "{said}");
        assert_eq!(site.person("zoe").await.admin, admin == "true");
    }
    site.get(&site.zoe, "/admin").await.is(403);
}

#[actix_web::test]
async fn a_bot_of_an_admin_is_told_with_its_token() {
    let site = Site::new().await;
    let fields = [
        ("user[username]", "robot"),
        ("user[email]", "robot@example.com"),
        ("user[bot]", "true"),
    ];
    site.send(&site.root, "post", "/admin/users", &fields)
        .await
        .is(200)
        .says("Bot &#39;robot&#39; was created successfully. An application token was created automatically:");
}

#[actix_web::test]
async fn a_webhook_is_on_from_the_beginning_if_somebody_says_so() {
    let site = Site::new().await;
    let web = site.web().await;
    let hooks = format!("{web}/webhooks");
    site.get(&site.anna, &hooks)
        .await
        .is(200)
        .says("name=\"webhook[enabled]\"")
        .says("Enable now");
    for (name, enabled) in [("on", "true"), ("off", "false")] {
        let fields = [
            ("webhook[name]", name),
            ("webhook[url]", "http://chat.example.org/in"),
            ("webhook[request_method]", "POST"),
            ("webhook[content_type]", "application/json"),
            ("webhook[enabled]", enabled),
        ];
        site.send(&site.anna, "post", &hooks, &fields).await.is(303);
    }
    let on = site.service.count("webhooks WHERE enabled AND name = 'on'");
    assert_eq!(on.await, 1);
    let off = site
        .service
        .count("webhooks WHERE NOT enabled AND name = 'off'");
    assert_eq!(off.await, 1);
}

#[actix_web::test]
async fn admins_come_from_the_dashboard_to_all_activities() {
    let site = Site::new().await;
    site.get(&site.root, "/")
        .await
        .is(200)
        .says("<a href=\"/admin/activities\">View all activities</a>");
    site.get(&site.anna, "/").await.lacks("View all activities");
}

#[actix_web::test]
async fn a_contributor_is_called_so_in_short() {
    let site = Site::new().await;
    let web = site.web().await;
    site.sql(&format!(
        "UPDATE team_users SET role = 1 WHERE user_id = {}",
        site.person("ben").await.id
    ))
    .await;
    // Facts are remembered as long as nobody says that they changed.
    site.sql("UPDATE auth_epoch SET value = value + 1").await;
    let page = site.get(&site.ben, &web).await;
    let badge = page.is(200).between("role-contributor\"", "</span>");
    assert!(badge.ends_with(">Contr."), "{badge}");
}

#[actix_web::test]
async fn the_manual_has_its_titles_and_each_can_be_led_to() {
    let site = Site::new().await;
    let page = site.get(&site.ben, "/help").await;
    page.is(200);
    for (anchor, title) in [
        ("first-steps", "First steps into Portus"),
        ("features", "Explore all the features"),
        ("faq", "Frequently Asked Questions"),
        ("configuring", "Configuring Portus"),
    ] {
        page.says(&format!("<a href=\"#{anchor}\">{title}</a>"))
            .says(&format!("id=\"{anchor}\""))
            .says(&format!("<h2 id=\"{anchor}-heading\">{title}</h2>"));
    }
    page.says("<a href=\"/documentation\">")
        .says("<em>Add namespace</em> is <em>Create new namespace</em>")
        .says("<em>Delete image</em>")
        .says("<em>Limit it</em>");
}

#[actix_web::test]
async fn pages_about_errors_begin_with_a_sigh() {
    let site = Site::new().await;
    for (path, status) in [("/404", 404), ("/admin", 403), ("/teams/999999", 404)] {
        site.get(&site.anna, path).await.is(status).says("Oh no!");
    }
}
