//! The console in a real Chromium.

mod axe;
mod driver;
mod everywhere;
mod first_look;
mod forms;
mod page;
mod seen;
mod world;
