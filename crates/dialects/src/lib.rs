//! The dialects of other platforms: their requests and replies, translated to Roster's rulebook.
//!
//! Each module is one platform. It decides nothing: a request becomes operations of the rulebook, nearly always one, and
//! what comes back is said in the platform's words.

pub mod airt;
mod besides;
pub mod civis;
pub mod dioptra;
pub mod geobox;
mod json;
mod path;
