//! Guessing tells nothing: an answer has the same text and costs the same work whether or not a name is known. (Times are
//! compared where nothing else runs, by `make bench`.)

use actix_web::{http::StatusCode, test::TestRequest};
use portus_rs::entities::user;
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
}
