//! `digest`: a day once more, byte for byte.

use console::DigestQuery;
use console::query::query_string;
use pipeline::SystemClock;

use crate::cli::{Cli, DigestArgs};
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::output;
use crate::reach::{Reach, failure, refused};
use crate::tell::{self, render_digest};

pub(crate) async fn digest(cli: &Cli, args: &DigestArgs) -> Outcome {
    let at = Installation::load(cli)?;
    let query = DigestQuery {
        name: args.name.clone(),
        date: args.date.clone(),
        format: Some(args.format.as_str().into()),
        send: args.send,
    };
    let body = match Reach::find(&at).await? {
        Reach::Daemon(client) => {
            let path = format!("/api/digest?{}", query_string(&query));
            let answer = if args.send { client.post(&path).await } else { client.get(&path).await };
            answer.map_err(refused)?.to_vec()
        }
        Reach::Local(store) => {
            let document = render_digest(&store, &at.config.pipeline, &SystemClock, &query);
            let sent = if args.send { send(&at, &store, &query).await } else { Ok(()) };
            store.shutdown().map_err(Failure::io)?;
            sent?;
            document.map_err(failure)?.body
        }
    };
    let text = String::from_utf8_lossy(&body);
    // Files and pipes get the very bytes; a terminal is protected.
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        output::text(&model::terminal_safe(&text))
    } else {
        output::text(&text)
    }
}

async fn send(at: &Installation, store: &::store::Store, query: &DigestQuery) -> Outcome {
    let cx = tell::context(at, store.clone()).map_err(Failure::io)?;
    let deliverer = tell::deliverer(&cx);
    tell::send_digest(&deliverer, &cx.settings, &*cx.clock, query).await.map_err(failure)
}
