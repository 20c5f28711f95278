//! What proves an identity, and that it stops doing so at the next request.

use actix_web::{http::StatusCode, test::TestRequest};
use portus_rs::{
    actions::{application_tokens, members, users},
    entities::{application_token, refresh_token, team_user, user},
    identity::actor::Actor,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{Answer, PASSWORD, SERVICE, Service, basic, encoded},
};

async fn get(service: &Service, credentials: (&str, &str)) -> Answer {
    let request = TestRequest::get()
        .uri(&format!("/v2/token?service={SERVICE}"))
        .insert_header(("Authorization", basic(credentials)));
    service.call(request).await
}

async fn refresh(service: &Service, token: &str) -> Answer {
    let form = format!(
        "grant_type=refresh_token&service={SERVICE}&client_id=docker&refresh_token={}",
        encoded(token)
    );
    let request = TestRequest::post()
        .uri("/v2/token")
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(form);
    service.call(request).await
}

async fn docker_login(service: &Service, credentials: (&str, &str)) -> String {
    let request = TestRequest::get()
        .uri(&format!(
            "/v2/token?account={}&client_id=docker&offline_token=true&service={SERVICE}",
            credentials.0
        ))
        .insert_header(("Authorization", basic(credentials)));
    let answer = service.call(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["refresh_token"].as_str().unwrap().to_owned()
}

on_every_database! {
    async fn passwords_application_tokens_and_refresh_tokens_prove_an_identity(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        assert_eq!(get(&service, ("alice", PASSWORD)).await.status, StatusCode::OK);
        assert_eq!(get(&service, ("ALICE", PASSWORD)).await.status, StatusCode::OK);
        let token = service.token_of(&alice, "ci").await;
        assert_eq!(get(&service, ("alice", &token)).await.status, StatusCode::OK);
        let login = docker_login(&service, ("alice", PASSWORD)).await;
        let answer = refresh(&service, &login).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert!(answer.json().get("refresh_token").is_none());
    }

    async fn a_wrong_secret_and_an_unknown_name_get_the_same_answer(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let token = service.token_of(&alice, "ci").await;
        service.user("bob").await;
        let answers = [
            get(&service, ("alice", "wrong horse")).await,
            get(&service, ("nobody", PASSWORD)).await,
            get(&service, ("alice", "")).await,
            get(&service, ("alice", &token[..token.len() - 1])).await,
            get(&service, ("alice", &format!("{token}x"))).await,
            get(&service, ("bob", &token)).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert_eq!(answer.json()["errors"][0]["code"], "UNAUTHORIZED");
            assert_eq!(answer.json()["errors"][0]["message"], "Invalid Username or password.");
            assert_eq!(answer.json()["error"], "Invalid Username or password.");
            assert!(answer.headers.get("www-authenticate").is_some());
        }
    }

    async fn what_is_revoked_is_refused_at_the_next_request(database: TestDatabase) {
        let service = Service::on(database).await;
        let root = service.admin("root").await;
        let alice = service.user("alice").await;
        let by = Service::actor(&root);
        let token = service.token_of(&alice, "ci").await;
        let login = docker_login(&service, ("alice", PASSWORD)).await;
        assert_eq!(get(&service, ("alice", &token)).await.status, StatusCode::OK);
        let row = application_token::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        application_tokens::revoke(&service.app, &Actor::User(std::sync::Arc::new((&alice).into())), row.id).await.unwrap();
        assert_eq!(get(&service, ("alice", &token)).await.status, StatusCode::UNAUTHORIZED);

        let team = service.team("devs", &root).await;
        service.member(&team, &alice, "contributor").await;
        service.namespace("devs", &team, "private").await;
        let scope = ["repository:devs/a:push"];
        assert_eq!(service.access(Some(("alice", PASSWORD)), &scope).await.unwrap()[0]["actions"][0], "push");
        let membership = team_user::Entity::find()
            .filter(team_user::Column::UserId.eq(alice.id))
            .filter(team_user::Column::TeamId.eq(team.id))
            .one(service.app.database.reader())
            .await
            .unwrap()
            .unwrap();
        members::remove(&service.app, &by, team.id, membership.id).await.unwrap();
        assert_eq!(service.access(Some(("alice", PASSWORD)), &scope).await.unwrap(), serde_json::json!([]));

        let changes = users::UserChanges { password: Some("another horse".to_owned()), ..Default::default() };
        users::update(&service.app, &by, alice.id, changes).await.unwrap();
        assert_eq!(get(&service, ("alice", PASSWORD)).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(get(&service, ("alice", "another horse")).await.status, StatusCode::OK);

        users::delete(&service.app, &by, alice.id).await.unwrap();
        assert_eq!(get(&service, ("alice", "another horse")).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refresh(&service, &login).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn an_imported_bcrypt_password_is_accepted_and_hashed_anew(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let imported = "$2a$10$Q1dUv0rWk8Jm2sXfZ3bC9eswWA90BEhz8Ya3A6.TRqP35BaHXhy2q";
        user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::value(imported))
            .filter(user::Column::Id.eq(alice.id))
            .exec(service.app.database.reader())
            .await
            .unwrap();
        assert_eq!(get(&service, ("alice", "correct horse battery")).await.status, StatusCode::OK);
        let row = user::Entity::find_by_id(alice.id).one(service.app.database.reader()).await.unwrap().unwrap();
        assert!(row.password_hash.starts_with("$argon2id$"), "{}", row.password_hash);
        assert_eq!(get(&service, ("alice", "correct horse battery")).await.status, StatusCode::OK);
    }

    async fn an_imported_bcrypt_token_is_accepted_and_stored_anew(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        service.token_of(&alice, "ci").await;
        let imported = "$2a$10$7PzN4cVbT9LwXe1RgK5mUOSm.anZEKi9/Yc2vTkeLn.IhdSMrpQtu";
        application_token::Entity::update_many()
            .col_expr(application_token::Column::TokenSha256, Expr::value(Option::<String>::None))
            .col_expr(application_token::Column::TokenBcrypt, Expr::value(imported))
            .exec(service.app.database.reader())
            .await
            .unwrap();
        assert_eq!(get(&service, ("alice", "yh8-Kq_2mTsxR4vWzE7u")).await.status, StatusCode::OK);
        let row = application_token::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        assert!(row.token_bcrypt.is_none() && row.token_sha256.is_some());
        assert_eq!(get(&service, ("alice", "yh8-Kq_2mTsxR4vWzE7v")).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn when_things_were_used_is_written_now_and_then(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let token = service.token_of(&alice, "ci").await;
        let login = docker_login(&service, ("alice", PASSWORD)).await;
        get(&service, ("alice", &token)).await;
        refresh(&service, &login).await;
        service.app.usage.write(&service.app).await.unwrap();
        let pool = service.app.database.reader();
        let row = user::Entity::find_by_id(alice.id).one(pool).await.unwrap().unwrap();
        assert_eq!(row.sign_in_count, 3);
        assert!(row.current_sign_in_at.is_some());
        assert_eq!(row.current_sign_in_ip.as_deref(), Some("127.0.0.1"));
        let row = application_token::Entity::find().one(pool).await.unwrap().unwrap();
        assert!(row.last_used_at.is_some());
        let row = refresh_token::Entity::find().one(pool).await.unwrap().unwrap();
        assert!(row.last_used_at > row.created_at);
    }
}

#[actix_web::test]
async fn bots_use_tokens_only_and_portus_its_password_only() {
    let setting = ("PORTUS_PASSWORD", "a secret of our own");
    let service = Service::with(TestDatabase::sqlite(), &[setting]).await;
    let bot = service.bot("robot").await;
    assert_eq!(
        get(&service, ("robot", PASSWORD)).await.status,
        StatusCode::UNAUTHORIZED
    );
    let token = service.token_of(&bot, "ci").await;
    assert_eq!(
        get(&service, ("robot", &token)).await.status,
        StatusCode::OK
    );
    assert_eq!(
        get(&service, ("portus", setting.1)).await.status,
        StatusCode::OK
    );
    // Whoever guesses is held back, and the service itself works on from where it is.
    for guess in 0..11 {
        let guess = format!("guess {guess}");
        get(&service, ("portus", guess.as_str())).await;
    }
    let held = get(&service, ("portus", setting.1)).await;
    assert_eq!(held.status, StatusCode::UNAUTHORIZED);
    let elsewhere = TestRequest::get()
        .uri(&format!("/v2/token?service={SERVICE}"))
        .peer_addr("203.0.113.9:4711".parse().unwrap())
        .insert_header(("Authorization", basic(("portus", setting.1))));
    assert_eq!(service.call(elsewhere).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_disabled_account_is_refused_whatever_it_presents() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let alice = service.user("alice").await;
    let token = service.token_of(&alice, "ci").await;
    let login = docker_login(&service, ("alice", PASSWORD)).await;
    user::Entity::update_many()
        .col_expr(user::Column::Enabled, Expr::value(false))
        .filter(user::Column::Id.eq(alice.id))
        .exec(service.app.database.reader())
        .await
        .unwrap();
    // Any change to rights is noticed at once; this one was made behind the service's back.
    service.user("bob").await;
    for secret in [PASSWORD, &token] {
        let answer = get(&service, ("alice", secret)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.json()["error"],
            "Sorry, this account has been disabled."
        );
    }
    assert_eq!(
        refresh(&service, &login).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[actix_web::test]
async fn a_refresh_token_dies_of_disuse_and_serves_one_registry() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    let login = docker_login(&service, ("alice", PASSWORD)).await;
    let other = format!("grant_type=refresh_token&service=other.test&refresh_token={login}");
    let request = TestRequest::post()
        .uri("/v2/token")
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(other);
    assert_eq!(service.call(request).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        refresh(&service, &login[..login.len() - 1]).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(refresh(&service, &login).await.status, StatusCode::OK);
    service.app.clock.advance(chrono::TimeDelta::days(91));
    assert_eq!(
        refresh(&service, &login).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[actix_web::test]
async fn an_unsupported_grant_and_unreadable_credentials_are_said_plainly() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let request = TestRequest::post()
        .uri("/v2/token")
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload("grant_type=authorization_code&code=x");
    let answer = service.call(request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["error"], "unsupported_grant_type");
    for header in ["Bearer abc", "Basic", "Basic !!!", "Basic YWxpY2U="] {
        let request = TestRequest::get()
            .uri("/v2/token")
            .insert_header(("Authorization", header));
        assert_eq!(
            service.call(request).await.status,
            StatusCode::UNAUTHORIZED,
            "{header}"
        );
    }
}
