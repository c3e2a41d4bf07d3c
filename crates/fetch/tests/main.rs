//! The fetcher against a loopback origin that misbehaves.

mod conditional;
mod faults;
mod hostile;
mod manners;
mod redirects;
mod sinks;
mod support;
