//! Markup in every name, description and comment, and in what strangers say of themselves: a browser shows it and does
//! nothing else with it.

mod planted;

use serde_json::json;

use self::planted::{Planted, canary, plant};
use super::site::pushed;
use crate::{
    pages::{
        driver::{Look, RUNTIME, passkey_device},
        page::{Page, browse},
    },
    support::{
        databases::TestDatabase,
        receiver::Receiver,
        site::{PASSWORD, Site},
    },
};

/// What of a canary has come to life, and which ones are not to be read: nothing if all is well. They are read in the
/// text of the page, in fields, and in titles.
const LOOK: &str = "\
    const read = [document.body.textContent, document.title, \
      ...[...document.querySelectorAll('input, textarea, option')].map((it) => it.value), \
      ...[...document.querySelectorAll('[title], [aria-label]')].map((it) => `${it.title} ${it.ariaLabel}`)]; \
    return [ \
      document.title === 'caught' && 'it ran', \
      document.querySelector('xss-canary') && 'there is an element', \
      [...document.querySelectorAll('[onerror], [ontoggle], a[href^=\"javascript:\" i]')][0]?.outerHTML, \
      ...arguments[0].filter((of) => !read.some((it) => it.includes(`<xss-canary>${of}`))) \
        .map((of) => `${of} is not to be read`), \
    ].filter(Boolean).join(', ');";

/// What is wrong with a page on which these canaries are to be read.
async fn look_at(page: &Page, who: &str, path: &str, shown: &[&str]) -> Option<String> {
    page.open(path).await;
    page.see("portus-rs").await;
    let caught = page.client.execute(LOOK, vec![json!(shown)]).await.unwrap();
    // A policy that had to step in was needed.
    let complaints = page.complaints().await;
    let well = caught == "" && complaints.is_empty();
    (!well).then(|| format!("{who} at {path}: {caught} {complaints:?}"))
}

/// Every page where somebody can read what others have written, and which canaries are there.
fn pages(it: &Planted) -> Vec<(String, &'static [&'static str])> {
    let Planted {
        owner,
        bot,
        team,
        namespace,
        repository,
        tag,
        digest,
        hook,
        registry,
        run,
    } = it;
    let hooks = format!("/namespaces/{namespace}/webhooks");
    let images = format!("/repositories/{repository}");
    let all: [(String, &'static [&'static str]); 30] = [
        ("/".to_owned(), &["host"]),
        // Only the newest are here; all are on the page of the log.
        ("/?activities=admin".to_owned(), &[]),
        ("/teams".to_owned(), &["team"]),
        (format!("/teams/{team}"), &["team", "owner"]),
        (format!("/teams/{team}/removal"), &["team"]),
        ("/namespaces".to_owned(), &["team"]),
        (format!("/namespaces/{namespace}"), &["team"]),
        (format!("/namespaces/{namespace}/transfer"), &["team"]),
        (format!("/namespaces/{namespace}/removal"), &[]),
        (hooks.clone(), &["hook", "address"]),
        (
            format!("{hooks}/{hook}"),
            &["hook", "address", "header", "answer"],
        ),
        ("/repositories".to_owned(), &[]),
        (images.clone(), &["comment"]),
        (format!("{images}/deletion"), &[]),
        (format!("{images}/tags/deletion?digests[]={digest}"), &[]),
        (
            format!("/tags/{tag}"),
            &["finding", "finding-text", "scanner", "fixed"],
        ),
        (
            format!("/bots/{bot}/trusts"),
            &["trust", "audience", "claim"],
        ),
        ("/admin".to_owned(), &["registry", "host"]),
        ("/admin/users".to_owned(), &["owner", "robot"]),
        (
            format!("/admin/users/{owner}/edit"),
            &["owner", "token", "agent", "client"],
        ),
        (format!("/admin/users/{bot}/edit"), &["robot"]),
        ("/admin/registries".to_owned(), &["registry"]),
        (format!("/admin/registries/{registry}/edit"), &["registry"]),
        ("/admin/activities".to_owned(), &["team", "hook"]),
        ("/admin/jobs".to_owned(), &["registry", "run"]),
        (
            "/admin/jobs/housekeeping".to_owned(),
            &["job", "job-wanted", "job-place"],
        ),
        (
            format!("/admin/sync/{run}"),
            &["registry", "run", "run-wanted"],
        ),
        (
            "/admin/events".to_owned(),
            &["registry", "dead-name", "dead-error", "dead-host"],
        ),
        ("/users/edit".to_owned(), &[]),
        ("/help".to_owned(), &[]),
    ];
    all.into()
}

