//! People of an LDAP directory at the door.

use super::site::{site, walk};
use crate::support::{
    skopeo::Skopeo,
    slapd::{Slapd, dn, password, person},
};

#[test]
fn people_of_the_directory_walk_in() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("ben")
        .entry(&dn("mute"), &person("mute", ""))
        .start();
    let settings = slapd.settings();
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    settings.extend([
        ("PORTUS_LDAP_GUESS_EMAIL_ENABLED", "true"),
        ("PORTUS_LDAP_GUESS_EMAIL_ATTR", "mail"),
    ]);
    let site = site(&settings);
    walk(&site, async |page| {
        page.open("/").await;
        page.see("Login").await;
        assert!(!page.offers("Create a new account").await);
        assert!(!page.offers("I forgot my password").await);
        page.open("/users/sign_up").await;
        page.at("/users/sign_in").await;
        page.open("/").await;
        page.fill("Username", "ann").await;
        page.fill("Password", "wrong").await;
        page.press("Login").await;
        page.see("Invalid Username or password.").await;
        page.fill("Password", &password("ann")).await;
        page.press("Login").await;
        page.see("Welcome! Your personal namespace is 'ann'.").await;
        page.at("/").await;
        // The directory changes passwords, not we.
        page.open("/users/edit").await;
        page.see("Public Profile").await;
        page.not_see("Change Password").await;
        page.shows("ldap-profile").await;
        page.press("Logout").await;
        page.fill("Username", "ann").await;
        page.fill("Password", &password("ann")).await;
        page.press("Login").await;
        page.see("Dashboard").await;
        page.not_see("Welcome!").await;

        // Never on the web.
        let ben = Skopeo::anonymous();
        let _ = ben
            .login(&site.registry.address, "ben", &password("ben"))
            .succeeded();
        page.become_user("root").await;
        page.open("/admin/users").await;
        page.see("ben@mail.example.org").await;
        page.shows("ldap-users").await;

        // Without an address there is one thing to do first.
        page.become_user("").await;
        page.open("/").await;
        page.fill("Username", "mute").await;
        page.fill("Password", &password("mute")).await;
        page.press("Login").await;
        page.at("/users/edit").await;
        page.see("Your profile is not complete.").await;
        page.shows("profile-incomplete").await;
        page.open("/teams").await;
        page.at("/users/edit").await;
        page.fill("Email", "mute@example.com").await;
        page.within("Public Profile").press("Save").await;
        page.see("Profile updated successfully!").await;
        page.open("/teams").await;
        page.at("/teams").await;
    });
}
