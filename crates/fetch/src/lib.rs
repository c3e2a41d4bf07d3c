//! The only crate that names reqwest: conditional requests, caps, timeouts, pace per host, and the
//! filter of addresses.

mod settings;

pub use settings::Settings;
