//! What people do with the console from beginning to end, with real pushes in the middle.

mod copying;
mod deletion;
mod first_day;
mod inert;
mod lists;
mod passkeys;
mod refusals;
mod site;
mod switches;
mod tokens;
mod visibility;
