//! Mail that is still to be sent, or that could not be.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outgoing_mails")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it is about.
    pub kind: String,
    /// As it was typed, which need be nobody's.
    pub recipient: String,
    /// The tag of the language to write in.
    pub language: String,
    /// Where it was asked for.
    pub address: String,
    pub attempts: i64,
    pub next_attempt_at: DateTime,
    pub last_error: Option<String>,
    /// It was not sent, and will not be.
    pub given_up_at: Option<DateTime>,
    pub created_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
