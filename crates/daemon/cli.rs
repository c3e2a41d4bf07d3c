//! The command line: a contract that other programs rely on.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Watches how PRC-linked vendors enter a country's technology stack: pulls sources, maps items to
/// vendors and layers, keeps everything, alerts at once and sums up each morning.
#[derive(Debug, Parser)]
#[command(name = "stackwatch", version, propagate_version = true, infer_subcommands = false)]
#[command(after_help = "Exit codes: 0 fine, 1 nothing usable or problems found, 64 bad arguments \
    or configuration, 74 store or I/O.\nStart with: stackwatch demo")]
pub(crate) struct Cli {
    /// Configuration folder or file [default: ./config, else /etc/stackwatch]
    #[arg(long, global = true, value_name = "DIR|FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Data folder [default: as the configuration says]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, or a filter such as `pipeline=debug`
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How it is logged
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The daemon: watches, alerts, sums up
    Run(RunArgs),
    /// The whole product offline in a minute, on recorded sources and a throw-away data folder
    Demo(DemoArgs),
    /// Reads configuration and watchlists, reports every mistake, runs every example
    Check(JsonArg),
    /// The catalogue of sources
    #[command(subcommand)]
    Source(SourceCommand),
    /// Reads a local file with a connector
    Parse(ParseArgs),
    /// Prints a document as UTF-8, by the charset rules of the fetcher
    Decode(DecodeArgs),
    /// Says whether a fetch of an address would be allowed; uses no network
    UrlCheck(UrlCheckArgs),
    /// Says what a robots.txt allows; uses no network
    Robots(RobotsArgs),
    /// Tags text from files or stdin
    Tag(TagArgs),
    /// Precision, recall and F1 of the watchlists against labelled lines
    Eval(EvalArgs),
    /// Applies today's watchlists to stored items, or shows what they would change
    Retag(RetagArgs),
    /// Vendors
    #[command(subcommand)]
    Vendor(VendorCommand),
    /// Stored items, newest first
    Items(ItemsArgs),
    /// Alerts
    #[command(subcommand)]
    Alerts(AlertsCommand),
    /// Renders the digest of a day
    Digest(DigestArgs),
    /// What was watched, and what was not
    Coverage(CoverageArgs),
    /// Documents that could not be read
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Messages on their way to channels
    #[command(subcommand)]
    Deliveries(DeliveriesCommand),
    /// Channels
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// The store
    #[command(subcommand)]
    Store(StoreCommand),
    /// Can this installation run?
    Doctor(JsonArg),
    /// Asks a running daemon whether it is well (for service managers and containers)
    Health,
    /// Prints the rows of a workbook from stdin; the program calls itself so
    #[command(hide = true)]
    ReadWorkbook,
    /// Prints completions for a shell
    Completions { shell: clap_complete::Shell },
}

