//! `url-check`: the address filter, without any network.

use serde_json::json;

use crate::cli::UrlCheckArgs;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Says whether a fetch would be allowed; 1 when it would not.
pub(crate) fn url_check(args: &UrlCheckArgs) -> Outcome {
    // Not the configuration's exceptions: the answer is about any installation.
    let verdict = fetch::check_url(&args.url, &[]);
    if args.json {
        return output::json(&json!({ "allowed": verdict.allowed, "reason": verdict.reason }));
    }
    output::line(&verdict.reason)?;
    if verdict.allowed {
        Ok(())
    } else {
        Err(Failure::found(crate::because!("a fetch of this address is refused")))
    }
}
