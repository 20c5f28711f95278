//! `POST /v2/webhooks/events` and what becomes of it.

mod captured;
mod door;
mod faults;
mod hooks;
mod load;
mod service;
mod worker;
