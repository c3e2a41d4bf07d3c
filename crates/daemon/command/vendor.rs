//! `vendor`: what is known about one.

use console::query;
use console::rows::{VendorListing, VendorNotice, VendorRow};
use model::one_line;

use crate::cli::Cli;
use crate::exit::Outcome;
use crate::installation::Installation;
use crate::reach::{Reach, failure};
use crate::{output, tell};

/// `vendor show`
pub(crate) async fn show(cli: &Cli, id: &str, json: bool) -> Outcome {
    let at = Installation::load(cli)?;
    let vendor = tell::vendor(&at.config.tagger, id).map_err(failure)?;
    let sources = &at.config.console.sources;
    let reach = Reach::find(&at).await?;
    let path = format!("/api/vendors/{}", vendor.id);
    let row: VendorRow =
        reach.ask(&path, &(), |store| query::vendor(store, &vendor, sources)).await?;
    reach.close().await?;
    if json {
        return output::json(&row);
    }
    output::line(&format!("{} ({})", one_line(&row.label), row.id))?;
    let seen = row.last_seen.map_or("never".to_owned(), |at| at.to_string());
    output::line(&format!("named by {} items, last {seen}", row.items))?;
    let layers = row.layers.iter().map(|(layer, items)| format!("{layer} {items}"));
    output::line(&format!("seen in layers: {}", or_none(layers.collect())))?;
    output::line(&format!("usual layers (a hint): {}", or_none(row.usual_layers.clone())))?;
    if row.listings.is_empty() {
        output::line("on no list that is watched here")?;
    }
    let header = ["list", "entry", "state", "listed", "citation", "found by", "source", "terms"];
    output::table(&header, row.listings.iter().map(listing).collect())?;
    let header = ["procedure", "stage", "buyer", "suppliers", "role", "value", "source"];
    output::table(&header, row.notices.iter().map(notice).collect())
}

fn or_none(parts: Vec<String>) -> String {
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

fn listing(row: &VendorListing) -> Vec<String> {
    let of = &row.listing.designation;
    let (gone, change) = (row.listing.gone, row.listing.change);
    let state = if gone { change.to_string() } else { "listed".into() };
    let terms = [row.terms.as_deref(), row.licence.as_deref()];
    vec![
        of.list.clone(),
        of.name.clone(),
        state,
        of.listed.clone().unwrap_or_else(|| format!("seen {}", row.seen)),
        of.citations.join("; "),
        format!("{} ({})", row.words.join(", "), row.rules.join(", ")),
        row.source_name.clone(),
        terms.into_iter().flatten().collect::<Vec<_>>().join(", "),
    ]
}

fn notice(row: &VendorNotice) -> Vec<String> {
    let of = &row.notice;
    let value = of.value.map(|value| {
        format!("{value} {}", of.currency.as_deref().unwrap_or_default()).trim().to_owned()
    });
    vec![
        row.title.clone().unwrap_or_else(|| of.id.clone()),
        of.stage.to_string(),
        output::or_dash(of.buyer.as_ref()),
        of.suppliers.join("; "),
        if row.supplies { "supplier" } else { "named" }.into(),
        output::or_dash(value),
        row.source.to_string(),
    ]
}
