//! Groups that a provider names, and the teams they stand for.

use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::{Browser, Sso, location};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::Service,
};

const SETTINGS: &[(&str, &str)] = &[
    ("PORTUS_OAUTH_OPENID_CONNECT_GROUPS_CLAIM", "realm.groups"),
    (
        "PORTUS_OAUTH_OPENID_CONNECT_GROUP_TEAMS",
        "/dev/lead=developers:owner, /dev=developers:contributor, ops=operators",
    ),
];

/// The teams of a person with the role in each.
async fn roles(service: &Service, name: &str) -> Vec<(String, String)> {
    use portus_rs::entities::{team, team_user, user};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let reader = service.app.database.reader();
    let person = user::Entity::find()
        .filter(user::Column::Username.eq(name))
        .one(reader)
        .await
        .unwrap()
        .unwrap();
    let rows = team_user::Entity::find()
        .filter(team_user::Column::UserId.eq(person.id))
        .find_also_related(team::Entity)
        .all(reader)
        .await
        .unwrap();
    let mut found: Vec<_> = rows
        .into_iter()
        .filter_map(|(row, team)| Some((team?, row)))
        .filter(|(team, _)| !team.hidden)
        .map(|(team, row)| (team.name, row.role.as_str().to_owned()))
        .collect();
    found.sort();
    found
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is written where it is called"
)]
fn person(groups: Value) -> Value {
    json!({"sub": "1", "email": "ann@id.example", "email_verified": true, "realm": {"groups": groups}})
}

fn pair(team: &str, role: &str) -> (String, String) {
    (team.to_owned(), role.to_owned())
}

on_every_database! {
    async fn groups_give_memberships_and_take_back_what_they_gave(database: TestDatabase) {
        let sso = Sso::with(database, SETTINGS).await;
        let service = &sso.service;
        let root = service.admin("root").await;
        for team in ["developers", "operators", "hand"] {
            service.team(team, &root).await;
        }
        sso.register("1", "ann").await;
        assert_eq!(roles(service, "ann").await, []);
        let come = async |groups: Value| {
            sso.person(person(groups));
            let mut browser = Browser::default();
            assert_eq!(location(&sso.enter(&mut browser).await), "/");
            roles(service, "ann").await
        };
        assert_eq!(come(json!(["/dev", "other"])).await, [pair("developers", "contributor")]);
        assert_eq!(come(json!(["/dev", "/dev/lead", "ops"])).await, [pair("developers", "owner"), pair("operators", "viewer")]);
        assert_eq!(come(json!("/dev")).await, [pair("developers", "contributor")]);
        let hand = portus_rs::actions::members::add(&service.app, &portus_rs::identity::actor::Actor::Operator,
            team_id(service, "operators").await, "ann", "owner").await.unwrap();
        drop(hand);
        assert_eq!(come(json!(["ops"])).await, [pair("operators", "owner")], "what was given by hand stays as it is");
        assert_eq!(come(json!([])).await, [pair("operators", "owner")]);
        assert_eq!(service.count("team_users WHERE group_issuer IS NOT NULL").await, 0);
        let told = crate::sso::how_often(service, "team.remove_member").await;
        assert_eq!(told, 2);
    }
}

on_every_database! {
    async fn a_role_that_somebody_changed_is_no_longer_the_groups(database: TestDatabase) {
        use portus_rs::{actions::members, entities::{team_user, user}, identity::actor::Actor};
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        let sso = Sso::with(database, SETTINGS).await;
        let service = &sso.service;
        let root = service.admin("root").await;
        service.team("developers", &root).await;
        sso.register("1", "ann").await;
        let come = async |groups: Value| {
            sso.person(person(groups));
            sso.enter(&mut Browser::default()).await;
            roles(service, "ann").await
        };
        assert_eq!(come(json!(["/dev"])).await, [pair("developers", "contributor")]);
        let team = team_id(service, "developers").await;
        let reader = service.app.database.reader();
        let ann = user::Entity::find().filter(user::Column::Username.eq("ann")).one(reader).await.unwrap().unwrap();
        let row = team_user::Entity::find()
            .filter(team_user::Column::TeamId.eq(team))
            .filter(team_user::Column::UserId.eq(ann.id))
            .one(reader)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.group_name.as_deref(), Some("/dev"));
        members::change_role(&service.app, &Actor::Operator, team, row.id, "viewer").await.unwrap();
        assert_eq!(come(json!(["/dev"])).await, [pair("developers", "viewer")]);
        assert_eq!(come(json!([])).await, [pair("developers", "viewer")]);
    }
}

