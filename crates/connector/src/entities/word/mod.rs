//! Words of lists: white space, names of countries, dates, ids.

mod country;
mod date;
mod text;

pub(crate) use self::country::{alpha2, country, country_at_the_end};
pub(crate) use self::date::{Order, full_date, long_date};
pub(crate) use self::text::{
    citations, is_null, is_tidy, same_key, short_hash, slug, split_list, tidy,
};