#[derive(Debug, Args)]
pub(crate) struct JsonArg {
    /// Machine output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Every source once, deliveries flushed, summary, exit
    #[arg(long)]
    pub(crate) once: bool,
    /// Machine output of the summary
    #[arg(long, requires = "once")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End when the story is told, also on a terminal
    #[arg(long)]
    pub(crate) quick: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// All sources with their health
    List(JsonArg),
    /// Fetches and reads one source and prints what it would store
    Test {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Makes sources of an OPML list
    Import {
        file: PathBuf,
        /// Print what the list holds, write nothing
        #[arg(long)]
        dry_run: bool,
        #[arg(long)]
        json: bool,
    },
    /// Prints the sources as OPML
    Export,
    /// Stores a file or folder as if the source had answered with it: an exported workbook, a list
    ImportFile {
        id: String,
        file: PathBuf,
        #[arg(long)]
        json: bool,
    },
    /// Takes the next download of an entity list as it comes, after its guards refused it
    Accept { id: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ParseKind {
    Feed,
    /// A sitemap, an index of sitemaps, or a list of addresses; the file may be a folder
    Sitemap,
    /// Procurement notices; the file may be a folder
    Notices,
    /// An entity list; a folder where several files belong together
    Entities,
}

#[derive(Debug, Args)]
pub(crate) struct ParseArgs {
    /// The connector
    pub(crate) kind: ParseKind,
    pub(crate) file: PathBuf,
    /// The address that relative references start from
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The Content-Type header that came with it
    #[arg(long, value_name = "TYPE")]
    pub(crate) content_type: Option<String>,
    /// The format, where it should not be found out by the bytes
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// The id of an entity list [default: that of its format]
    #[arg(long, value_name = "ID")]
    pub(crate) list: Option<String>,
    /// Which column or key of a table holds what: name=Company; may be repeated
    #[arg(long = "column", value_name = "FIELD=COLUMN")]
    pub(crate) columns: Vec<String>,
    /// The array of a JSON document that holds the entries
    #[arg(long, value_name = "PATH")]
    pub(crate) array: Option<String>,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "TYPE")]
    pub(crate) content_type: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UrlCheckArgs {
    pub(crate) url: String,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RobotsArgs {
    /// The robots.txt
    #[arg(required_unless_present = "batch")]
    pub(crate) file: Option<PathBuf>,
    /// The address that is asked for
    #[arg(required_unless_present = "batch")]
    pub(crate) url: Option<String>,
    /// The crawler that asks
    #[arg(long, value_name = "NAME", default_value = "stackwatch")]
    pub(crate) agent: String,
    /// Reads JSON lines {robots_b64, user_agent, url} from stdin and answers each
    #[arg(long, conflicts_with_all = ["file", "url"])]
    pub(crate) batch: bool,
    /// The only form of the answer; accepted as everywhere
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    /// Text files; stdin without any
    pub(crate) files: Vec<PathBuf>,
    /// Input is JSON lines with title, summary, text, lang, url; each comes back with its tags
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// Also say what was vetoed, and by which word
    #[arg(long)]
    pub(crate) explain: bool,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    pub(crate) file: PathBuf,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VendorCommand {
    /// On which lists it stands, since when and under which citation; what it supplies; where it
    /// was seen
    Show {
        id: String,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RetagArgs {
    /// Only items fetched since then: 2026-03-01, 2026-03-01T07:00:00Z, or 24h, 90d
    #[arg(long)]
    pub(crate) since: Option<String>,
    /// Show what would change, change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Let the alert rules look at every item that changes; without it nobody is told
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) alert: bool,
    /// Show only these ids or facets: `quectel`, `vendor:quectel`, `layer`; all are applied
    #[arg(long, value_name = "ID,…")]
    pub(crate) only: Option<String>,
    /// Items shown of each difference
    #[arg(long, default_value_t = 5)]
    pub(crate) samples: usize,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ItemsArgs {
    /// Only items fetched since then: 2026-03-01, 2026-03-01T07:00:00Z, or 24h, 7d
    #[arg(long)]
    pub(crate) since: Option<String>,
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
    #[arg(long)]
    pub(crate) vendor: Option<String>,
    #[arg(long)]
    pub(crate) layer: Option<String>,
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// article, notice, listing or page
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Any tag: `event:award`, `counterparty:mup`
    #[arg(long, value_name = "FACET:ID")]
    pub(crate) tag: Option<String>,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertsCommand {
    /// Alerts, newest first
    List {
        #[arg(long)]
        since: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Only this rule
        #[arg(long)]
        rule: Option<String>,
        /// Also those held back: baseline or old
        #[arg(long)]
        held: bool,
        #[arg(long)]
        json: bool,
    },
    /// One alert with its reasons and deliveries
    Show {
        id: String,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DigestArgs {
    /// The local day, 2026-03-01; today without it
    #[arg(long)]
    pub(crate) date: Option<String>,
    /// Which configured digest; the first without it
    #[arg(long = "for", value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Md)]
    pub(crate) format: Format,
    /// Send it to its channels as well
    #[arg(long)]
    pub(crate) send: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Md,
    Html,
    Json,
}

impl Format {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Md => "md",
            Self::Html => "html",
            Self::Json => "json",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// From when: 2026-03-01, 2026-03-01T07:00:00Z, or 24h, 7d [default: a day; the matrix: 90 days]
    #[arg(long)]
    pub(crate) since: Option<String>,
    /// Until when [default: now]
    #[arg(long, conflicts_with = "matrix")]
    pub(crate) until: Option<String>,
    /// The hour from this time on: watched and quiet, or blind and why
    #[arg(long, value_name = "TIME", conflicts_with_all = ["since", "until", "matrix"])]
    pub(crate) at: Option<String>,
    /// Country by layer by vendor: who watches, and what nobody does
    #[arg(long)]
    pub(crate) matrix: bool,
    /// Of the matrix: one country (ISO 3166-1, `any` for sources of no country)
    #[arg(long, requires = "matrix")]
    pub(crate) country: Option<String>,
    /// Of the matrix: one layer
    #[arg(long, requires = "matrix")]
    pub(crate) layer: Option<String>,
    /// Of the matrix: one vendor, and who brought it
    #[arg(long, requires = "matrix")]
    pub(crate) vendor: Option<String>,
    /// Of the matrix: only what is not watched: no source of the country itself sees it now. Sources
    /// of no country may bring it all the same, and are told beside it
    #[arg(long, requires = "matrix")]
    pub(crate) unwatched: bool,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// What is kept, the latest first
    List {
        #[arg(long)]
        source: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[arg(long)]
        json: bool,
    },
    /// One document: its reasons and its beginning
    Show {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Reads documents again with today's parser: one, those of a source, or all
    Retry {
        #[arg(conflicts_with = "source")]
        id: Option<String>,
        #[arg(long)]
        source: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeliveriesCommand {
    /// Deliveries by state
    List {
        /// queued, sending, retry, delivered or dead
        #[arg(long)]
        state: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[arg(long)]
        json: bool,
    },
    /// Puts dead deliveries back into the queue: all, or those of one message
    Retry {
        message: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelCommand {
    /// Sends a marked trial message
    Test { name: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Rows and bytes
    Stats(JsonArg),
    /// Every index has its record, every record its indexes
    Verify(JsonArg),
    /// Writes an export now
    Export {
        /// Into this folder instead of the data folder
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Makes a new store of the newest export and the journal
    Rebuild,
}
