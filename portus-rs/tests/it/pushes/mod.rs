//! What happens in a real registry is seen in portus-rs at once, whoever pushed and whatever it was.

mod changes;
mod crash;
mod crono;
mod docker;
mod listed;
mod roles;
mod strategies;
mod sync;
