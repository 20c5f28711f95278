//! Coming in through identity providers: as the very first, as somebody new, and as who has an account already.

use portus_rs::clock::Clock;
use serde_json::json;

use super::first_day::named;
use crate::{
    pages::{
        driver::{Look, RUNTIME},
        page::{Page, browse},
    },
    support::{
        portus::Portus,
        provider::{CLIENT, Provider, SECRET},
        site::PASSWORD,
    },
};

const OPENID: &str = "Open Id Connect";

/// A service that nobody has an account at, with two ways in.
fn fresh(provider: &Provider) -> Portus {
    let portus = Portus::builder();
    let url = portus.url();
    let settings = [
        ("OPENID_CONNECT_ENABLED", "true"),
        ("OPENID_CONNECT_ISSUER", provider.url.as_str()),
        ("OPENID_CONNECT_IDENTIFIER", CLIENT),
        ("OPENID_CONNECT_SECRET", SECRET),
        // Not everybody in the world becomes the first admin.
        ("OPENID_CONNECT_DOMAIN", "id.example"),
        ("GITHUB_ENABLED", "true"),
        ("GITHUB_SERVER", provider.url.as_str()),
        ("GITHUB_CLIENT_ID", CLIENT),
        ("GITHUB_CLIENT_SECRET", SECRET),
    ];
    let portus = settings
        .iter()
        .fold(named(portus, &url), |it, (name, value)| {
            it.env(&format!("PORTUS_OAUTH_{name}"), value)
        });
    portus.start()
}

fn openid(provider: &Provider, subject: &str, name: &str) {
    let email = format!("{name}@id.example");
    provider.state().person = json!({"sub": subject, "email": email, "email_verified": true,
        "preferred_username": name, "name": name.to_uppercase()});
}

fn github(provider: &Provider) {
    let mut state = provider.state();
    state.rest.insert(
        "/api/v3/user".to_owned(),
        json!({"id": 583_231, "login": "octocat", "name": "Mona Lisa"}),
    );
    state.rest.insert(
        "/api/v3/user/emails".to_owned(),
        json!([{"email": "mona@corp.example", "primary": true, "verified": true}]),
    );
}

async fn leave(page: &Page) {
    page.press("Logout").await;
    page.see("Signed out successfully.").await;
    page.at("/users/sign_in").await;
}

#[test]
fn people_come_in_through_providers() {
    let provider = {
        let _entered = RUNTIME.enter();
        Provider::start(Clock::default().now())
    };
    let portus = fresh(&provider);
    browse(Look::DESKTOP, &portus.url(), async |page| {
        // The very first account.
        openid(&provider, "1", "ann");
        page.open("/").await;
        page.at("/users/sign_up").await;
        page.shows("sign-up-providers").await;
        page.press(OPENID).await;
        page.at("/users/oauth").await;
        page.see("Define your Username and Display Name").await;
        assert_eq!(page.value("Username").await, "ann");
        page.shows("provider-register").await;
        page.press("Create account").await;
        page.see("Successfully registered as 'ann'!").await;
        page.at("/admin/registries/new").await;
        leave(&page).await;
        page.shows("sign-in-providers").await;
        page.press(OPENID).await;
        page.see("Successfully authenticated from").await;

        // Somebody new, from somewhere else.
        leave(&page).await;
        github(&provider);
        page.press("Github").await;
        page.at("/users/oauth").await;
        assert_eq!(page.value("Username").await, "octocat");
        page.fill("Username", "ann").await;
        page.press("Create account").await;
        page.see("has already been taken").await;
        page.fill("Username", "mona").await;
        page.press("Create account").await;
        page.see("Successfully registered as 'mona'!").await;
        page.at("/").await;

        // Somebody whose account is older than the provider.
        leave(&page).await;
        page.press("Create a new account").await;
        page.fill("Username", "bob").await;
        page.fill("Email", "bob@id.example").await;
        page.fill("Password (8 characters min.)", PASSWORD).await;
        page.fill("Password again", PASSWORD).await;
        page.press("Create account").await;
        page.see("You have signed up successfully.").await;
        leave(&page).await;
        openid(&provider, "2", "bob");
        page.press(OPENID).await;
        page.see("Is this account yours?").await;
        page.see("bob@id.example").await;
        page.shows("provider-claim").await;
        page.fill("Password", "not bob's").await;
        page.press("Link and sign in").await;
        page.see("Invalid").await;
        page.fill("Password", PASSWORD).await;
        page.press("Link and sign in").await;
        page.see("Successfully authenticated from").await;
        page.at("/").await;
        leave(&page).await;
        page.press(OPENID).await;
        page.see("Successfully authenticated from").await;
        page.at("/").await;

        // Who changes their mind there is told so here, and may try again.
        leave(&page).await;
        provider.state().denied = Some("access_denied".to_owned());
        page.press(OPENID).await;
        page.at("/users/sign_in").await;
        page.see("Could not authenticate you").await;
        page.shows("provider-denied").await;
        let mut complaints = page.complaints().await;
        // What was refused above.
        complaints.retain(|it| !it.contains(" 422 "));
        assert_eq!(complaints, Vec::<String>::new());
    });
}
