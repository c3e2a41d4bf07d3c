//! Rows of a workbook that somebody exported from a portal's grid: columns are found by their
//! names, in Serbian in either script or in English.

use model::{Notice, Party, PartyRole, Stage, Timestamp, ValueKind};

use super::{NoticeRules, ParsedNotices, country, words};
use crate::ParseError;
use crate::feed::date;

/// Rows in which the names of the columns are looked for.
const HEADER_ROWS: usize = 20;
/// Columns that must be known for a row to be the row of names.
const HEADER_COLUMNS: usize = 2;
/// Most rows: a grid holds the notices of some weeks.
const ROWS: usize = 200_000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Number,
    Reference,
    Buyer,
    Title,
    Form,
    Published,
    Deadline,
    Estimated,
    Awarded,
    Cpv,
    Nature,
    Procedure,
    Supplier,
    Place,
    Url,
}

/// Names of columns as [`folded`]: first the Serbian ones, then the English ones.
#[rustfmt::skip]
const NAMES: &[(Column, &[&str], &[&str])] = &[
    (Column::Number, &["broj oglasa", "sifra oglasa", "identifikator oglasa"], &["notice number", "notice id", "number", "id"]),
    (Column::Reference, &["referentni broj", "referentni broj nabavke", "broj nabavke", "interni broj"], &["reference number", "reference"]),
    (Column::Buyer, &["narucilac", "naziv narucioca", "narucioci"], &["contracting authority", "contracting body", "contracting entity", "buyer"]),
    (Column::Title, &["naziv nabavke", "predmet nabavke", "naziv", "naziv predmeta nabavke"], &["procurement name", "name", "title", "subject"]),
    (Column::Form, &["naziv oglasa", "vrsta oglasa", "tip oglasa"], &["notice name", "notice type", "type of notice", "form"]),
    (Column::Published, &["datum objave", "datum objavljivanja", "objavljeno", "datum objave oglasa"], &["publication date", "date of publication", "notice publish date", "published"]),
    (Column::Deadline, &["rok za podnosenje ponuda", "rok za podnosenje", "rok za podnosenje prijava", "rok", "krajnji rok"], &["submission deadline", "deadline"]),
    (Column::Estimated, &["procenjena vrednost", "procenjena vrednost nabavke", "procenjena vrednost bez pdv", "procenjena vrednost bez pdv-a"], &["estimated value"]),
    (Column::Awarded, &["vrednost ugovora", "vrednost ugovora bez pdv", "vrednost ugovora bez pdv-a", "ugovorena vrednost", "ponudjena cena"], &["contract value", "awarded value"]),
    (Column::Cpv, &["cpv oznaka", "glavna cpv oznaka", "cpv kod", "cpv oznake", "oznaka iz rjn"], &["cpv", "cpv code", "cpv codes", "main cpv", "cpv extended"]),
    (Column::Nature, &["vrsta predmeta", "vrsta predmeta nabavke", "vrsta ugovora"], &["type of contract", "contract type", "type contract"]),
    (Column::Procedure, &["vrsta postupka", "tip postupka"], &["procedure type", "type of procedure"]),
    (Column::Supplier, &["ponudjac", "izabrani ponudjac", "dobavljac", "privredni subjekt", "privredni subjekat", "naziv ponudjaca"], &["supplier", "winner", "contractor"]),
    (Column::Place, &["mesto izvrsenja", "nuts oznaka"], &["nuts", "place of performance"]),
    (Column::Url, &["link", "adresa"], &["url"]),
];

/// Where the columns are.
struct Header {
    columns: Vec<(usize, Column)>,
    /// Whether the names are Serbian: such grids are of the Serbian portal.
    serbian: bool,
    /// The currency that a name of a column of sums gives.
    currency: Option<String>,
}

