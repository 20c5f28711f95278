//! Groups of the directory and the teams here.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use portus_rs::{
    actions::{deletion, members, users},
    entities::{team, team_user, user},
    identity::actor::Actor,
    remote::ldap::Looked,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};

use super::{account, docker, enrolled, is_in, run, service};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::Service,
    slapd::{SUFFIX, Slapd, dn, group, joins, leaves, password, person},
};

/// Who is in a team, and as what.
pub(super) async fn members(service: &Service, team: &team::Model) -> BTreeMap<String, String> {
    let rows = team_user::Entity::find()
        .filter(team_user::Column::TeamId.eq(team.id))
        .find_also_related(user::Entity)
        .all(service.app.database.reader())
        .await
        .unwrap();
    rows.into_iter()
        .map(|(row, who)| (who.unwrap().username, row.role.as_str().to_owned()))
        .collect()
}

#[track_caller]
pub(super) fn are(found: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(found, expected);
}

/// Looks at all teams, as an hour later.
async fn later(service: &Service) {
    service.app.clock.advance(TimeDelta::hours(1));
    run(service, "ldap-groups").await;
}

on_every_database! {
    async fn members_of_a_group_join_the_team_of_its_name_and_leave_with_it(database: TestDatabase) {
        let slapd = Slapd::builder()
            .person("ann").person("bob").person("eve").person("sue")
            .unique_group("lopirineu", &["ann", "bob", "eve"])
            .group("arria", &["ann", "bob"])
            .posix_group("pirineus", &["bob"])
            .start();
        let service = service(database, &slapd, &[]).await;
        let root = service.admin("root").await;
        enrolled(&service, "ann").await;
        enrolled(&service, "bob").await;
        let (lopirineu, arria, pirineus, other) = (
            service.team("lopirineu", &root).await,
            service.team("Arria", &root).await,
            service.team("pirineus", &root).await,
            service.team("other", &root).await,
        );
        run(&service, "ldap-groups").await;
        are(&members(&service, &lopirineu).await, &[("ann", "viewer"), ("bob", "viewer"), ("root", "owner")]);
        are(&members(&service, &arria).await, &[("ann", "viewer"), ("bob", "viewer"), ("root", "owner")]);
        are(&members(&service, &pirineus).await, &[("bob", "viewer"), ("root", "owner")]);
        are(&members(&service, &other).await, &[("root", "owner")]);
        // Somebody who comes later joins at once.
        enrolled(&service, "eve").await;
        are(&members(&service, &lopirineu).await, &[("ann", "viewer"), ("bob", "viewer"), ("eve", "viewer"), ("root", "owner")]);
        // `sue` was made by hand, and stays whatever the group says; so does who is promoted.
        enrolled(&service, "sue").await;
        let sue = account(&service, "sue").await.unwrap();
        service.member(&arria, &sue, "contributor").await;
        slapd.modify(&group("arria"), leaves("ann")).await;
        run(&service, "ldap-groups").await;
        assert_eq!(members(&service, &arria).await.len(), 4, "its hour has not come");
        later(&service).await;
        are(&members(&service, &arria).await, &[("bob", "viewer"), ("root", "owner"), ("sue", "contributor")]);
        slapd.modify(&group("arria"), joins("sue")).await;
        later(&service).await;
        slapd.modify(&group("arria"), leaves("sue")).await;
        later(&service).await;
        are(&members(&service, &arria).await, &[("bob", "viewer"), ("root", "owner"), ("sue", "contributor")]);
        let told = "activities WHERE activities.key = 'team.remove_member' AND parameters LIKE '%cn=arria%'";
        assert_eq!(service.count(told).await, 1);
        slapd.remove(&group("lopirineu")).await;
        later(&service).await;
        are(&members(&service, &lopirineu).await, &[("root", "owner")]);
        // Doing it again does nothing.
        let before = service.count("activities").await;
        later(&service).await;
        assert_eq!(service.count("activities").await, before);
    }
}

