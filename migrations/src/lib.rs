//! The history of the schema: one step, one file, one table, because MySQL cannot roll a step back.
//! Every step may be run again after it was cut off. A released step is never edited.

mod columns;
mod m0001_users;
mod m0002_application_tokens;
mod m0003_refresh_tokens;
mod m0004_registries;
mod m0005_registry_instances;
mod m0006_teams;
mod m0007_team_users;
mod m0008_namespaces;
mod m0009_repositories;
mod m0010_manifests;
mod m0011_manifest_children;
mod m0012_tags;
mod m0013_activities;
mod m0014_registry_events;
mod m0015_leases;
mod m0016_sync_runs;
mod m0017_settings;
mod m0018_auth_epoch;
mod m0019_sessions;
mod m0020_stars;
mod m0021_comments;
mod m0022_webhooks;
mod m0023_webhook_headers;
mod m0024_webhook_deliveries;
mod m0025_vulnerabilities;
mod m0026_scan_results;
mod m0027_deletions;
mod m0028_login_failures;
mod m0030_outgoing_mails;
mod m0031_password_resets;
mod m0032_second_factors;
mod m0033_recovery_codes;
mod m0034_user_second_factor;
mod m0040_users_directory;
mod m0041_team_users_group;
mod m0045_identities;
mod m0046_pending_sign_ins;
mod m0047_seen_tokens;
mod m0048_provider_memberships;
mod m0049_bot_trusts;
mod m0050_activities;
mod m0053_user_language;
mod m0056_traffic;
mod m0060_passkeys;
mod m0061_passkey_challenges;
mod m0062_session_confirmed;
mod m0064_group_memberships;
mod m0065_newest_tags;
mod m0066_delivery_request;
mod m0070_provider_grants;
mod m0071_session_identities;
mod m0072_users_provider_gone;
mod m0075_job_runs;
mod m0076_lease_wanted_by;
mod m0077_delivery_test;
mod m0078_storage;
mod m0080_password_reset_email;

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, prelude::SchemaManager};

/// Every step, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_users::Migration),
            Box::new(m0002_application_tokens::Migration),
            Box::new(m0003_refresh_tokens::Migration),
            Box::new(m0004_registries::Migration),
            Box::new(m0005_registry_instances::Migration),
            Box::new(m0006_teams::Migration),
            Box::new(m0007_team_users::Migration),
            Box::new(m0008_namespaces::Migration),
            Box::new(m0009_repositories::Migration),
            Box::new(m0010_manifests::Migration),
            Box::new(m0011_manifest_children::Migration),
            Box::new(m0012_tags::Migration),
            Box::new(m0013_activities::Migration),
            Box::new(m0014_registry_events::Migration),
            Box::new(m0015_leases::Migration),
            Box::new(m0016_sync_runs::Migration),
            Box::new(m0017_settings::Migration),
            Box::new(m0018_auth_epoch::Migration),
            Box::new(m0019_sessions::Migration),
            Box::new(m0020_stars::Migration),
            Box::new(m0021_comments::Migration),
            Box::new(m0022_webhooks::Migration),
            Box::new(m0023_webhook_headers::Migration),
            Box::new(m0024_webhook_deliveries::Migration),
            Box::new(m0025_vulnerabilities::Migration),
            Box::new(m0026_scan_results::Migration),
            Box::new(m0027_deletions::Migration),
            Box::new(m0028_login_failures::Migration),
            Box::new(m0030_outgoing_mails::Migration),
            Box::new(m0031_password_resets::Migration),
            Box::new(m0032_second_factors::Migration),
            Box::new(m0033_recovery_codes::Migration),
            Box::new(m0034_user_second_factor::Migration),
            Box::new(m0045_identities::Migration),
            Box::new(m0046_pending_sign_ins::Migration),
            Box::new(m0047_seen_tokens::Migration),
            Box::new(m0048_provider_memberships::Migration),
            Box::new(m0049_bot_trusts::Migration),
            Box::new(m0050_activities::Migration),
            Box::new(m0040_users_directory::Migration),
            Box::new(m0041_team_users_group::Migration),
            Box::new(m0053_user_language::Migration),
            Box::new(m0056_traffic::Migration),
            Box::new(m0060_passkeys::Migration),
            Box::new(m0061_passkey_challenges::Migration),
            Box::new(m0062_session_confirmed::Migration),
            Box::new(m0064_group_memberships::Migration),
            Box::new(m0065_newest_tags::Migration),
            Box::new(m0066_delivery_request::Migration),
            Box::new(m0070_provider_grants::Migration),
            Box::new(m0071_session_identities::Migration),
            Box::new(m0072_users_provider_gone::Migration),
            Box::new(m0075_job_runs::Migration),
            Box::new(m0076_lease_wanted_by::Migration),
            Box::new(m0077_delivery_test::Migration),
            Box::new(m0078_storage::Migration),
            Box::new(m0080_password_reset_email::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        "portus_rs_migrations".into_iden()
    }
}

/// Tables of former steps, which a database that was not brought up to date may still have.
pub const FORMER_TABLES: &[&str] = &["provider_memberships"];

/// The tables of this schema, children before the parents they refer to.
pub const TABLES: &[&str] = &[
    "outgoing_mails",
    "password_resets",
    "passkey_challenges",
    "passkeys",
    "recovery_codes",
    "second_factors",
    "bot_trusts",
    "seen_tokens",
    "pending_sign_ins",
    "provider_grants",
    "identities",
    "sessions",
    "storage",
    "traffic",
    "scan_results",
    "vulnerabilities",
    "webhook_deliveries",
    "webhook_headers",
    "webhooks",
    "comments",
    "stars",
    "login_failures",
    "auth_epoch",
    "settings",
    "sync_runs",
    "job_runs",
    "leases",
    "registry_events",
    "activities",
    "deletions",
    "tags",
    "manifest_children",
    "manifests",
    "repositories",
    "namespaces",
    "team_users",
    "teams",
    "registry_instances",
    "registries",
    "refresh_tokens",
    "application_tokens",
    "users",
    "portus_rs_migrations",
];
