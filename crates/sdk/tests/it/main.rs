//! The client against a server that answers as it is told: retries, refusals, pages.

mod blocking;
mod pages;
mod refusals;
mod retries;
mod roster;
mod support;
