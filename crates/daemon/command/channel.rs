//! `channel test` and `deliveries retry`.

use console::RetryQuery;
use console::query::query_string;
use model::{ChannelId, MessageId};
use pipeline::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::cli::{ChannelCommand, Cli};
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::output;
use crate::reach::{Reach, failure, refused};
use crate::tell;

/// `channel test`
pub(crate) async fn channel(cli: &Cli, command: &ChannelCommand) -> Outcome {
    let ChannelCommand::Test { name } = command;
    let at = Installation::load(cli)?;
    let channel: ChannelId = name
        .parse()
        .map_err(|error| Failure::usage(anyhow::Error::new(error).context(name.clone())))?;
    // A channel is tried from here: what is configured counts, whether or not a daemon runs.
    let cx = tell::context(&at, ::store::Store::in_memory()).map_err(Failure::io)?;
    let receipt = tell::test_channel(&tell::deliverer(&cx), &cx.settings, &channel).await.map_err(
        |error| match error {
            console::Error::Failed(reason) => {
                Failure::found(crate::because!("channel `{channel}`: {reason}"))
            }
            other => failure(other),
        },
    )?;
    output::line(&format!("sent a trial over `{channel}`: {receipt}"))
}

/// `deliveries retry`
pub(crate) async fn retry(cli: &Cli, message: Option<&str>, as_json: bool) -> Outcome {
    let at = Installation::load(cli)?;
    let message: Option<MessageId> = message
        .map(str::parse)
        .transpose()
        .map_err(|error: String| Failure::usage(crate::because!("{error}")))?;
    let answer: Value = match Reach::find(&at).await? {
        Reach::Daemon(client) => {
            let query = RetryQuery { message, channel: None };
            let path = format!("/api/deliveries/retry?{}", query_string(&query));
            client.post_json(&path).await.map_err(refused)?
        }
        Reach::Local(store) => {
            let which = tell::which(RetryQuery { message, channel: None }).map_err(failure)?;
            let now = SystemClock.now();
            let retried =
                pipeline::deliver::retry(&store, &which, now).await.map_err(Failure::io)?;
            store.shutdown().map_err(Failure::io)?;
            json!({ "retried": retried })
        }
    };
    if as_json {
        return output::json(&answer);
    }
    output::line(&format!("{} deliveries are in the queue again", answer["retried"]))
}
