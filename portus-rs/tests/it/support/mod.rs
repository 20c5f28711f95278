//! What every black-box test stands on: real servers as children of the test
//! process, images built by hand, clients, and the binary under test.
//!
//! Everything listens on loopback, keeps its data in a directory of its own and
//! dies with the value that owns it, or with the test process.

pub mod bad_ldap;
pub mod bare;
pub mod cable;
pub mod databases;
pub mod detour;
pub mod dockerd;
pub mod fake_registry;
pub mod http;
pub mod images;
pub mod mariadb;
pub mod nginx;
pub mod podman;
pub mod portus;
pub mod postgres;
pub mod process;
pub mod provider;
pub mod push;
pub mod receiver;
pub mod registry;
pub mod room;
pub mod samba;
pub mod served;
pub mod service;
pub mod site;
pub mod skopeo;
pub mod slapd;
pub mod smtpd;
pub mod stack;
pub mod wait;
