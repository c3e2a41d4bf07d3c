//! `robots`: what a robots.txt allows, without any network.

use std::io::{BufRead, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fetch::robots::{MAX_BYTES, Robots};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::RobotsArgs;
use crate::command::file;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Bytes of one question in a batch: a file at its limit in base64, an address, some air.
const MAX_LINE_BYTES: u64 = 2 * MAX_BYTES as u64 + (64 << 10);

/// `robots FILE --agent A URL`, or many questions on stdin.
pub(crate) fn robots(args: &RobotsArgs) -> Outcome {
    let (Some(path), Some(url)) = (&args.file, &args.url) else {
        return batch(std::io::stdin().lock());
    };
    output::json(&answer(&Robots::parse(&file::read(path)?), &args.agent, url))
}

fn answer(robots: &Robots, agent: &str, url: &str) -> Value {
    let rules = robots.rules(agent);
    json!({
        "allowed": rules.allows(url),
        "crawl_delay": rules.crawl_delay().map(|delay| delay.as_secs_f64()),
        "sitemaps": robots.sitemaps(),
    })
}

#[derive(Deserialize)]
struct Question {
    robots_b64: String,
    user_agent: String,
    url: String,
}

/// Answers each line with one line, in order; one that is no question is answered with its error.
fn batch(mut input: impl BufRead) -> Outcome {
    let mut line = Vec::new();
    let mut last = (String::new(), Robots::default());
    let (mut number, mut wrong) = (0_u64, 0_u64);
    loop {
        line.clear();
        let mut limited = input.by_ref().take(MAX_LINE_BYTES);
        if limited.read_until(b'\n', &mut line).map_err(Failure::io)? == 0 {
            break;
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == MAX_LINE_BYTES {
            return Err(Failure::found(crate::because!(
                "line {number} is longer than {MAX_LINE_BYTES} bytes"
            )));
        }
        let said = reply(&line, &mut last).unwrap_or_else(|error| {
            wrong += 1;
            json!({ "allowed": null, "error": model::one_line(&format!("{error:#}")) })
        });
        output::json(&said)?;
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::found(crate::because!("{wrong} lines were no questions"))),
    }
}

/// Questions about one file mostly follow each other: it is read once.
fn reply(line: &[u8], last: &mut (String, Robots)) -> anyhow::Result<Value> {
    let question: Question = serde_json::from_slice(line)?;
    if question.robots_b64 != last.0 {
        let robots = Robots::parse(&STANDARD.decode(question.robots_b64.trim())?);
        *last = (question.robots_b64, robots);
    }
    Ok(answer(&last.1, &question.user_agent, &question.url))
}