/// Reads the rows of one sheet. Cells are text; points in time are in ISO 8601.
///
/// # Errors
/// When no row names columns that are known.
pub fn parse_rows(rules: &NoticeRules, rows: &[Vec<String>]) -> Result<ParsedNotices, ParseError> {
    let mut parsed = ParsedNotices::new("xlsx");
    let head = rows.iter().take(HEADER_ROWS);
    let found = head.enumerate().find_map(|(at, row)| Some((at, Header::of(row)?)));
    let Some((header_at, header)) = found else {
        if rows.iter().flatten().all(|cell| cell.trim().is_empty()) {
            return Err(ParseError::Empty);
        }
        let names: Vec<_> = rows
            .iter()
            .flatten()
            .map(|cell| model::one_line(cell))
            .filter(|cell| !cell.is_empty())
            .take(6)
            .collect();
        let what = format!("a sheet whose columns are not known: {}", names.join(", "));
        return Err(ParseError::OtherKind { wanted: super::detect::WANTED, what });
    };
    for (at, row) in rows.iter().enumerate() {
        let place = format!("row {}", at + 1);
        if at == header_at || row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if at < header_at {
            parsed.title = parsed.title.take().or_else(|| words::title(&row.join(" ")));
            parsed.skip(place, "it stands above the names of the columns");
            continue;
        }
        if at > ROWS {
            parsed.reject(place, format!("more than {ROWS} rows: the rest is not read"));
            break;
        }
        match notice(&header, row, rules) {
            Some(notice) => parsed.items.push(notice),
            None => parsed.reject(place, "it has neither a number nor a reference"),
        }
    }
    Ok(parsed)
}

impl Header {
    fn of(row: &[String]) -> Option<Self> {
        let mut header = Self { columns: Vec::new(), serbian: false, currency: None };
        for (at, cell) in row.iter().enumerate() {
            let (name, unit) = match cell.split_once(['(', '[']) {
                Some((name, unit)) => (name, Some(unit)),
                None => (cell.as_str(), None),
            };
            let name = folded(name);
            let known = NAMES.iter().find_map(|(column, serbian, english)| {
                let is_serbian = serbian.contains(&name.as_str());
                (is_serbian || english.contains(&name.as_str())).then_some((*column, is_serbian))
            });
            let Some((column, serbian)) = known else { continue };
            if header.columns.iter().any(|(_, other)| *other == column) {
                continue;
            }
            header.serbian |= serbian;
            if matches!(column, Column::Estimated | Column::Awarded) {
                header.currency =
                    unit.and_then(|unit| words::currency(unit.trim_end_matches([')', ']'])));
            }
            header.columns.push((at, column));
        }
        let names = header
            .columns
            .iter()
            .any(|(_, column)| matches!(column, Column::Buyer | Column::Title));
        (names && header.columns.len() >= HEADER_COLUMNS).then_some(header)
    }

    fn cell(&self, row: &[String], wanted: Column) -> Option<String> {
        let (at, _) = self.columns.iter().find(|(_, column)| *column == wanted)?;
        let text = model::one_line(row.get(*at)?);
        (!text.is_empty()).then_some(text)
    }
}

