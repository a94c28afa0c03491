//! The doors of other platforms: what comes in by HTTP and what goes out, under a clock moved by hand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod airt;
mod airt_codes;
mod airt_enumeration;
mod airt_life;
mod airt_lockout;
mod airt_requests;
mod airt_rights;
mod civis;
mod civis_constraints;
mod civis_flags;
mod civis_numbers;
mod civis_requests;
mod civis_themes;
mod dioptra;
mod dioptra_search;
mod dioptra_sessions;
mod dioptra_users;
mod geobox;
mod geobox_requests;
mod geobox_rights;
