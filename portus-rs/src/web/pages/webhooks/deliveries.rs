//! What a webhook has sent, what came back, and sending it again.

use sea_orm::{ColumnTrait as _, Condition};
use serde::Serialize;
use serde_json::Value;

use super::super::{
    route::{Route, post, put},
    table::Shape,
    view::Moment,
    visit::Member,
};
use super::show::known;
use crate::{
    actions::webhooks::{deliveries, testing},
    entities::{DeliveryState, webhook_delivery},
    queries::{self, filter::Narrowed, webhooks::Deliveries},
    web::error::PageResult,
};

pub const SHAPE: Shape = Shape {
    prefix: "wd_",
    columns: &["status", "updated_at"],
    sorted_by: "created_at",
    ascending: false,
    filter: "uuid_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        put(
            "/namespaces/{id}/webhooks/{hook}/deliveries/{delivery}",
            retrigger,
        ),
        post("/namespaces/{id}/webhooks/{hook}/test", test),
    ]
}

/// What the list can be narrowed to.
pub const STATES: [&str; 3] = ["delivered", "failed", "waiting"];

/// What a webhook has sent, as far as the address asks for it, and which part that is.
pub fn chosen(visit: &Member, webhook_id: i64) -> (Narrowed<Deliveries>, &'static str) {
    let state = webhook_delivery::Column::State;
    let asked = visit.text("wd_state");
    let known = STATES.into_iter().find(|it| *it == asked);
    let condition = Condition::all();
    let condition = match known {
        Some("delivered") => condition.add(state.eq(DeliveryState::Delivered)),
        Some("failed") => condition.add(state.eq(DeliveryState::Failed)),
        Some(_) => condition.add(state.is_in([DeliveryState::Queued, DeliveryState::Sending])),
        None => condition,
    };
    let list = Narrowed::to(Deliveries { webhook_id }, condition);
    (list, known.unwrap_or("all"))
}

/// A row of the table of deliveries.
#[derive(Serialize)]
pub struct Delivery {
    id: i64,
    uuid: String,
    event: String,
    /// As `DeliveryState` says it.
    state: &'static str,
    /// Of the last answer; none while there was none.
    status: Option<i16>,
    attempts: i16,
    last_error: Option<String>,
    /// Whether it repeats another one.
    again: bool,
    /// Whether it only tries the webhook.
    test: bool,
    updated_at: Moment,
    next_attempt_at: Option<Moment>,
    request_header: Option<String>,
    request_body: String,
    response_header: Option<String>,
    response_body: Option<String>,
}

impl Delivery {
    pub fn new(row: webhook_delivery::Model) -> Self {
        let queued = row.state == DeliveryState::Queued;
        Self {
            id: row.id,
            uuid: row.uuid,
            event: row.event,
            state: row.state.as_str(),
            status: Some(row.status).filter(|it| *it != 0),
            attempts: row.attempts,
            last_error: row.last_error,
            again: row.retrigger_of.is_some(),
            test: row.test,
            updated_at: Moment(row.updated_at),
            next_attempt_at: queued.then_some(Moment(row.next_attempt_at)),
            request_header: row.request_header.map(|it| legible(&it)),
            request_body: legible(&row.request_body),
            response_header: row.response_header.map(|it| legible(&it)),
            response_body: row.response_body.map(|it| legible(&it)),
        }
    }

    pub fn samples(delivered: bool) -> Vec<Self> {
        let text = || Some("{\"a\": \"<canary>\"}".to_owned());
        vec![Self {
            id: 8,
            uuid: "uuid<canary>".to_owned(),
            event: "push".to_owned(),
            state: if delivered { "delivered" } else { "queued" },
            status: delivered.then_some(200),
            attempts: 1,
            last_error: text().filter(|_| !delivered),
            again: !delivered,
            test: !delivered,
            updated_at: Moment(chrono::NaiveDateTime::default()),
            next_attempt_at: (!delivered).then_some(Moment(chrono::NaiveDateTime::default())),
            request_header: text(),
            request_body: "<canary>".to_owned(),
            response_header: text().filter(|_| delivered),
            response_body: text().filter(|_| delivered),
        }]
    }
}

/// JSON with a line for each of its parts; anything else as it is.
fn legible(text: &str) -> String {
    let read = serde_json::from_str::<Value>(text).ok();
    let spread = read.and_then(|it| serde_json::to_string_pretty(&it).ok());
    spread.unwrap_or_else(|| text.to_owned())
}

async fn retrigger(visit: Member) -> PageResult {
    let (row, space) = known(&visit).await?;
    let id = visit.id("delivery")?;
    let delivery = queries::webhooks::delivery(&visit.app, row.id, id).await?;
    let confirmed = visit.ticked("confirm");
    let page = format!("/namespaces/{space}/webhooks/{}", row.id);
    let ids = (space, row.id);
    match deliveries::retrigger(&visit.app, &visit.actor, ids, id, confirmed).await {
        Ok(_) => {
            let said = visit.tell("webhook-retriggered", &delivery.uuid);
            Ok(visit.go_telling(&visit.back_to(&page), said))
        }
        Err(error @ crate::error::Error::Refused(_)) => visit.go_refused(&page, error),
        Err(error) => Err(error.into()),
    }
}

async fn test(visit: Member) -> PageResult {
    let (row, space) = known(&visit).await?;
    let confirmed = visit.ticked("confirm");
    let page = format!("/namespaces/{space}/webhooks/{}", row.id);
    match testing::send(&visit.app, &visit.actor, (space, row.id), confirmed).await {
        Ok(_) => Ok(visit.go_telling(&page, visit.say("webhook-tested"))),
        Err(error @ crate::error::Error::Refused(_)) => visit.go_refused(&page, error),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::legible;

    #[test]
    fn json_is_spread_and_the_rest_is_left_alone() {
        assert_eq!(legible(r#"{"a":1}"#), "{\n  \"a\": 1\n}");
        for text in ["", "a=1&b=2", "{\"cut", "<html>"] {
            assert_eq!(legible(text), text);
        }
    }
}