#[actix_web::test]
async fn a_login_brings_and_takes_memberships_at_once() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .group("devs", &["bob"])
        .start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = service.admin("root").await;
    let devs = service.team("devs", &root).await;
    service.namespace("devs", &devs, "private").await;
    enrolled(&service, "ann").await;
    are(&members(&service, &devs).await, &[("root", "owner")]);
    slapd.modify(&group("devs"), joins("ann")).await;
    service.app.passwords.forget();
    is_in(&docker(&service, "ann", &password("ann")).await);
    are(
        &members(&service, &devs).await,
        &[("ann", "viewer"), ("root", "owner")],
    );
    let pull = ["repository:devs/app:pull"];
    let ann = password("ann");
    let given = service.access(Some(("ann", &ann)), &pull).await.unwrap();
    assert_eq!(given[0]["actions"][0], "pull");
    slapd.modify(&group("devs"), leaves("ann")).await;
    service.app.passwords.forget();
    is_in(&docker(&service, "ann", &password("ann")).await);
    are(&members(&service, &devs).await, &[("root", "owner")]);
    let given = service.access(Some(("ann", &ann)), &pull).await.unwrap();
    assert_eq!(given, serde_json::json!([]));
}

#[actix_web::test]
async fn groups_are_mapped_to_teams_roles_and_admins() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .person("eve")
        .group("ops", &["ann"])
        .group("web-people", &["ann", "bob"])
        .group("chiefs", &["eve"])
        .start();
    let map = format!("web-people=web:contributor; {}=web:owner", group("ops"));
    let settings = [
        ("PORTUS_LDAP_GROUP_SYNC_MAP", map.as_str()),
        ("PORTUS_LDAP_GROUP_SYNC_ADMINS", "chiefs"),
    ];
    let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
    let root = service.admin("root").await;
    let web = service.team("web", &root).await;
    for name in ["ann", "bob", "eve"] {
        enrolled(&service, name).await;
    }
    are(
        &members(&service, &web).await,
        &[("ann", "owner"), ("bob", "contributor"), ("root", "owner")],
    );
    assert!(account(&service, "eve").await.unwrap().admin);
    assert!(!account(&service, "ann").await.unwrap().admin);
    // The higher role goes, the lower one is left.
    slapd
        .modify(
            &group("ops"),
            vec![ldap3::Mod::Replace("member".to_owned(), [dn("bob")].into())],
        )
        .await;
    later(&service).await;
    are(
        &members(&service, &web).await,
        &[("ann", "contributor"), ("bob", "owner"), ("root", "owner")],
    );
    // Who is an admin by the group is one no longer than that; who is one by hand stays.
    let bob = account(&service, "bob").await.unwrap();
    users::set_admin(&service.app, &Actor::Operator, bob.id, true)
        .await
        .unwrap();
    slapd
        .modify(
            &group("chiefs"),
            vec![ldap3::Mod::Replace("member".to_owned(), [dn("bob")].into())],
        )
        .await;
    run(&service, "ldap-accounts").await;
    assert!(!account(&service, "eve").await.unwrap().admin);
    assert!(account(&service, "bob").await.unwrap().admin);
    slapd
        .modify(
            &group("chiefs"),
            vec![ldap3::Mod::Replace("member".to_owned(), [dn("ann")].into())],
        )
        .await;
    run(&service, "ldap-accounts").await;
    assert!(
        account(&service, "bob").await.unwrap().admin,
        "made by hand"
    );
    assert!(account(&service, "ann").await.unwrap().admin);
}

