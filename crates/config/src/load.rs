//! The whole way from files to a configuration, or to the list of what is wrong with it.

use std::path::{Path, PathBuf};

use tagger::Tagger;

use crate::config::Parts;
use crate::criteria::Names;
use crate::document::Document;
use crate::groups::Groups;
use crate::problem::Report;
use crate::settings::Settings;
use crate::{
    Config, Environment, Problem, alerts, channels, digests, examples, files, settings, sources,
    watchlists,
};

/// Where the data folder and the watchlists are when nothing is said: beside `config/`.
const DATA: &str = "../data";
const WATCHLISTS: &str = "../watchlists";

/// What became of reading a configuration.
pub struct Loaded {
    /// Only when there are no problems: a broken configuration is refused as a whole.
    pub config: Option<Config>,
    /// By file and place.
    pub problems: Vec<Problem>,
    /// What will work, but perhaps not as meant; by file and place.
    pub warnings: Vec<Problem>,
    /// Files that were read.
    pub files: usize,
    /// Entries of watchlists.
    pub entries: usize,
    /// Examples that were tried, of watchlists and alert rules.
    pub examples: usize,
}

/// Reads the folder or file `at` with everything that belongs to it. Never panics.
pub fn load(at: &Path, environment: &Environment) -> Loaded {
    let report = Report::default();
    let documents = files::read(at, &report);
    let mut groups = Groups::default();
    groups.add_configuration(&documents, &report, environment);
    let settings = settings::read(&mut groups);
    if settings.lacks_contact && !documents.is_empty() {
        report.whole(at, lacks_contact());
    }

    let list_documents = watchlist_documents(at, &settings, &mut groups, &report);
    groups.add_watchlists(&list_documents, &report, environment);
    let mut names = Names::of(&groups);
    let lists = watchlists::read(&mut groups, &mut names);
    let entries = lists.entries.len();
    let mut tried = lists.entries.iter().map(watchlists::count_examples).sum();
    let (tagger, refused) = Tagger::build(lists.entries.clone());
    examples::report_refused(&refused, &lists, &report);
    examples::report_twins(&lists);

    let sources = sources::read(&mut groups, &settings.fetch.allow);
    names.categories = sources
        .listed
        .iter()
        .filter_map(|source| source.category.as_deref())
        .map(str::to_owned)
        .collect();
    if sources.listed.is_empty() && report.count() == 0 {
        report.warn_whole(at, "no source is configured: nothing is watched");
    }
    let channels = channels::read(&mut groups, &settings.fetch.allow);
    let rules = alerts::read(&mut groups, &names);
    if refused.is_empty() && names.are_complete() {
        tried += rules.iter().map(|rule| examples::try_rule(rule, &tagger)).sum::<usize>();
    }
    let digests = digests::read(&mut groups, &names);
    let alerts = rules.into_iter().map(|placed| placed.rule).collect();
    let data = data_folder(at, &settings);
    let files = documents.len() + list_documents.len();
    let parts = Parts { data, settings, sources, channels, alerts, digests, tagger };
    let config = if report.count() == 0 { parts.assemble() } else { None };
    let (problems, warnings) = report.into_sorted();
    Loaded { config, problems, warnings, files, entries, examples: tried }
}

fn lacks_contact() -> &'static str {
    "`contact` is missing: the User-Agent says where you can be reached, for example contact = \
     \"https://example.org/monitoring\" in stackwatch.toml"
}

/// The folder that `at` is, or that it lies in.
fn folder_of(at: &Path) -> PathBuf {
    if at.is_dir() {
        return at.to_owned();
    }
    match at.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn data_folder(at: &Path, settings: &Settings<'_>) -> PathBuf {
    match &settings.data {
        Some(data) => files::absolute(&data.here.cx.document.folder, &data.value),
        None => files::absolute(&folder_of(at), DATA),
    }
}

/// One folder lies in the other, however they are written.
fn is_inside(inner: &Path, outer: &Path) -> bool {
    match (inner.canonicalize(), outer.canonicalize()) {
        (Ok(inner), Ok(outer)) => outer.is_dir() && inner.starts_with(outer),
        _ => false,
    }
}

fn watchlist_documents(
    at: &Path,
    settings: &Settings<'_>,
    groups: &mut Groups<'_>,
    report: &Report,
) -> Vec<Document> {
    let before = report.count();
    let documents = match &settings.watchlists {
        Some(path) => {
            let folder = files::tidy(path.here.cx.document.folder.join(&path.value));
            if !folder.is_dir() {
                path.here.problem("is not a folder that can be read");
                Vec::new()
            } else if is_inside(&folder, at) {
                // Read with everything else of the configuration already.
                Vec::new()
            } else {
                files::read(&folder, report)
            }
        }
        None => {
            let folder = files::tidy(folder_of(at).join(WATCHLISTS));
            if folder.is_dir() { files::read(&folder, report) } else { Vec::new() }
        }
    };
    if report.count() > before && documents.is_empty() {
        groups.lose_watchlists();
    }
    documents
}
