//! Passkeys in a real browser, with a device that Chromium makes up.

use serde_json::json;

use crate::{
    pages::{
        axe::axe,
        driver::{ELSEWHERE, Look, RUNTIME, passkey_device, passkeys_on, put_passkey},
        page::{Page, browse},
    },
    support::{
        databases::TestDatabase,
        site::{PASSWORD, Site},
        skopeo::Skopeo,
    },
};

/// A site at the one address where browsers need no TLS for passkeys, and that address.
fn site() -> (Site, String) {
    let site = RUNTIME.block_on(async {
        let builder = Site::builder().env("PORTUS_GRAVATAR_ENABLED", "false");
        let site = builder.named("localhost");
        site.start(TestDatabase::sqlite()).await
    });
    let url = site.portus.url().replace("127.0.0.1", "localhost");
    (site, url)
}

async fn show_the_password(page: &Page) {
    let gate = page.within("Show that it is you");
    gate.fill("Current password", PASSWORD).await;
    gate.press("Continue").await;
}

async fn sign_out(page: &Page) {
    page.press("Logout").await;
    page.at("/users/sign_in").await;
}

async fn looks_well(page: &Page) {
    let report = axe(page).await;
    assert!(report.is_empty(), "{report}");
    assert_eq!(page.complaints().await, Vec::<String>::new());
}

#[test]
fn a_passkey_is_added_used_alone_and_after_the_password_and_removed() {
    let (site, url) = site();
    let owner = RUNTIME.block_on(site.user("owner"));
    browse(Look::DESKTOP, &url, async |page| {
        let device = passkey_device(&page.client).await;
        page.become_user("owner").await;
        page.open("/users/edit").await;
        page.see("You have no passkeys.").await;
        page.press("Manage passkeys").await;
        page.see("You have no passkeys yet.").await;
        assert!(
            !page.offers("Add a passkey").await,
            "not by a session alone"
        );
        looks_well(&page).await;
        show_the_password(&page).await;
        page.within("Another passkey").fill("Name", "laptop").await;
        looks_well(&page).await;
        page.press("Add a passkey").await;
        page.see("The second factor is set up.").await;
        page.open("/users/passkeys").await;
        page.see("laptop").await;
        page.within("Another passkey")
            .fill("Name", "laptop again")
            .await;
        page.press("Add a passkey").await;
        page.see("This device has a passkey for your account already.")
            .await;

        // Alone.
        sign_out(&page).await;
        looks_well(&page).await;
        page.press("Sign in with a passkey").await;
        page.at("/").await;

        // Docker asks for more than the password from now on.
        let client = Skopeo::anonymous();
        let _ = client
            .login(&site.registry.address, "owner", PASSWORD)
            .failed();
        let token = site.token(owner).await;
        let _ = client
            .login(&site.registry.address, "owner", &token)
            .succeeded();

        // After the password.
        sign_out(&page).await;
        page.fill("Username", "owner").await;
        page.fill("Password", PASSWORD).await;
        page.press("Login").await;
        page.see("Use your passkey, or enter one of your recovery codes.")
            .await;
        looks_well(&page).await;
        page.press("Use a passkey").await;
        page.at("/").await;

        // A copy that has not seen what the other has signed.
        let mut passkey = passkeys_on(&page.client, &device).await.remove(0);
        assert_eq!(passkey["rpId"], "localhost");
        assert!(passkey["signCount"].as_u64().unwrap() > 1, "{passkey}");
        let next = passkey.clone();
        passkey["signCount"] = json!(0);
        put_passkey(&page.client, &device, passkey).await;
        sign_out(&page).await;
        page.press("Sign in with a passkey").await;
        page.see("it may have been copied").await;
        put_passkey(&page.client, &device, next).await;
        page.press("Sign in with a passkey").await;
        page.at("/").await;

        // Ten minutes have not passed, but this is another session.
        page.open("/users/passkeys").await;
        assert!(
            !page
                .within("laptop")
                .offers("Remove the passkey laptop")
                .await
        );
        page.press("Use a passkey").await;
        page.within("laptop")
            .press("Remove the passkey laptop")
            .await;
        page.press("Yes").await;
        page.see("The passkey was removed.").await;
        page.see("You have no passkeys yet.").await;
        sign_out(&page).await;
        page.press("Sign in with a passkey").await;
        page.see("This passkey is not known here.").await;
        page.become_user("owner").await;
    });
}

#[test]
fn where_passkeys_cannot_be_used_the_page_says_so() {
    let (site, url) = site();
    RUNTIME.block_on(site.user("owner"));
    let elsewhere = url.replace("localhost", ELSEWHERE);
    browse(Look::DESKTOP, &elsewhere, async |page| {
        page.open("/users/sign_in").await;
        assert!(!page.offers("Sign in with a passkey").await);
        page.become_user("owner").await;
        page.open("/users/passkeys").await;
        show_the_password(&page).await;
        page.see(&format!("Passkeys are used at {url} only.")).await;
        assert!(!page.offers("Add a passkey").await);
    });
    browse(Look::WITHOUT_SCRIPTS, &url, async |page| {
        page.open("/users/sign_in").await;
        page.see("Passkeys need scripts").await;
        page.become_user("owner").await;
        page.open("/users/passkeys").await;
        show_the_password(&page).await;
        page.see("Passkeys need scripts").await;
        assert!(!page.offers("Add a passkey").await);
    });
    browse(Look::DESKTOP, &url, async |page| {
        // A device that is not there, or somebody who says no.
        let device = passkey_device(&page.client).await;
        page.open("/users/sign_in").await;
        assert!(passkeys_on(&page.client, &device).await.is_empty());
        page.press("Sign in with a passkey").await;
        page.see("That did not work.").await;
        assert_eq!(page.path().await, "/users/sign_in");
    });
}
