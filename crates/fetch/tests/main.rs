//! The fetcher against a loopback origin that misbehaves.

mod conditional;
mod faults;
mod hostile;
mod manners;
mod redirects;
mod robots;
mod robots_cases;
mod robots_edges;
mod sinks;
mod spellings;
mod support;
