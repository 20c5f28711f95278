//! Changing: one function for each thing that people do, used by every door.

pub mod application_tokens;
pub mod catalog;
pub mod change;
pub mod homes;
<<<<<<< HEAD
pub mod manifests;
=======
pub mod inbox;
>>>>>>> main
pub mod members;
pub mod namespaces;
pub mod refresh_tokens;
pub mod registries;
pub mod replicas;
<<<<<<< HEAD
pub mod sync_runs;
=======
pub mod repositories;
pub mod tags;
>>>>>>> main
pub mod teams;
pub mod users;
