//! Active Directory: other names for everything, groups in groups, referrals.

use chrono::TimeDelta;
use portus_rs::entities::{team, team_user, user};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::{WRONG, account, docker, is_in, is_refused, run};
use crate::support::{
    databases::TestDatabase,
    samba::{Samba, password},
    service::Service,
};

async fn service(samba: &Samba, more: &[(&str, &str)]) -> Service {
    let settings = samba.settings();
    let mut all: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.extend(more);
    Service::with(TestDatabase::sqlite(), &all).await
}

async fn members(service: &Service, team: &team::Model) -> Vec<String> {
    let rows = team_user::Entity::find()
        .filter(team_user::Column::TeamId.eq(team.id))
        .find_also_related(user::Entity)
        .order_by_asc(user::Column::Username)
        .all(service.app.database.reader())
        .await
        .unwrap();
    rows.into_iter()
        .map(|(_, who)| who.unwrap().username)
        .collect()
}

#[actix_web::test]
async fn people_of_a_domain_log_in_and_groups_in_groups_bring_them_into_teams() {
    let samba = match Samba::try_start(&["ann", "Bob", "eve"]) {
        Ok(samba) => samba,
        Err(reason) => {
            eprintln!("no domain controller here: {reason}");
            return;
        }
    };
    samba.tool(&["group", "add", "inner"]);
    samba.tool(&["group", "add", "outer"]);
    samba.tool(&["group", "addmembers", "inner", "ann"]);
    samba.tool(&["group", "addmembers", "outer", "inner,Bob"]);
    let service = service(&samba, &[]).await;
    let root = service.admin("root").await;
    let outer = service.team("outer", &root).await;
    let inner = service.team("Inner", &root).await;

    is_refused(&docker(&service, "ann", "wrong").await, WRONG);
    is_refused(&docker(&service, "nobody", &password("ann")).await, WRONG);
    is_in(&docker(&service, "ANN", &password("ann")).await);
    is_in(&docker(&service, "bob", &password("Bob")).await);
    is_in(&docker(&service, "eve", &password("eve")).await);
    assert!(
        account(&service, "Bob").await.is_some(),
        "the directory's spelling"
    );
    assert_eq!(members(&service, &outer).await, ["Bob", "ann", "root"]);
    assert_eq!(members(&service, &inner).await, ["ann", "root"]);

    // The look at the teams finds the same, and what has changed.
    service.app.clock.advance(TimeDelta::hours(1));
    run(&service, "ldap-groups").await;
    assert_eq!(members(&service, &outer).await, ["Bob", "ann", "root"]);
    samba.tool(&["group", "removemembers", "inner", "ann"]);
    samba.tool(&["group", "addmembers", "inner", "eve"]);
    service.app.clock.advance(TimeDelta::hours(1));
    run(&service, "ldap-groups").await;
    assert_eq!(members(&service, &outer).await, ["Bob", "eve", "root"]);
    assert_eq!(members(&service, &inner).await, ["eve", "root"]);

    let ann = account(&service, "ann").await.unwrap();
    let token = service.token_of(&ann, "ci").await;
    run(&service, "ldap-accounts").await;
    is_in(&docker(&service, "ann", &token).await);
    samba.tool(&["user", "disable", "ann"]);
    run(&service, "ldap-accounts").await;
    assert_eq!(docker(&service, "ann", &token).await.status.as_u16(), 401);
    assert_eq!(
        docker(&service, "ann", &password("ann"))
            .await
            .status
            .as_u16(),
        401
    );
    samba.tool(&["user", "enable", "ann"]);
    run(&service, "ldap-accounts").await;
    is_in(&docker(&service, "ann", &token).await);
    assert!(
        account(&service, "eve")
            .await
            .unwrap()
            .directory_gone_at
            .is_none()
    );

    by_their_principal_names(&samba).await;
}

async fn by_their_principal_names(samba: &Samba) {
    let uid = [("PORTUS_LDAP_UID", "userPrincipalName")];
    let service = service(samba, &uid).await;
    is_in(&docker(&service, "eve@corp.example", &password("eve")).await);
    is_refused(&docker(&service, "eve", &password("eve")).await, WRONG);
    assert!(
        account(&service, "eve@corp.example")
            .await
            .unwrap()
            .directory
    );
}
