//! What people are told when something cannot be.

use fantoccini::wd::Locator;
use serde_json::json;

use super::site::{site, walk};
use crate::{
    pages::{
        driver::{Look, RUNTIME, cdp},
        page::{Page, browse},
    },
    support::fake_registry::FakeRegistry,
};

/// Opens the form for a team, and writes the name `late` into it.
async fn fill_in_late(page: &Page) {
    page.become_user("root").await;
    page.open("/teams").await;
    page.press("Create new team").await;
    page.fill("Name", "late").await;
}

/// As if the forms of the page were of a session that has ended.
async fn grow_stale(page: &Page) {
    page.run(
        "for (const it of document.querySelectorAll('[name=authenticity_token]')) it.value = 'of yesterday'",
    )
    .await;
}

#[test]
fn a_namespace_s_name_is_judged_before_it_is_sent() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("taken", "qa", "private").await;
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/namespaces").await;
        page.press("Create new namespace").await;
        page.fill("Name", "Wrong!").await;
        page.see("Name can only contain lower case alphanumeric characters, with optional underscores and dashes in the middle.").await;
        page.fill("Name", "taken").await;
        page.see("Name has already been taken").await;
        page.fill("Team", "qa").await;
        assert!(page.is_disabled("Create").await, "it is not sent");
        page.fill("Name", "free").await;
        page.not_see("Name has already been taken").await;
        page.press("Create").await;
        page.see("Namespace 'free' was created successfully").await;
    });
}

/// What has been said goes once one has done as it says, whatever line that is about.
#[test]
fn a_registry_is_judged_by_all_that_is_typed() {
    let site = site(&[]);
    let _entered = RUNTIME.enter();
    let fake = FakeRegistry::start(Some("https://portus.test/v2/token"));
    fake.state().service = Some("hub.example".to_owned());
    let known = RUNTIME.block_on(site.get("/api/v1/registries"));
    let known = known[0]["name"].as_str().unwrap();
    walk(&site, async |page| {
        page.become_user("root").await;
        page.open("/admin/registries/new").await;
        page.fill("Name", known).await;
        page.see("Name has already been taken").await;
        assert!(page.is_disabled("Save").await);
        assert!(!page.asks_for("Skip remote checks").await);
        page.fill("Name", "another").await;
        page.not_see("Name has already been taken").await;
        assert!(!page.is_disabled("Save").await);
        page.fill("Hostname", &fake.host).await;
        page.see("It calls itself hub.example.").await;
        page.fill("External registry name", "hub.example").await;
        page.not_see("It calls itself").await;
        page.see("The registry answers.").await;
        // Where it does not, that can be passed over, and stays so while one goes on.
        page.fill("Hostname", "127.0.0.1:9").await;
        page.see("connection refused").await;
        assert!(page.is_disabled("Save").await);
        page.tick("Skip remote checks", true).await;
        assert!(!page.is_disabled("Save").await);
        page.fill("Name", known).await;
        page.see("Name has already been taken").await;
        page.fill("Name", "a third").await;
        page.see("connection refused").await;
        assert!(!page.is_disabled("Save").await);
        page.press("Save").await;
        page.see("The secret below is shown this once.").await;
    });
}

#[test]
fn a_namespace_s_name_is_judged_for_the_registry_that_is_chosen() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("taken", "qa", "private").await;
        // The same one by another name.
        let (host, port) = site.registry.address.split_once(':').unwrap();
        let other = if host == "localhost" {
            "127.0.0.1"
        } else {
            "localhost"
        };
        let elsewhere = format!("{other}:{port}");
        let second =
            json!({"registry": {"name": "second", "hostname": elsewhere, "use_ssl": false}});
        site.post("/api/v1/registries", second).await;
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/namespaces").await;
        page.press("Create new namespace").await;
        page.fill("Name", "taken").await;
        page.see("Name has already been taken").await;
        // Another choice asks again, without another word typed.
        let choose = "const it = document.getElementById('namespace_registry'); it.selectedIndex = 1 - it.selectedIndex; \
                      it.dispatchEvent(new Event('input', {bubbles: true}))";
        page.run(choose).await;
        page.not_see("Name has already been taken").await;
        page.run(choose).await;
        page.see("Name has already been taken").await;
        page.run(choose).await;
        page.not_see("Name has already been taken").await;
        page.fill("Team", "qa").await;
        page.press("Create").await;
        page.see("Namespace 'taken' was created successfully").await;
    });
}

#[test]
fn a_team_keeps_an_owner() {
    let site = site(&[]);
    let team = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.user("boss").await;
        let _ = site.portus.cli(&["portus:make_admin[boss]"]).exits(0);
        site.team("qa", owner).await
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open(&format!("/teams/{team}")).await;
        let members = page.within("Members");
        members.press("Remove").await;
        page.press("Yes").await;
        page.see("Cannot remove the only owner of the team").await;
        // Admins own what they are in.
        page.open(&format!("/teams/{team}")).await;
        page.press("Add members").await;
        let form = page.within("Add members");
        form.choose("Role", "Viewer").await;
        form.fill("User", "boss").await;
        form.press("Add").await;
        page.see(
            "User 'boss' was added to the team (promoted to owner because it's a Portus admin)",
        )
        .await;
    });
}

