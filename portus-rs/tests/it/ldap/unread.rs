//! People and groups of whom the directory tells nothing: they cost nothing, and lose nothing.

use chrono::TimeDelta;
use portus_rs::{actions::users, jobs};

use super::{
    account, enrolled,
    groups::{are, members},
    run, service,
};
use crate::support::{
    databases::TestDatabase,
    service::Service,
    slapd::{SUFFIX, Slapd, group, joins, person},
};

/// Whom the directory does not have, or has twice, or has closed, is not asked about again and again.
#[actix_web::test]
async fn whoever_cannot_be_asked_about_makes_nobody_read_the_whole_directory_again() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .entry(&format!("uid=bob,ou=admins,{SUFFIX}"), &person("bob", ""))
        .group("devs", &["ann"])
        .start();
    let service = service(
        TestDatabase::sqlite(),
        &slapd,
        &[("PORTUS_LDAP_BASE", SUFFIX)],
    )
    .await;
    let root = Service::actor(&service.admin("root").await);
    for name in ["ann", "bob", "eve", "kim"] {
        let row = service.user(name).await;
        users::set_directory(&service.app, &root, row.id, true)
            .await
            .unwrap();
    }
    run(&service, "ldap-groups").await;
    let asked = slapd.asked("SRCH base=");
    assert!(asked > 0);
    for _ in 0..2 {
        run(&service, "ldap-groups").await;
        assert_eq!(slapd.asked("SRCH base="), asked);
    }
    // Nor are those who are gone already, until they come back.
    let lou = service.user("lou").await;
    users::set_directory(&service.app, &root, lou.id, true)
        .await
        .unwrap();
    run(&service, "ldap-accounts").await;
    assert!(
        account(&service, "lou")
            .await
            .unwrap()
            .directory_gone_at
            .is_some()
    );
    let asked = slapd.asked("SRCH base=");
    run(&service, "ldap-groups").await;
    assert_eq!(slapd.asked("SRCH base="), asked);
    slapd.add_person("lou").await;
    slapd.modify(&group("devs"), joins("lou")).await;
    run(&service, "ldap-accounts").await;
    let asked = slapd.asked("SRCH base=");
    run(&service, "ldap-groups").await;
    assert!(slapd.asked("SRCH base=") > asked);
    assert_eq!(
        account(&service, "lou").await.unwrap().ldap_group_checked,
        1
    );
}

/// A group that is elsewhere, or whose name is none, takes nothing away; the others are read all the same.
#[actix_web::test]
async fn a_group_that_cannot_be_read_takes_nothing_away_and_keeps_no_other_team_waiting() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .group("ops", &["ann"])
        .group("devs", &["ann"])
        .start();
    let map = format!("{}=web:owner; cn=,,=api:owner", group("ops"));
    let settings = [("PORTUS_LDAP_GROUP_SYNC_MAP", map.as_str())];
    let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
    let root = service.admin("root").await;
    let web = service.team("web", &root).await;
    enrolled(&service, "ann").await;
    enrolled(&service, "bob").await;
    let as_before = [("ann", "owner"), ("root", "owner")];
    are(&members(&service, &web).await, &as_before);
    let api = service.team("api", &root).await;
    let devs = service.team("devs", &root).await;
    slapd.remove(&group("ops")).await;
    slapd
        .add(
            &group("ops"),
            "objectClass: referral\nobjectClass: extensibleObject\ncn: ops\nref: ldap://elsewhere.example.org/cn=ops",
        )
        .await;
    slapd.modify(&group("devs"), joins("bob")).await;
    service.app.clock.advance(TimeDelta::hours(1));
    let failed = jobs::run_by_hand(&service.app, "ldap-groups").await;
    let text = failed.unwrap_err().to_string();
    assert!(text.contains("the team 'web'"), "{text}");
    assert!(text.contains("another server"), "{text}");
    are(&members(&service, &web).await, &as_before);
    are(&members(&service, &api).await, &[("root", "owner")]);
    are(
        &members(&service, &devs).await,
        &[("ann", "viewer"), ("bob", "viewer"), ("root", "owner")],
    );
    // It is asked again when its time comes, and not before.
    let asked = slapd.asked("SRCH base=");
    run(&service, "ldap-groups").await;
    assert_eq!(slapd.asked("SRCH base="), asked);
    slapd.remove(&group("devs")).await;
    service.app.clock.advance(TimeDelta::hours(1));
    let failed = jobs::run_by_hand(&service.app, "ldap-groups").await;
    assert!(failed.is_err());
    are(&members(&service, &devs).await, &[("root", "owner")]);
}
