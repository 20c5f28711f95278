//! The command line, from the outside: texts, streams and codes that scripts rely on.

mod accounts;
mod beside_a_registry;
mod database;
mod events;
mod forms;
mod logins;
mod registry_config;
mod servers;

use crate::support::portus::Portus;

/// A registry that nobody asked whether it is there.
fn with_registry() -> Portus {
    let portus = Portus::builder().idle();
    let made = portus.cli(&["portus:create_registry[main,127.0.0.1:1,false]", "--force"]);
    assert_eq!(made.exits(0).stdout, "");
    portus
}
