//! What people do with the console from beginning to end, with real pushes in the middle.

mod api;
mod copying;
mod deletion;
mod directory;
mod first_day;
mod first_push;
mod inert;
mod keyboard;
mod lists;
mod passkeys;
mod pictures;
mod providers;
mod recovery;
mod refusals;
mod rights;
mod scriptless;
mod site;
mod storage;
mod switches;
mod sync;
mod tokens;
mod trouble;
mod visibility;
mod webhooks;
