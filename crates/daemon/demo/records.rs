//! The entity list and the procurement portal of the demo: invented entries in the real formats.

use std::time::Duration;

use model::Timestamp;
use serde_json::{Value, json};

/// Entries of the list before and after the change that the demo tells.
pub(super) const LISTED: usize = 6;
const NAMES: [&str; LISTED] = [
    "Northern Example Instruments Co., Ltd.",
    "Example Optics Research Institute",
    "Zhejiang Dahua Technology Co., Ltd.",
    "Sample Avionics Trading LLC",
    "Example Marine Systems JSC",
    "Hangzhou Hikvision Digital Technology Co., Ltd.",
];
const ADDED: [&str; 2] =
    ["Huawei Cloud Example Region Ltd.", "Huawei Technologies Example Research Center"];

/// A table as screening lists publish it; `grown` with two further entries.
pub(super) fn list(grown: bool) -> String {
    let mut table = String::from("id,name,country,listed,citation\n");
    let added = if grown { &ADDED[..] } else { &[] };
    for (number, name) in NAMES.iter().chain(added).enumerate() {
        table.push_str(&format!("D-{number},\"{name}\",CN,2026-01-15,99 FR {}\n", 100 + number));
    }
    table
}

/// A package of OCDS releases: the call, and after the award that too.
pub(super) fn notices(awarded: bool, began: Timestamp) -> String {
    let ago = |hours: u64| began.before(Duration::from_secs(hours * 3_600)).to_string();
    let release = |id: &str, tag: &str, date: String| {
        json!({
            "ocid": "ocds-demo-1", "id": id, "date": date, "tag": [tag], "language": "sr",
            "buyer": { "name": "Grad Primer" },
            "tender": {
                "id": "JN-7/2026", "title": "Sistem za video-nadzor raskrsnica",
                "items": [{ "id": "1", "classification": { "scheme": "CPV", "id": "32323500" } }],
            },
        })
    };
    let mut releases = vec![release("call", "tender", ago(200))];
    if awarded {
        let mut award = release("award", "award", ago(0));
        award["awards"] = json!([{
            "id": "1", "status": "active", "value": { "amount": 19_300_000, "currency": "RSD" },
            "suppliers": [{ "name": "Huawei Technologies d.o.o. Beograd" }],
        }]);
        releases.push(award);
    }
    let package: Value = json!({
        "version": "1.1", "uri": "https://portal.example/releases", "releases": releases,
        "publisher": { "name": "Procurement portal" }, "publishedDate": ago(0),
    });
    package.to_string()
}
