//! The program: arguments, logging, one command, an exit code.

mod cli;
mod command;
mod daemon;
mod demo;
mod exit;
mod import;
mod installation;
mod logs;
mod memory;
mod output;
mod reach;
mod scratch;
mod tell;
mod websub;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{AlertsCommand, Cli, Command, DeliveriesCommand, VendorCommand};
use crate::exit::{Failure, Outcome};

fn main() -> ExitCode {
    memory::keep_large_apart();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked = !error.use_stderr(); // --help, --version
            drop(error.print());
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(64) };
        }
    };
    match start(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            installation::complain(&format!("stackwatch: {failure}"));
            failure.code()
        }
    }
}

fn start(cli: &Cli) -> Outcome {
    // Before any thread is started: the limits on memory count their stacks as well.
    if matches!(cli.command, Command::ReadWorkbook) {
        return command::workbook::child();
    }
    let default = match &cli.command {
        Command::Run(args) if !args.once => "info",
        _ => "warn",
    };
    logs::start(cli.log.as_deref(), default, cli.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::io)?;
    let outcome = runtime.block_on(dispatch(cli));
    // Work that blocks (a slow name server) must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    outcome
}

async fn dispatch(cli: &Cli) -> Outcome {
    match &cli.command {
        Command::Run(args) => command::run::run(cli, args).await,
        Command::Demo(args) => demo::demo(cli, args).await,
        Command::Check(args) => command::check::check(cli, args.json),
        Command::Source(what) => command::source::source(cli, what).await,
        Command::Parse(args) => command::parse::parse(args),
        Command::Decode(args) => command::parse::decode(args),
        Command::UrlCheck(args) => command::url_check::url_check(args),
        Command::Robots(args) => command::robots::robots(args),
        Command::Tag(args) => command::tagging::tag(cli, args),
        Command::Eval(args) => command::tagging::eval(cli, args),
        Command::Vendor(VendorCommand::Show { id, json }) => {
            command::vendor::show(cli, id, *json).await
        }
        Command::Retag(args) => command::retag::retag(cli, args).await,
        Command::Items(args) => command::reads::items(cli, args).await,
        Command::Alerts(AlertsCommand::List { since, limit, rule, held, json }) => {
            command::reads::alerts(cli, since.as_deref(), *limit, rule.as_deref(), *held, *json)
                .await
        }
        Command::Alerts(AlertsCommand::Show { id, json }) => {
            command::reads::alert(cli, id, *json).await
        }
        Command::Digest(args) => command::digest::digest(cli, args).await,
        Command::Coverage(args) => command::coverage::coverage(cli, args).await,
        Command::Quarantine(what) => command::quarantine::quarantine(cli, what).await,
        Command::Deliveries(DeliveriesCommand::List { state, limit, json }) => {
            command::reads::deliveries(cli, state.as_deref(), *limit, *json).await
        }
        Command::Deliveries(DeliveriesCommand::Retry { message, json }) => {
            command::channel::retry(cli, message.as_deref(), *json).await
        }
        Command::Channel(what) => command::channel::channel(cli, what).await,
        Command::Store(what) => command::store::store(cli, what).await,
        Command::Doctor(args) => command::doctor::doctor(cli, args.json).await,
        Command::Health => command::health::health(cli).await,
        Command::ReadWorkbook => command::workbook::child(),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "stackwatch", &mut text);
            output::text(&String::from_utf8_lossy(&text))
        }
    }
}