/// Pages that show what one has just asked them.
fn echoes() -> Vec<String> {
    let sought = "%3Cxss-canary%3Esought%3Cscript%3Edocument.title=%27caught%27%3C/script%3E";
    vec![
        format!("/search?search={sought}&type=teams"),
        format!("/explore?explore[search]={sought}"),
        format!("/teams?tm_q={sought}"),
        format!("/namespaces?ns_q={sought}"),
        format!("/admin/users?q={sought}"),
        format!("/admin/jobs?q={sought}"),
        format!("/admin/events?q={sought}"),
        format!("/admin/activities?actor={sought}"),
        format!("/admin/activities?created_after={sought}&object={sought}"),
        format!("/admin/explain?user={sought}&name=qa/app"),
        format!("/admin/explain?user=owner&name={sought}/app"),
        format!("/admin/explain?user=owner&action=team.show&resource={sought}"),
    ]
}

/// A passkey with the canary for a name.
async fn name_a_passkey(page: &Page) {
    let _device = passkey_device(&page.client).await;
    page.become_user("owner").await;
    page.open("/users/passkeys").await;
    // As long as a name may be.
    let label =
        "<xss-canary>passkey<img src=x onerror=\"document.title='caught'\"><script>0</script>";
    let gate = page.within("Show that it is you");
    gate.fill("Current password", PASSWORD).await;
    gate.press("Continue").await;
    page.within("Another passkey").fill("Name", label).await;
    page.press("Add a passkey").await;
    page.see("The second factor is set up.").await;
}

#[test]
fn markup_in_what_people_write_does_nothing() {
    let receiver = Receiver::saying(&canary("answer"), "text/html");
    let site = RUNTIME.block_on(async {
        Site::builder()
            .named("localhost")
            .env("PORTUS_GRAVATAR_ENABLED", "false")
            .env("PORTUS_DELETE_ENABLED", "true")
            .env("PORTUS_DISPLAY_NAME_ENABLED", "true")
            .env("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")
            .env("PORTUS_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1")
            .env("PORTUS_SECURITY_TRIVY_SERVER", "http://127.0.0.1:1")
            .start(TestDatabase::sqlite())
            .await
    });
    let planted = RUNTIME.block_on(plant(&site, &receiver));
    // Passkeys are for loopback by name.
    let url = site.portus.url().replace("127.0.0.1", "localhost");
    browse(Look::DESKTOP, &url, async |page| {
        page.become_user("owner").await;
        page.open(&format!(
            "/namespaces/{}/webhooks/{}",
            planted.namespace, planted.hook
        ))
        .await;
        pushed(&site, "owner", "qa/app", "2", "told").await;
        page.see("answered 200").await;
        let mut wrong = Vec::new();
        for (path, shown) in [
            ("/", &["owner"][..]),
            ("/users/edit", &["owner", "token", "agent", "client"]),
            ("/users/passkeys", &[]),
        ] {
            wrong.extend(look_at(&page, "owner", path, shown).await);
        }
        page.become_user("root").await;
        for (path, shown) in pages(&planted) {
            wrong.extend(look_at(&page, "root", &path, shown).await);
        }
        for path in echoes() {
            wrong.extend(look_at(&page, "root", &path, &["sought"]).await);
        }
        name_a_passkey(&page).await;
        wrong.extend(look_at(&page, "owner", "/users/passkeys", &["passkey"]).await);
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}
