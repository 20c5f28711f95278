//! One message of a webhook: what is to be sent, what was sent, what came back.
//!
//! The table is the sender's queue. A row is made `Queued`, with the body and the moment from which on it may go. A
//! sender claims it: `Sending`, under the sender's name and until a moment at which another may take it over, because
//! the first must have died. What the attempt came to is written by whoever holds the claim: `Delivered`, `Queued`
//! again with a later moment, or `Failed` after the last attempt. Address, headers and credentials are not kept here:
//! each attempt uses those that the webhook has by then.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub webhook_id: i64,
    /// Random; goes along as `X-Portus-Delivery`.
    pub uuid: String,
    /// The delivery that somebody asked to have sent again.
    pub retrigger_of: Option<i64>,
    /// It tells of nothing: somebody tries the webhook. It goes along as `X-Portus-Test`.
    pub test: bool,
    /// `push` or `delete`.
    pub event: String,
    /// The request to the registry that this tells of. Several events may come of one.
    pub request_id: Option<String>,
    pub state: super::DeliveryState,
    /// Attempts made so far.
    pub attempts: i16,
    pub next_attempt_at: DateTime,
    /// The sender that has it in hand.
    pub claimed_by: Option<String>,
    /// When another sender may take it over.
    pub claimed_until: Option<DateTime>,
    /// HTTP status of the last answer; 0 while there was none.
    pub status: i16,
    /// Why the last attempt got no answer, for people.
    pub last_error: Option<String>,
    /// JSON, without `Authorization`; what an import brought along is shown as it is.
    pub request_header: Option<String>,
    /// The registry's event as JSON.
    pub request_body: String,
    pub response_header: Option<String>,
    /// Cut at 64 KiB.
    pub response_body: Option<String>,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::webhook::Entity",
        from = "Column::WebhookId",
        to = "super::webhook::Column::Id"
    )]
    Webhook,
}

impl Related<super::webhook::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Webhook.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