/// Whom the base of admins makes one is one from the first login on; with the switch, as long as the entry is there.
#[actix_web::test]
async fn the_base_of_admins_decides_at_every_login_where_it_is_to() {
    let chief = format!("uid=ann,ou=admins,{SUFFIX}");
    for sync in ["false", "true"] {
        let slapd = Slapd::builder()
            .entry(&chief, &person("ann", ""))
            .person("bob")
            .start();
        let base = format!("ou=admins,{SUFFIX}");
        let settings = [
            ("PORTUS_LDAP_ADMIN_BASE", base.as_str()),
            ("PORTUS_LDAP_SYNC_ADMIN", sync),
        ];
        let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
        service.admin("root").await;
        assert!(enrolled(&service, "ann").await.admin);
        let bob = enrolled(&service, "bob").await;
        assert!(!bob.admin);
        users::set_admin(&service.app, &Actor::Operator, bob.id, true)
            .await
            .unwrap();
        slapd.remove(&chief).await;
        slapd.add_person("ann").await;
        service.app.passwords.forget();
        for name in ["ann", "bob"] {
            let stays = sync == "false";
            assert_eq!(enrolled(&service, name).await.admin, stays, "{name} {sync}");
        }
    }
}

/// A group that gave a team its only owner takes it away, and that is said.
#[actix_web::test]
async fn the_last_owner_leaves_with_the_group_and_that_is_said() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .group("ops", &["ann", "bob"])
        .start();
    let map = format!("{}=web:owner", group("ops"));
    let settings = [("PORTUS_LDAP_GROUP_SYNC_MAP", map.as_str())];
    let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
    let root = service.admin("root").await;
    let web = service.team("web", &root).await;
    for name in ["ann", "bob"] {
        enrolled(&service, name).await;
    }
    let connection = service.database.connect().await;
    let sql = format!("DELETE FROM team_users WHERE user_id = {}", root.id);
    connection.execute_unprepared(&sql).await.unwrap();
    connection.close().await.unwrap();
    let said = "activities WHERE activities.key = 'team:ownerless'";
    slapd.modify(&group("ops"), leaves("ann")).await;
    later(&service).await;
    are(&members(&service, &web).await, &[("bob", "owner")]);
    assert_eq!(service.count(said).await, 0, "bob is left");
    slapd.remove(&group("ops")).await;
    later(&service).await;
    are(&members(&service, &web).await, &[]);
    assert_eq!(service.count(said).await, 1);
}

#[actix_web::test]
async fn the_switch_of_a_team_ends_it() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .group("devs", &["ann", "bob"])
        .start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = service.admin("root").await;
    enrolled(&service, "ann").await;
    let devs = service.team("devs", &root).await;
    deletion::disable_ldap_check(&service.app, &Service::actor(&root), devs.id)
        .await
        .unwrap();
    enrolled(&service, "bob").await;
    later(&service).await;
    are(&members(&service, &devs).await, &[("root", "owner")]);
}

