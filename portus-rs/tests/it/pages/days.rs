//! What became of notifications, day by day, on the health page.

use actix_web::http::Method;
use chrono::TimeDelta;
use portus_rs::queries::events::{self, DAYS};
use sea_orm::ConnectionTrait as _;

use crate::{
    api::sessions::Browser,
    support::{databases::on_every_database, service::Service},
};

on_every_database! {
    async fn notifications_are_counted_by_the_day_on_which_they_were_done_with(database: TestDatabase) {
        let service = Service::on(database).await;
        service.admin("root").await;
        let now = service.app.clock.now();
        let connection = service.database.connect().await;
        // State 0 waits, 1 is applied, 2 is given up.
        for (number, (ago, state)) in [(0, 1), (0, 1), (0, 2), (0, 0), (1, 1), (DAYS - 1, 2), (DAYS, 1), (DAYS + 1, 2)]
            .into_iter()
            .enumerate()
        {
            let at = (now - TimeDelta::days(ago)).format("%Y-%m-%d %H:%M:%S");
            let row = format!(
                "INSERT INTO registry_events (registry_id, event_id, action, repository, data, state, attempts, \
                 next_attempt_at, created_at, updated_at) VALUES ({}, 'e{number}', 'push', 'a/b', '{{}}', {state}, 0, \
                 '{at}', '{at}', '{at}')",
                service.registry.id
            );
            connection.execute_unprepared(&row).await.unwrap();
        }
        connection.close().await.unwrap();
        let days = events::last_days(&service.app).await.unwrap();
        let counted: Vec<(i64, i64)> = days.iter().map(|it| (it.applied, it.given_up)).collect();
        assert_eq!(counted, [(0, 1), (0, 0), (0, 0), (0, 0), (0, 0), (1, 0), (2, 1)]);
        let root = Browser::signed_in(&service, "root").await;
        service.selects.lock().unwrap().clear();
        let page = service.call(root.request(Method::GET, "/admin")).await.body;
        let asked = service.selects.lock().unwrap().iter().filter(|it| it.contains("UNION ALL")).count();
        assert_eq!(asked, 1, "all days by one question");
        for text in [
            "<span>Applied notifications per day</span><strong>3</strong>".to_owned(),
            "<span>Given up per day</span><strong>2</strong>".to_owned(),
            format!("<td>{}</td><td>2</td>", now.date()),
            "kept, and so counted, for seven days".to_owned(),
        ] {
            assert!(page.contains(&text), "{text} in {page}");
        }
        assert!(!page.contains("at most"), "{page}");
    }
}
