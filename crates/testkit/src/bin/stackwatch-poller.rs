//! `stackwatch-poller FILE [ID…]`: plays scripted scenarios against the poller and says which pass.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use testkit::poller::{File, run_one};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let verbose = arguments.iter().position(|argument| argument == "--log");
    if let Some(at) = verbose {
        arguments.remove(at);
    }
    let Some((file, ids)) = arguments.split_first() else {
        tell(&mut std::io::stderr(), "usage: stackwatch-poller FILE [--log] [ID...]");
        return ExitCode::from(64);
    };
    let file = match File::read(Path::new(file)) {
        Ok(file) => file,
        Err(error) => {
            tell(&mut std::io::stderr(), &format!("{error:#}"));
            return ExitCode::from(64);
        }
    };
    let began = Instant::now();
    let mut out = std::io::stdout().lock();
    let (mut passed, mut failed) = (0, 0);
    let wanted = |id: &String| ids.is_empty() || ids.contains(id);
    for scenario in file.scenarios.iter().filter(|scenario| wanted(&scenario.id)) {
        let verdict = run_one(&file, scenario);
        if verdict.passed() {
            passed += 1;
            tell(&mut out, &format!("pass {}", verdict.id));
        } else {
            failed += 1;
            tell(&mut out, &format!("FAIL {} {}", verdict.id, verdict.failures.join("; ")));
        }
        if verbose.is_some() {
            for line in &verdict.log {
                tell(&mut out, line);
            }
        }
    }
    let (all, took) = (passed + failed, began.elapsed().as_secs_f64());
    tell(&mut out, &format!("{passed} of {all} scenarios passed in {took:.1}s"));
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A reader that has gone away is no mistake of ours.
fn tell(out: &mut impl Write, line: &str) {
    drop(writeln!(out, "{line}"));
}