/// Without a session, with whatever comes after the address.
#[test]
fn the_page_about_an_error_can_always_be_shown() {
    let site = site(&[]);
    walk(&site, async |page| {
        page.open("/500?fixes=true").await;
        page.see("lighthouse").await;
        page.open("/nothing/of/the/kind").await;
        page.see("Page not found").await;
        page.become_user("root").await;
        page.open("/namespaces/4711").await;
        page.see("Page not found").await;
        page.shows("fault").await;
        // As if over a network.
        let headers = serde_json::json!({"headers": {"X-Forwarded-For": "198.51.100.7"}});
        cdp(&page.client, "Network.enable", serde_json::json!({})).await;
        cdp(&page.client, "Network.setExtraHTTPHeaders", headers).await;
        page.open("/teams").await;
        page.at("/500?fixes=true").await;
        page.see("Please review your configuration").await;
        page.see("PORTUS_CHECK_SSL_USAGE_ENABLED").await;
        page.shows("review").await;
        page.press("日本語").await;
        page.see("設定を見直してください").await;
    });
}

/// A form that was opened before the session ended says what to do, and one goes on from there.
#[test]
fn a_lost_session_leads_back_to_the_page() {
    let site = site(&[]);
    walk(&site, async |page| {
        fill_in_late(&page).await;
        cdp(
            &page.client,
            "Network.clearBrowserCookies",
            serde_json::json!({}),
        )
        .await;
        page.press("Add").await;
        page.at("/users/sign_in").await;
        page.fill("Username", "root").await;
        page.fill("Password", crate::support::site::PASSWORD).await;
        page.press("Login").await;
        page.at("/teams").await;
    });
}

/// A form of a session that another has taken the place of, as in a tab from yesterday.
#[test]
fn a_form_of_another_session_says_so_and_leads_back() {
    let site = site(&[]);
    walk(&site, async |page| {
        fill_in_late(&page).await;
        grow_stale(&page).await;
        page.press("Add").await;
        page.see("This form is out of date").await;
        page.shows("stale").await;
    });
    assert_eq!(RUNTIME.block_on(site.count("teams WHERE name = 'late'")), 0);
}

/// Whoever narrows a list without a session is led to the door, and back to what they were looking for.
#[test]
fn a_lost_session_leads_back_to_what_was_filtered() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        for name in ["alpha", "beta"] {
            site.namespace(name, "qa", "private").await;
        }
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/namespaces").await;
        page.see("beta").await;
        let nothing = serde_json::json!({});
        cdp(&page.client, "Network.clearBrowserCookies", nothing).await;
        let filter = page.client.find(Locator::Css("#ns_q")).await.unwrap();
        filter.send_keys("alpha").await.unwrap();
        page.at("/users/sign_in").await;
        page.see("You need to sign in or sign up before continuing.")
            .await;
        page.fill("Username", "owner").await;
        page.fill("Password", crate::support::site::PASSWORD).await;
        page.press("Login").await;
        page.at("/namespaces").await;
        page.see("alpha").await;
        page.not_see("beta").await;
    });
}

#[test]
fn a_server_that_does_not_answer_is_told_of() {
    let mut site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("alpha", "qa", "private").await;
    });
    let url = site.portus.url();
    browse(Look::DESKTOP, &url, async |page| {
        page.become_user("owner").await;
        page.open("/namespaces").await;
        page.see("alpha").await;
        site.portus.stop();
        let filter = page.client.find(Locator::Css("#ns_q")).await.unwrap();
        filter.send_keys("a").await.unwrap();
        page.see("There was no answer.").await;
        page.see("alpha").await;
        page.press("Close").await;
        page.not_see("There was no answer.").await;
        page.within("alpha")
            .press("Anyone can pull images from this namespace")
            .await;
        page.see("There was no answer.").await;
    });
}

/// The list stays, and above it stands what has become of the change.
#[test]
fn a_write_of_another_session_says_so_where_one_is() {
    let site = site(&[]);
    let space = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("alpha", "qa", "private").await
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/namespaces").await;
        grow_stale(&page).await;
        page.within("alpha")
            .press("Anyone can pull images from this namespace")
            .await;
        page.see("This form is out of date").await;
        page.at("/namespaces").await;
        page.see("alpha").await;
    });
    let public = format!("namespaces WHERE id = {space} AND visibility = 2");
    assert_eq!(RUNTIME.block_on(site.count(&public)), 0);
}

#[test]
fn what_was_said_can_be_put_away() {
    let site = site(&[]);
    walk(&site, async |page| {
        fill_in_late(&page).await;
        page.press("Add").await;
        page.see("Team 'late' was created successfully").await;
        page.press("Close").await;
        page.not_see("Team 'late' was created successfully").await;
    });
    browse(Look::WITHOUT_SCRIPTS, &site.portus.url(), async |page| {
        page.become_user("root").await;
        page.open("/users/sign_in").await;
        page.see("You are already signed in.").await;
        assert!(!page.offers("Close").await, "nothing would happen");
    });
}