fn notice(header: &Header, row: &[String], rules: &NoticeRules) -> Option<Notice> {
    let cell = |column| header.cell(row, column);
    let number = cell(Column::Number).as_deref().and_then(words::name);
    let reference = cell(Column::Reference).as_deref().and_then(words::name);
    let form = cell(Column::Form);
    let id = number.or_else(|| reference.clone())?;
    let mut notice = Notice::new(id, stage(form.as_deref()));
    notice.procedure_id.clone_from(&reference);
    notice.reference = reference;
    notice.title = cell(Column::Title).or_else(|| form.clone()).as_deref().and_then(words::title);
    notice.form = form.as_deref().and_then(words::name);
    notice.country = rules.country.clone().or_else(|| header.serbian.then(|| "RS".to_owned()));
    let home = notice.country.clone();
    if let Some(party) =
        cell(Column::Buyer).and_then(|name| organisation(&name, PartyRole::Buyer, home.clone()))
    {
        words::party(&mut notice, party);
    }
    for name in cell(Column::Supplier).iter().flat_map(|names| names.split(';')) {
        if let Some(party) = organisation(name, PartyRole::Winner, None) {
            words::party(&mut notice, party);
        }
    }
    let time = |column| instant(&cell(column)?, home.as_deref());
    notice.published = time(Column::Published);
    notice.deadline = time(Column::Deadline);
    for text in cell(Column::Cpv).iter().flat_map(|codes| codes.split([',', ';', ' ', '\n'])) {
        words::add(&mut notice.cpv, words::cpv(text));
    }
    notice.nature = cell(Column::Nature).and_then(|word| nature(&folded(&word)));
    notice.procedure = cell(Column::Procedure).as_deref().and_then(words::name);
    words::add(&mut notice.places, cell(Column::Place).as_deref().and_then(words::name));
    notice.url = cell(Column::Url).as_deref().and_then(words::web);
    let awarded = cell(Column::Awarded).and_then(|text| sum(&text));
    let estimated = cell(Column::Estimated).and_then(|text| sum(&text));
    notice.value = awarded.or(estimated);
    if notice.value.is_some() {
        let kind = if awarded.is_some() { ValueKind::Awarded } else { ValueKind::Estimated };
        notice.value_kind = Some(kind);
        let home = header.serbian.then(|| "RSD".to_owned());
        notice.currency = header.currency.clone().or(home);
    }
    Some(notice)
}

/// A number with whatever currency stands behind it. Numbers of a sheet come with two decimals, so
/// a dot before three digits is one of thousands.
fn sum(text: &str) -> Option<f64> {
    let number =
        text.trim_end_matches(|c: char| c.is_alphabetic() || c.is_whitespace() || c == '.');
    match number.rsplit_once('.') {
        Some((whole, group)) if group.len() == 3 && !number.contains(',') => {
            words::amount(&format!("{whole}{group}"))
        }
        _ => words::amount(number),
    }
}

/// `Grad Niš, ПИБ: 100232752`: the tax number is the organisation's.
fn organisation(text: &str, role: PartyRole, country: Option<String>) -> Option<Party> {
    let marks = ["ПИБ:", "PIB:", "ПИБ ", "PIB "];
    let found = marks.iter().find_map(|mark| text.find(mark).map(|at| (at, mark.len())));
    let (name, number) = match found {
        Some((at, length)) => {
            (text[..at].trim_end_matches([',', ' ', '(']), Some(&text[at + length..]))
        }
        None => (text, None),
    };
    let digits =
        number.map(|number| number.chars().filter(char::is_ascii_digit).collect::<String>());
    Some(Party {
        role,
        name: words::name(name)?,
        id: digits.filter(|digits| !digits.is_empty()),
        country,
    })
}

/// A time of day is on the clock of the portal's country.
fn instant(text: &str, home: Option<&str>) -> Option<Timestamp> {
    let time = date::parse(text)?;
    let zoned = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains('+'));
    let has_time = text.contains(':');
    Some(if has_time && !zoned { country::local_time(time, home) } else { time })
}

/// The portal's forms (Ф01 …) and the words in their names.
fn stage(form: Option<&str>) -> Stage {
    let form = folded(form.unwrap_or_default());
    let says = |words: &[&str]| words.iter().any(|word| form.contains(word));
    match () {
        () if says(&["obustav", "ponist", "termination", "cancel"]) => Stage::Termination,
        () if says(&[
            "izmeni ugovora",
            "izmena ugovora",
            "izmene ugovora",
            "f20",
            "modification",
        ]) =>
        {
            Stage::Modification
        }
        () if says(&["f14", "ispravk", "izmen", "corrigendum", "change"]) => Stage::Corrigendum,
        () if says(&["f03", "f06", "f13", "f15", "f25", "dodel", "zakljucen", "award"]) => {
            Stage::Award
        }
        () if says(&["f01", "f04", "prethodn", "periodicn", "plan", "prior information"]) => {
            Stage::Planning
        }
        () => Stage::Notice,
    }
}

fn nature(folded: &str) -> Option<String> {
    let known = match folded {
        "dobra" | "goods" | "supplies" => "goods",
        "usluge" | "services" => "services",
        "radovi" | "works" => "works",
        _ => return None,
    };
    Some(known.to_owned())
}

