//! Guessing tells nothing: an answer has the same text and costs the same work whether or not a name is known. (Times are
//! compared where nothing else runs, by `make bench`.)

use actix_web::{http::StatusCode, test::TestRequest};
use portus_rs::entities::{application_token, user};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::support::{
    databases::on_every_database,
    service::{PASSWORD, SERVICE, Service, basic, encoded},
};

on_every_database! {
    async fn a_guess_costs_one_hash_whether_or_not_the_name_is_known(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("alice").await;
        service.bot("robot").await;
        let gone = service.user("gone").await;
        let disabled = user::Entity::update_many()
            .col_expr(user::Column::Enabled, Expr::value(false))
            .filter(user::Column::Id.eq(gone.id));
        disabled.exec(service.app.database.reader()).await.unwrap();
        let get = |name: &str| TestRequest::get()
            .uri(&format!("/v2/token?service={SERVICE}&scope=repository:alice/app:pull"))
            .insert_header(("Authorization", basic((name, "wrong horse"))));
        let post = |name: &str| TestRequest::post().uri("/v2/token")
            .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(format!("grant_type=password&service={SERVICE}&username={}&password=wrong", encoded(name)));
        let mut answers = Vec::new();
        for name in ["alice", "nobody", "robot", "portus", "gone", "", "%", "alice' OR '1'='1"] {
            for request in [get(name), post(name)] {
                let before = service.app.passwords.spent();
                let answer = service.call(request).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
                assert_eq!(service.app.passwords.spent() - before, 1, "{name}");
                answers.push((answer.body, answer.headers.len()));
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        // The right one costs a hash too, and then none for a while.
        for expected in [1, 0, 0] {
            let before = service.app.passwords.spent();
            let request = TestRequest::get()
                .uri(&format!("/v2/token?service={SERVICE}"))
                .insert_header(("Authorization", basic(("alice", PASSWORD))));
            assert_eq!(service.call(request).await.status, StatusCode::OK);
            assert_eq!(service.app.passwords.spent() - before, expected);
        }
    }

    async fn tokens_brought_along_cost_every_name_the_same(database: TestDatabase) {
        let service = Service::on(database).await;
        let (alice, bob) = (service.user("alice").await, service.user("bob").await);
        service.user("carol").await;
        service.bot("robot").await;
        for (who, application) in [(&alice, "ci"), (&alice, "laptop"), (&bob, "ci")] {
            service.token_of(who, application).await;
        }
        let imported = "$2a$10$7PzN4cVbT9LwXe1RgK5mUOSm.anZEKi9/Yc2vTkeLn.IhdSMrpQtu";
        application_token::Entity::update_many()
            .col_expr(application_token::Column::TokenSha256, Expr::value(Option::<String>::None))
            .col_expr(application_token::Column::TokenBcrypt, Expr::value(imported))
            .exec(service.app.database.reader())
            .await
            .unwrap();
        let docker = |name: &str| TestRequest::get()
            .uri(&format!("/v2/token?service={SERVICE}"))
            .insert_header(("Authorization", basic((name, "wrong horse"))));
        let api = |name: &str| TestRequest::get()
            .uri("/api/v1/namespaces")
            .insert_header(("Portus-Auth", format!("{name}:wrong horse")));
        for name in ["alice", "bob", "carol", "robot", "portus", "nobody"] {
            for (request, hashes) in [(docker(name), 3), (api(name), 2)] {
                let before = service.app.passwords.spent();
                assert_eq!(service.call(request).await.status, StatusCode::UNAUTHORIZED, "{name}");
                assert_eq!(service.app.passwords.spent() - before, hashes, "{name}");
            }
        }
        // What is right costs what it needs: the password, and the one token that bob has.
        let good = basic(("bob", "yh8-Kq_2mTsxR4vWzE7u"));
        let request = TestRequest::get()
            .uri(&format!("/v2/token?service={SERVICE}"))
            .insert_header(("Authorization", good));
        let before = service.app.passwords.spent();
        assert_eq!(service.call(request).await.status, StatusCode::OK);
        assert_eq!(service.app.passwords.spent() - before, 2);
    }
}
