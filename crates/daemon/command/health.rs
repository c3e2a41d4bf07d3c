//! `health`: what a running daemon says of itself, for service managers and containers.

use console::Health;

use crate::cli::Cli;
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::output;
use crate::reach::{daemon, refused};

/// Fine when the daemon answers that it can do its work; 1 when it cannot or does not run.
pub(crate) async fn health(cli: &Cli) -> Outcome {
    let at = Installation::load(cli)?;
    let Some(client) = daemon(&at).await? else {
        return Err(Failure::found(crate::because!(
            "no daemon runs on {}",
            at.config.data.display()
        )));
    };
    let health: Health = client.get_json("/healthz").await.map_err(refused)?;
    output::json(&health)
}
