//! A run of a job that did something, failed or was asked for; or several alike, one after the other.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_runs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The job's, as its lease is called.
    pub name: String,
    pub outcome: super::JobOutcome,
    /// For how many runs it stands.
    pub times: i64,
    /// How much they did, in the job's own measure: letters sent, images read.
    pub did: i64,
    /// What went wrong, for people.
    pub message: Option<String>,
    /// Who asked for it, if it was not the schedule.
    pub wanted_by: Option<String>,
    /// The process that ran it: its machine and its number there.
    pub replica: String,
    /// Of the first.
    pub began_at: DateTime,
    /// Of the last.
    pub ended_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
