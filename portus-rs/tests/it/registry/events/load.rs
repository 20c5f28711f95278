//! Many at once.

use std::time::Instant;

use portus_rs::entities::tag;

use super::service::{Service, push};
use crate::support::databases::on_every_database;

on_every_database! {
    async fn sixteen_senders_lose_nothing(database: TestDatabase) {
        const EACH: u32 = 40;
        let adapter = database.adapter;
        let service = Service::working(database).await;
        let begun = Instant::now();
        let senders = (0..16).map(|sender| {
            let service = &service;
            async move {
                for number in 0..EACH {
                    let repository = format!("qa/r{sender}");
                    service.tell(push(&repository, &format!("t{number}"), &format!("{sender} {number}"), number)).await;
                }
            }
        });
        futures_util::future::join_all(senders).await;
        service.settle().await;
        let count = 16 * EACH;
        println!("{adapter:?}: {:.0} events/s accepted and applied", f64::from(count) / begun.elapsed().as_secs_f64());
        assert_eq!(service.rows::<tag::Entity>().await.len(), count as usize);
        assert_eq!(service.history().await.len(), count as usize);
    }
}
