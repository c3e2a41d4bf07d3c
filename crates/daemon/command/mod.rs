//! One module a command.

pub(crate) mod channel;
pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod file;
mod folder;
pub(crate) mod health;
pub(crate) mod lists;
pub(crate) mod matrix;
pub(crate) mod notices;
pub(crate) mod parse;
pub(crate) mod quarantine;
pub(crate) mod reads;
pub(crate) mod retag;
pub(crate) mod robots;
pub(crate) mod run;
pub(crate) mod since;
pub(crate) mod sitemap;
pub(crate) mod source;
pub(crate) mod store;
pub(crate) mod tagging;
pub(crate) mod url_check;
pub(crate) mod vendor;
pub(crate) mod workbook;