async fn team_id(service: &Service, name: &str) -> i64 {
    use portus_rs::entities::team;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let found = team::Entity::find()
        .filter(team::Column::Name.eq(name))
        .one(service.app.database.reader())
        .await
        .unwrap();
    found.unwrap().id
}

#[actix_web::test]
async fn a_group_takes_the_last_owner_away_too_and_that_is_said() {
    let sso = Sso::with(TestDatabase::sqlite(), SETTINGS).await;
    let service = &sso.service;
    let root = service.admin("root").await;
    let team = service.team("developers", &root).await;
    sso.register("1", "ann").await;
    sso.person(person(json!(["/dev/lead"])));
    sso.enter(&mut Browser::default()).await;
    let actor = portus_rs::identity::actor::Actor::Operator;
    let connection = service.database.connect().await;
    let sql = format!(
        "DELETE FROM team_users WHERE team_id = {} AND user_id = {}",
        team.id, root.id
    );
    connection.execute_unprepared(&sql).await.unwrap();
    connection.close().await.unwrap();
    sso.person(person(json!([])));
    sso.enter(&mut Browser::default()).await;
    assert_eq!(roles(service, "ann").await, []);
    assert_eq!(
        super::audited(service, "team:ownerless").await["team"],
        "developers"
    );
    // Where another is left nothing is said.
    portus_rs::actions::members::add(&service.app, &actor, team.id, "root", "owner")
        .await
        .unwrap();
    for groups in [json!(["/dev/lead"]), json!([])] {
        sso.person(person(groups));
        sso.enter(&mut Browser::default()).await;
    }
    assert_eq!(super::how_often(service, "team:ownerless").await, 1);
}

#[actix_web::test]
async fn each_group_may_stand_for_the_team_of_its_name_but_for_no_hidden_one() {
    let more = [
        ("PORTUS_OAUTH_OPENID_CONNECT_GROUPS_CLAIM", "groups"),
        ("PORTUS_OAUTH_OPENID_CONNECT_GROUP_TEAMS", "*"),
        ("PORTUS_OAUTH_OPENID_CONNECT_DEFAULT_ROLE", "contributor"),
    ];
    let sso = Sso::with(TestDatabase::sqlite(), &more).await;
    let service = &sso.service;
    let root = service.admin("root").await;
    service.user("bob").await;
    service.team("a_b", &root).await;
    service.team("axb", &root).await;
    sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true, "groups": ["a_b", "bob", "none"]}));
    let mut ann = Browser::default();
    sso.enter(&mut ann).await;
    ann.post(service, "/users/oauth", &[("user[username]", "ann")])
        .await;
    assert_eq!(roles(service, "ann").await, [pair("a_b", "contributor")]);
    let bobs = "team_users u JOIN teams t ON t.id = u.team_id WHERE t.name = 'bob'";
    assert_eq!(
        service.count(bobs).await,
        1,
        "his home is no team of that name"
    );
}

#[actix_web::test]
async fn a_group_may_be_required() {
    let more = [
        ("PORTUS_OAUTH_OPENID_CONNECT_GROUPS_CLAIM", "groups"),
        ("PORTUS_OAUTH_OPENID_CONNECT_GROUP", "staff"),
    ];
    let sso = Sso::with(TestDatabase::sqlite(), &more).await;
    for (groups, target) in [
        (json!(["staff"]), "/users/oauth"),
        (json!(["staffers", "staf"]), "/users/sign_in"),
        (json!(null), "/users/sign_in"),
    ] {
        sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true, "groups": groups}));
        let mut browser = Browser::default();
        assert_eq!(location(&sso.enter(&mut browser).await), target);
        if target == "/users/sign_in" {
            let told = browser.told(&sso.service).await;
            assert!(
                told.contains("The Openid connect account isn't in allowed group."),
                "{told}"
            );
        }
    }
}
