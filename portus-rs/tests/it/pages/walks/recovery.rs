//! Getting in without the password that one has forgotten, and not getting in with the password alone.

use std::time::Duration;

use chrono::TimeDelta;
use portus_rs::clock::Clock;

use super::first_day::named;
use crate::{
    accounts::oathtool,
    pages::{
        driver::Look,
        page::{Page, browse},
    },
    support::{
        portus::{Builder, Portus},
        site::PASSWORD,
        smtpd::{Mode, Smtpd},
        wait::wait_for,
    },
};

/// A service where nobody is an admin yet.
fn service(change: impl FnOnce(Builder) -> Builder) -> Portus {
    let portus = Portus::builder();
    let url = portus.url();
    let portus = named(portus, &url).env("PORTUS_FIRST_USER_ADMIN_ENABLED", "false");
    change(portus).start()
}

/// Makes Ann's account.
async fn sign_up(page: &Page) {
    page.open("/").await;
    page.at("/users/sign_up").await;
    page.fill("Username", "ann").await;
    page.fill("Email", "ann@example.com").await;
    page.fill("Password (8 characters min.)", PASSWORD).await;
    page.fill("Password again", PASSWORD).await;
    page.press("Create account").await;
    page.see("You have signed up successfully.").await;
    page.at("/").await;
}

async fn sign_in(page: &Page, password: &str) {
    page.open("/users/sign_in").await;
    page.fill("Username", "ann").await;
    page.fill("Password", password).await;
    page.press("Login").await;
}

async fn leave(page: &Page) {
    page.press("Logout").await;
    page.see("Signed out successfully.").await;
}

/// Path and query of the link in the only letter.
fn link(server: &Smtpd, portus: &Portus) -> String {
    wait_for("the letter is there", Duration::from_secs(20), || {
        !server.letters().is_empty()
    });
    let letters = server.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let text = letters[0]["text"].as_str().unwrap();
    let mut links = text
        .lines()
        .filter_map(|line| line.strip_prefix(&*portus.url()));
    links.next_back().expect("a link").to_owned()
}

#[test]
fn a_forgotten_password_is_replaced_by_a_letter() {
    const NEW: &str = "another long password";
    let server = Smtpd::start(Mode::Plain);
    let portus = service(|builder| {
        let settings = server.settings(&[]);
        settings
            .iter()
            .fold(builder, |it, (name, value)| it.env(name, value))
    });
    browse(Look::DESKTOP, &portus.url(), async |page| {
        sign_up(&page).await;
        leave(&page).await;
        page.press("I forgot my password").await;
        page.fill("Email", "ann@example.com").await;
        page.press("Reset password").await;
        page.at("/users/sign_in").await;
        page.see("You will receive an email with instructions")
            .await;
        page.shows("password-sent").await;
        let link = link(&server, &portus);
        page.open(&link).await;
        page.see("Choose another password").await;
        page.shows("password-choose").await;
        page.fill("Password", NEW).await;
        page.fill("Password confirmation", "and a slip").await;
        page.press("Change my password").await;
        page.see("doesn't match").await;
        page.shows("password-mismatch").await;
        page.fill("Password", NEW).await;
        page.fill("Password confirmation", NEW).await;
        page.press("Change my password").await;
        page.see("Your password has been changed successfully. You are now signed in.")
            .await;
        page.at("/").await;
        leave(&page).await;
        sign_in(&page, PASSWORD).await;
        page.see("Invalid").await;
        sign_in(&page, NEW).await;
        page.at("/").await;
        leave(&page).await;
        // The link was good once.
        page.open(&link).await;
        page.see("is invalid").await;
        assert!(page.asks_for("Email").await);
        page.shows("password-link-used").await;
    });
}

#[test]
fn a_second_factor_is_set_up_and_asked_for() {
    let portus = service(|builder| builder);
    browse(Look::DESKTOP, &portus.url(), async |page| {
        sign_up(&page).await;
        page.open("/users/edit").await;
        page.press("Set up a second factor").await;
        page.see("Show that it is you").await;
        // One thing is to be done here, and it is not about passkeys.
        page.not_see("Your passkeys").await;
        page.shows("factor-confirm").await;
        page.fill("Current password", PASSWORD).await;
        page.press("Continue").await;
        page.at("/users/second_factor").await;
        page.shows("factor").await;
        let key = page
            .run("return document.querySelector('.factor-steps [data-copy]').dataset.copy.replaceAll(' ', '')")
            .await;
        let key = key.as_str().unwrap().to_owned();
        page.fill("Code", "000000").await;
        page.press("Confirm").await;
        page.see("The code is wrong").await;
        let now = Clock::default().now();
        page.fill("Code", &oathtool(&key, now)).await;
        page.press("Confirm").await;
        page.see("The second factor is set up.").await;
        page.shows("factor-codes").await;
        let codes = page
            .run("return [...document.querySelectorAll('.recovery-codes code')].map((it) => it.textContent)")
            .await;
        let code = |number: usize| codes[number].as_str().unwrap().to_owned();
        page.press("Done").await;
        page.within("Second factor").see("On since").await;
        page.shows("profile-factor").await;
        leave(&page).await;

        sign_in(&page, PASSWORD).await;
        page.see("One more step").await;
        page.shows("sign-in-code").await;
        page.open("/").await;
        page.see("Password").await;
        sign_in(&page, PASSWORD).await;
        page.fill("Code", "000000").await;
        page.press("Login").await;
        page.see("The code is wrong").await;
        page.shows("sign-in-code-wrong").await;
        // The next one, since none is good twice.
        page.fill("Code", &oathtool(&key, now + TimeDelta::seconds(30)))
            .await;
        page.press("Login").await;
        page.at("/").await;
        leave(&page).await;

        // The phone is lost.
        sign_in(&page, PASSWORD).await;
        page.fill("Code", &code(0)).await;
        page.press("Login").await;
        page.at("/").await;
        page.open("/users/edit").await;
        let factor = page.within("Second factor");
        factor.see("9 recovery codes are left.").await;
        factor.fill("Code", &code(1)).await;
        factor.press("Remove").await;
        page.see("The second factor was removed.").await;
        leave(&page).await;
        sign_in(&page, PASSWORD).await;
        page.at("/").await;
    });
}
