//! What configuration tells the fetcher.

use std::time::Duration;

/// Limits and manners of all requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `stackwatch/VERSION (+CONTACT)`.
    pub user_agent: String,
    /// Requests in flight on one host.
    pub per_host: usize,
    /// Least time between the starts of two requests to one host.
    pub spacing: Duration,
    pub connect_timeout: Duration,
    /// Longest silence between two pieces of an answer.
    pub idle_timeout: Duration,
    /// Longest time from the start of a request (after its turn came) to the end of the body.
    pub total_timeout: Duration,
    /// Private networks that may be addressed all the same (I11).
    pub allow: Vec<ipnet::IpNet>,
}
