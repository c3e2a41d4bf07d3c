//! The recorded sources of the demo: our own words in the real formats, dated relative to now.

use std::time::Duration;

use model::Timestamp;

/// One entry of a recorded source.
pub(super) struct Told {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) summary: &'static str,
    /// Hours before the demo began.
    pub(super) age: u64,
}

const fn told(id: &'static str, title: &'static str, summary: &'static str, age: u64) -> Told {
    Told { id, title, summary, age }
}

pub(super) const COURIER: &[Told] = &[
    told(
        "courier-1",
        "City council debates a smart city plan for Novi Sad",
        "Council members asked who would keep the pictures of the new surveillance cameras, and \
         for how long.",
        30,
    ),
    told(
        "courier-2",
        "Telekom Srbija and Huawei look back on ten years of All-IP",
        "The operator says that most of its fixed network has been replaced since 2016.",
        52,
    ),
    told("courier-3", "Danube cycling route reopens after the floods", "Two bridges are new.", 60),
];

/// Arrives while the demo runs: an alert at once.
pub(super) const COURIER_NEWS: Told = told(
    "courier-4",
    "Nuctech scanners arrive at the Horgoš border crossing",
    "Customs received two mobile X-ray scanners made by Nuctech. The contract value was not \
     published, and the tender named no other bidder.",
    0,
);

pub(super) const GLASNIK: &[Told] = &[
    told(
        "glasnik-1",
        "Opština kupuje nadzorne kamere za škole",
        "U tehničkoj specifikaciji stoje modeli koje prodaju samo zastupnici Hikvisiona.",
        20,
    ),
    told(
        "glasnik-2",
        "Data centar u Kragujevcu dobija novu salu",
        "Država najavljuje prostor za još stotinu ormana sa serverima.",
        44,
    ),
    told(
        "glasnik-3",
        "Let za BGI preko Londona",
        "Kako do aerodroma na Barbadosu za manje novca.",
        48,
    ),
];

/// The same entry after its headline was edited: a revision, not a new item.
pub(super) const GLASNIK_EDITED: Told = told(
    "glasnik-2",
    "Data centar u Kragujevcu: oprema stiže od Huaweija",
    "Država najavljuje prostor za još stotinu ormana sa serverima, a opremu isporučuje Huawei.",
    44,
);

pub(super) const VESNIK: &[Told] = &[
    told(
        "vesnik-1",
        "Министарство потписало меморандум о разумевању са Хуавејем",
        "Документ помиње вештачку интелигенцију и паметне учионице.",
        26,
    ),
    told("vesnik-2", "Отворена изложба старих мапа Београда", "Улаз је слободан до недеље.", 31),
];

/// Arrives while the demo runs.
pub(super) const VESNIK_NEWS: Told = told(
    "vesnik-3",
    "Нова лабораторија BGI-ја за секвенцирање генома у Нишу",
    "Лабораторија ће анализирати узорке из целе земље, а уговор са BGI Genomics није објављен.",
    0,
);

pub(super) const KEXUN: &[Told] = &[
    told("kexun-1", "华为与塞尔维亚电信讨论5G基站建设", "双方介绍了新的核心网方案。", 18),
    told("kexun-2", "贝尔格莱德举办春季书展", "今年有三百家出版社参加。", 40),
];

pub(super) const WIRE: &[Told] =
    &[told("wire-1", "Regional rail timetable changes on Sunday", "Trains leave earlier.", 12)];

/// The courier's story in a second outlet: the same alert, one more outlet.
pub(super) const WIRE_COPY: Told = Told { id: "wire-2", ..COURIER_NEWS };

pub(super) const LEDGER: &[Told] =
    &[told("ledger-1", "Procurement portal publishes its yearly plan", "Dates only.", 16)];

/// RSS 2.0. `entries` newest first.
pub(super) fn rss(title: &str, lang: &str, entries: &[&Told], began: Timestamp) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>{}</title><link>https://{}/</link><language>{lang}</language>\n",
        escape(title),
        host(title)
    );
    for entry in entries {
        let date = date(entry, began).to_jiff().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        xml.push_str(&format!(
            "<item><title>{}</title><link>https://{}/{}</link>\
             <guid isPermaLink=\"false\">{}</guid><pubDate>{date}</pubDate>\
             <description>{}</description></item>\n",
            escape(entry.title),
            host(title),
            entry.id,
            entry.id,
            escape(entry.summary)
        ));
    }
    xml.push_str("</channel></rss>\n");
    xml
}

/// Atom 1.0 (RFC 4287).
pub(super) fn atom(title: &str, lang: &str, entries: &[&Told], began: Timestamp) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{lang}\"><title>{}</title>\
         <id>tag:{},2026:feed</id><updated>{began}</updated>\n",
        escape(title),
        host(title)
    );
    for entry in entries {
        let date = date(entry, began);
        xml.push_str(&format!(
            "<entry><title>{}</title><id>tag:{},2026:{}</id>\
             <link rel=\"alternate\" href=\"https://{}/{}\"/><published>{date}</published>\
             <updated>{date}</updated><summary>{}</summary></entry>\n",
            escape(entry.title),
            host(title),
            entry.id,
            host(title),
            entry.id,
            escape(entry.summary)
        ));
    }
    xml.push_str("</feed>\n");
    xml
}

fn date(entry: &Told, began: Timestamp) -> Timestamp {
    let seconds = began.millis() / 1000 * 1000;
    let whole = Timestamp::from_millis(seconds).expect("earlier than `began`");
    whole.before(Duration::from_secs(entry.age * 3600))
}

fn host(title: &str) -> String {
    let word = title.split_whitespace().last().unwrap_or("demo").to_ascii_lowercase();
    format!("{word}.example")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
