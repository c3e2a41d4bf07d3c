//! The only crate that names sled: keys, encoding, migrations, atomic commits.
mod settings;
pub use settings::Settings;
