//! The console in a real Chromium; what needs none is asked of the service itself.

mod axe;
mod dashboard;
mod days;
mod driver;
mod everywhere;
mod first_look;
mod forms;
mod headers;
mod images;
mod links;
mod lists;
mod live;
mod page;
mod phone;
mod picture;
mod review;
mod scans;
mod seen;
mod storage;
mod walks;
mod world;