/// Lower case, Latin, without diacritics: `Понуђач` and `Ponuđač` are `ponudjac`.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in model::one_line(text).to_lowercase().chars() {
        let latin = match c {
            'а' => "a",
            'б' => "b",
            'в' => "v",
            'г' => "g",
            'д' => "d",
            'ђ' | 'đ' => "dj",
            'е' => "e",
            'ж' | 'ž' => "z",
            'з' => "z",
            'и' => "i",
            'ј' => "j",
            'к' => "k",
            'л' => "l",
            'љ' => "lj",
            'м' => "m",
            'н' => "n",
            'њ' => "nj",
            'о' => "o",
            'п' => "p",
            'р' => "r",
            'с' => "s",
            'т' => "t",
            'ћ' | 'ć' | 'ч' | 'č' | 'ц' => "c",
            'у' => "u",
            'ф' => "f",
            'х' => "h",
            'џ' => "dz",
            'ш' | 'š' => "s",
            c => {
                out.push(c);
                continue;
            }
        };
        out.push_str(latin);
    }
    out.trim().trim_end_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Vec<Vec<String>> {
        lines.iter().map(|line| line.split('|').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_grid_is_read_by_its_names_in_either_script() {
        let cyrillic = rows(&[
            "Извоз огласа",
            "Број огласа|Наручилац|Назив набавке|Назив огласа|Датум објаве|Процењена вредност|ЦПВ",
            "2026/S F02-0001|Град Ниш, ПИБ: 100232752|Видео-надзор у школама|Ф02 - Јавни позив|12.10.2026. 14:35|1.234.567,89|",
            "|||||",
            "|Град Ниш|без броја|||",
        ]);
        let parsed = parse_rows(&NoticeRules::default(), &cyrillic).unwrap();
        assert_eq!((parsed.items.len(), parsed.skipped.len(), parsed.rejected), (1, 1, 1));
        assert_eq!(parsed.problems[0].at, "row 5");
        let notice = &parsed.items[0];
        assert_eq!(notice.notice_id, "2026/S F02-0001");
        assert_eq!(notice.buyer.as_deref(), Some("Град Ниш"));
        assert_eq!(notice.parties[0].id.as_deref(), Some("100232752"));
        assert_eq!(
            notice.published.map(|time| time.to_string()).as_deref(),
            Some("2026-10-12T12:35:00Z")
        );
        assert_eq!((notice.value, notice.currency.as_deref()), (Some(1_234_567.89), Some("RSD")));
        assert_eq!((notice.stage, notice.country.as_deref()), (Stage::Notice, Some("RS")));

        let latin = rows(&[
            "Referentni broj|Naručilac|Naziv|Vrsta oglasa|Izabrani ponuđač|Vrednost ugovora (EUR)|CPV kod|Vrsta predmeta",
            "JN-7/26|Dom zdravlja|Skener|Obaveštenje o dodeli ugovora|Prvi d.o.o.; Drugi d.o.o.|12.500|38581000-4|dobra",
        ]);
        let parsed = parse_rows(&NoticeRules::default(), &latin).unwrap();
        let notice = &parsed.items[0];
        assert_eq!(notice.suppliers, ["Prvi d.o.o.", "Drugi d.o.o."]);
        assert_eq!(notice.cpv, ["38581000"]);
        assert_eq!(notice.stage, Stage::Award);
        assert_eq!((notice.value, notice.currency.as_deref()), (Some(12_500.0), Some("EUR")));
        assert_eq!(notice.value_kind, Some(ValueKind::Awarded));
        assert_eq!(notice.nature.as_deref(), Some("goods"));
    }

    #[test]
    fn a_sheet_of_something_else_is_refused() {
        let other = rows(&["Name|Age", "Ana|7"]);
        assert!(matches!(
            parse_rows(&NoticeRules::default(), &other),
            Err(ParseError::OtherKind { .. })
        ));
        assert_eq!(parse_rows(&NoticeRules::default(), &rows(&["", "|"])), Err(ParseError::Empty));
    }
}
