//! One person's role in one team.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team_users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub team_id: i64,
    pub user_id: i64,
    pub role: super::Role,
    /// The group that it came from and goes with; `None` for what somebody made by hand.
    pub group_name: Option<String>,
    /// The identity provider of that group; `None` for one of the LDAP directory.
    pub group_issuer: Option<String>,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

impl Model {
    /// Whether a group of the LDAP directory gave it.
    pub fn is_of_directory(&self) -> bool {
        self.group_name.is_some() && self.group_issuer.is_none()
    }

    /// Whether a group of this identity provider gave it.
    pub fn is_of_issuer(&self, issuer: &str) -> bool {
        self.group_name.is_some() && self.group_issuer.as_deref() == Some(issuer)
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::team::Entity",
        from = "Column::TeamId",
        to = "super::team::Column::Id"
    )]
    Team,
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<super::team::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Team.def()
    }
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
