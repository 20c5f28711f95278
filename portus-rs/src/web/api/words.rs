//! Schemas of what rows hold as small numbers and the API says in words.

use utoipa::openapi::{ObjectBuilder, Schema, Type};

use crate::entities::{Role, SyncState, TokenHeader, TokenScope, Visibility};

pub fn role() -> Schema {
    one_of(Role::WORDS)
}

pub fn token_scope() -> Schema {
    one_of(TokenScope::WORDS)
}

pub fn visibility() -> Schema {
    one_of(Visibility::WORDS)
}

pub fn token_header() -> Schema {
    one_of(TokenHeader::WORDS)
}

/// A role as a heading has it.
pub fn capital(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Contributor => "Contributor",
        Role::Owner => "Owner",
    }
}

pub fn sync_state() -> Schema {
    one_of(SyncState::WORDS)
}

fn one_of(words: &[&'static str]) -> Schema {
    let words = words.iter().copied();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .into()
}