#[actix_web::test]
async fn a_role_that_somebody_changed_is_theirs() {
    let slapd = Slapd::builder()
        .person("ann")
        .group("devs", &["ann"])
        .person("bob")
        .start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = service.admin("root").await;
    let by = Service::actor(&root);
    let ann = enrolled(&service, "ann").await;
    let devs = service.team("devs", &root).await;
    run(&service, "ldap-groups").await;
    let row = team_user::Entity::find()
        .filter(team_user::Column::TeamId.eq(devs.id))
        .filter(team_user::Column::UserId.eq(ann.id))
        .one(service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    members::change_role(&service.app, &by, devs.id, row.id, "contributor")
        .await
        .unwrap();
    later(&service).await;
    are(
        &members(&service, &devs).await,
        &[("ann", "contributor"), ("root", "owner")],
    );
    slapd
        .modify(
            &group("devs"),
            vec![ldap3::Mod::Replace("member".to_owned(), [dn("bob")].into())],
        )
        .await;
    later(&service).await;
    are(
        &members(&service, &devs).await,
        &[("ann", "contributor"), ("root", "owner")],
    );
}

#[actix_web::test]
async fn names_with_signs_of_filters_bring_nobody_in() {
    let strange = format!("uid=a\\2Cb(c)*,ou=people,{SUFFIX}");
    let slapd = Slapd::builder()
        .person("ann")
        .entry(&strange, &person("a,b(c)*", ""))
        .entry(
            &group("d*)(vs"),
            &format!("objectClass: groupOfNames\nmember: {strange}"),
        )
        .group("devs", &["ann"])
        .start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = service.admin("root").await;
    enrolled(&service, "ann").await;
    enrolled(&service, "a,b(c)*").await;
    let all = service.team("*", &root).await;
    let part = service.team("dev*", &root).await;
    let or = service.team("x)(cn=devs", &root).await;
    let same = service.team("d*)(vs", &root).await;
    run(&service, "ldap-groups").await;
    for team in [&all, &part, &or] {
        are(&members(&service, team).await, &[("root", "owner")]);
    }
    are(
        &members(&service, &same).await,
        &[("a,b(c)*", "viewer"), ("root", "owner")],
    );
}

#[actix_web::test]
async fn a_directory_that_does_not_answer_takes_nothing_away() {
    let mut slapd = Slapd::builder()
        .person("ann")
        .group("devs", &["ann"])
        .start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = service.admin("root").await;
    let devs = service.team("devs", &root).await;
    enrolled(&service, "ann").await;
    slapd.stop();
    service.app.clock.advance(TimeDelta::hours(1));
    let failed = portus_rs::jobs::run_by_hand(&service.app, "ldap-groups").await;
    assert!(failed.is_err());
    are(
        &members(&service, &devs).await,
        &[("ann", "viewer"), ("root", "owner")],
    );
    // Nor was it noted as checked.
    slapd.start();
    // A group cannot be empty.
    slapd.modify(&group("devs"), joins("nobody")).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    slapd.modify(&group("devs"), leaves("ann")).await;
    run(&service, "ldap-groups").await;
    are(&members(&service, &devs).await, &[("root", "owner")]);
}

#[actix_web::test]
async fn a_group_of_many_pages_is_read_whole() {
    let names: Vec<String> = (0..1200).map(|n| format!("p{n:04}")).collect();
    let mut builder = Slapd::builder();
    for name in &names {
        builder = builder.person(name);
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let slapd = builder.group("all", &all).start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let directory = service.app.directory.as_ref().unwrap();
    let found = directory.people(&all).await.unwrap();
    assert_eq!(found.len(), names.len());
    let root = service.admin("root").await;
    enrolled(&service, "p0000").await;
    enrolled(&service, "p1199").await;
    let team = service.team("all", &root).await;
    run(&service, "ldap-groups").await;
    are(
        &members(&service, &team).await,
        &[("p0000", "viewer"), ("p1199", "viewer"), ("root", "owner")],
    );
}

#[actix_web::test]
async fn admins_become_owners_and_nobody_joins_a_hidden_team() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .group("devs", &["ann", "bob"])
        .group("root", &["ann", "bob"])
        .start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = service.admin("root").await;
    let devs = service.team("devs", &root).await;
    let home = team::Entity::find()
        .filter(team::Column::Name.eq("root"))
        .one(service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    assert!(home.hidden, "the team of root's own namespace");
    let ann = enrolled(&service, "ann").await;
    users::set_admin(&service.app, &Actor::Operator, ann.id, true)
        .await
        .unwrap();
    service.app.passwords.forget();
    for name in ["ann", "bob"] {
        enrolled(&service, name).await;
    }
    later(&service).await;
    are(
        &members(&service, &devs).await,
        &[("ann", "owner"), ("bob", "viewer"), ("root", "owner")],
    );
    are(&members(&service, &home).await, &[("root", "owner")]);
}

/// More than the server gives at once.
#[actix_web::test]
async fn somebody_in_many_pages_of_groups_is_in_all_of_them() {
    let names: Vec<String> = (0..1100).map(|n| format!("g{n:04}")).collect();
    let mut builder = Slapd::builder().person("ann");
    for name in &names {
        builder = builder.group(name, &["ann"]);
    }
    let slapd = builder.start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let directory = service.app.directory.as_ref().unwrap();
    let Looked::One(ann) = directory.person("ann").await.unwrap() else {
        panic!("no ann")
    };
    let found = directory.groups_of(&ann).await.unwrap();
    assert_eq!(found.len(), names.len());
}
