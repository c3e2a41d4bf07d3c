//! The fetcher against a loopback origin that misbehaves.

mod conditional;
mod faults;
mod hostile;
mod manners;
mod redirects;
mod robots;
mod robots_cases;
mod sinks;
mod support;
