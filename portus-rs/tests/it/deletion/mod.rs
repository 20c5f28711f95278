//! Deleting through the registry: what it did is gone from the rows, what it refused stays, and every entry names who
//! asked.

mod people;
mod races;
mod real;
mod refusals;
mod whole;
pub mod world;
