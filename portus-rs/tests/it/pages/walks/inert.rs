//! Markup in every name, description and comment, and in what strangers say of themselves: a browser shows it and does
//! nothing else with it.

mod planted;

use self::planted::{CANARY, Planted, plant};
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

/// What of the canary has come to life, or where it is not to be read although it was to be: nothing if all is well.
/// Where it is read: in the text of the page, in fields, in titles.
const LOOK: &str = "\
    const read = [document.body.textContent, document.title, \
      ...[...document.querySelectorAll('input, textarea, option')].map((it) => it.value), \
      ...[...document.querySelectorAll('[title], [aria-label]')].map((it) => `${it.title} ${it.ariaLabel}`)]; \
    return [ \
      document.title === 'caught' && 'it ran', \
      document.querySelector('xss-canary') && 'there is an element', \
      [...document.querySelectorAll('[onerror], [ontoggle], a[href^=\"javascript:\" i]')][0]?.outerHTML, \
      SHOWN && !read.some((it) => it.includes('<xss-canary>')) && 'it is not to be read', \
    ].filter(Boolean).join(', ');";

/// A page, and whether the canary is to be read there.
async fn look_at(page: &Page, who: &str, path: &str, shown: bool) {
    page.open(path).await;
    page.see("portus-rs").await;
    let script = LOOK.replace("SHOWN", &shown.to_string());
    let caught = page.run(&script).await;
    assert_eq!(caught, "", "{who} at {path}");
    // A policy that had to step in was needed.
    assert_eq!(
        page.complaints().await,
        Vec::<String>::new(),
        "{who} at {path}"
    );
}

/// Pages where the canary is to be read, and others that say nothing of it.
fn pages(it: &Planted) -> Vec<(String, bool)> {
    let sought = "%3Cxss-canary%3E";
    let read = [
        "/".to_owned(),
        "/teams".to_owned(),
        format!("/teams/{}", it.team),
        format!("/teams/{}/removal", it.team),
        "/namespaces".to_owned(),
        format!("/namespaces/{}", it.namespace),
        format!("/namespaces/{}/transfer", it.namespace),
        format!("/namespaces/{}/webhooks", it.namespace),
        format!("/namespaces/{}/webhooks/{}", it.namespace, it.hook),
        format!("/repositories/{}", it.repository),
        format!("/tags/{}", it.tag),
        format!("/bots/{}/trusts", it.bot),
        "/admin".to_owned(),
        "/admin/users".to_owned(),
        format!("/admin/users/{}/edit", it.owner),
        format!("/admin/users/{}/edit", it.bot),
        "/admin/registries".to_owned(),
        format!("/admin/registries/{}/edit", it.registry),
        "/admin/activities".to_owned(),
        "/admin/jobs".to_owned(),
        "/admin/jobs/housekeeping".to_owned(),
        format!("/admin/sync/{}", it.run),
        "/admin/events".to_owned(),
        // What one has typed comes back.
        format!("/search?search={sought}&type=teams"),
        format!("/explore?explore[search]={sought}"),
        format!("/teams?tm_q={sought}"),
        format!("/namespaces?ns_q={sought}"),
        format!("/admin/users?q={sought}"),
        format!("/admin/jobs?q={sought}"),
        format!("/admin/events?q={sought}"),
        format!(
            "/admin/activities?actor={sought}&action={sought}&object={sought}&created_after={sought}"
        ),
        format!("/admin/explain?user={sought}&name=qa/app"),
        format!("/admin/explain?user=owner&name={sought}/app"),
        format!(
            "/admin/explain?user=owner&action=team.show&resource={}&name={sought}",
            it.team
        ),
    ];
    let quiet = [
        format!("/namespaces/{}/removal", it.namespace),
        "/repositories".to_owned(),
        format!("/repositories?q={sought}"),
        format!("/repositories/{}/deletion", it.repository),
        format!(
            "/repositories/{}/tags/deletion?digests[]={}",
            it.repository, it.digest
        ),
        "/users/edit".to_owned(),
        "/help".to_owned(),
    ];
    let read = read.into_iter().map(|path| (path, true));
    read.chain(quiet.into_iter().map(|path| (path, false)))
        .collect()
}

/// A passkey with the canary for a name.
async fn name_a_passkey(page: &Page) {
    let _device = passkey_device(&page.client).await;
    page.become_user("owner").await;
    page.open("/users/passkeys").await;
    let gate = page.within("Show that it is you");
    gate.fill("Current password", PASSWORD).await;
    gate.press("Continue").await;
    page.within("Another passkey").fill("Name", CANARY).await;
    page.press("Add a passkey").await;
    page.see("The second factor is set up.").await;
}

#[test]
fn markup_in_what_people_write_does_nothing() {
    let receiver = Receiver::saying(CANARY, "text/html");
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
        for path in ["/", "/users/edit", "/users/passkeys"] {
            look_at(&page, "owner", path, path != "/users/passkeys").await;
        }
        page.become_user("root").await;
        for (path, shown) in pages(&planted) {
            look_at(&page, "root", &path, shown).await;
        }
        name_a_passkey(&page).await;
        look_at(&page, "owner", "/users/passkeys", true).await;
        look_at(&page, "owner", "/users/edit", true).await;
    });
}
