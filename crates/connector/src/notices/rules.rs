//! What the operator says about a source of notices.

use super::NoticeFormat;
use super::page::PageRules;

/// How a source of notices is read and asked. Everything in it is compiled: a reader never meets a
/// text that could still be wrong.
#[derive(Clone, Debug, Default)]
pub struct NoticeRules {
    /// Read as this, whatever the bytes look like.
    pub format: Option<NoticeFormat>,
    /// The address that is asked; the template of [`super::request`].
    pub url: Option<String>,
    /// An expert query for TED, a country's name for the World Bank, a `$filter` for OData.
    pub query: Option<String>,
    /// Where notices stand on an HTML page.
    pub page: Option<PageRules>,
    /// ISO 3166-1 alpha-2, for notices that name no country: a national portal's own.
    pub country: Option<String>,
}
