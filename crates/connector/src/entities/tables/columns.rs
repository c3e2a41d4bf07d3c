//! Which column holds what.

use std::collections::HashMap;
use std::str::FromStr;

use crate::ParseError;
use crate::entities::source::rows::{Table, column_key};

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Field {
    Name,
    /// The name as it is written, where another column has it clean.
    Written,
    Id,
    Alias,
    Kind,
    Address,
    Country,
    Programme,
    Citation,
    Listed,
    Removed,
    Url,
    List,
    Requirement,
    Policy,
    Status,
    Remarks,
}

/// The words of configuration, and the columns by which a field is found when nobody declares it;
/// the better names first.
const FIELDS: [(Field, &str, &[&str]); 16] = [
    (Field::Name, "name", &NAMES),
    (
        Field::Id,
        "id",
        &[
            "id",
            "uid",
            "entityid",
            "uniqueid",
            "entitynumber",
            "recordid",
            "referencenumber",
            "refno",
        ],
    ),
    (
        Field::Alias,
        "aliases",
        &[
            "alias",
            "aliases",
            "altnames",
            "aka",
            "akas",
            "weakalias",
            "previousname",
            "previousnames",
            "formername",
            "formernames",
            "acronym",
            "othernames",
            "別名alias",
            "alternatename",
        ],
    ),
    (Field::Kind, "type", &["schema", "entitytype", "type", "kind"]),
    (
        Field::Address,
        "address",
        &["address", "addresses", "streetaddress", "fulladdress", "地址address", "地址"],
    ),
    (
        Field::Country,
        "country",
        &[
            "country",
            "countries",
            "countrycode",
            "nationality",
            "jurisdiction",
            "國家代碼country",
            "國家代碼",
        ],
    ),
    (
        Field::Programme,
        "programme",
        &["program", "programs", "programme", "programmes", "regime", "limb", "table"],
    ),
    (
        Field::Citation,
        "citation",
        &[
            "federalregister",
            "federalregisternotice",
            "federalregistercitation",
            "frcitation",
            "frnotice",
            "citation",
            "citations",
            "notice",
        ],
    ),
    (
        Field::Listed,
        "listed",
        &[
            "startdate",
            "listed",
            "listedon",
            "listingdate",
            "effectivedate",
            "effdate",
            "effective",
            "datelisted",
            "dateadded",
            "dateofinclusion",
            "dateofinclusiononcoveredlist",
            "dateofinclusiononthecoveredlist",
            "dateofinclusiononcoveredlist",
            "date",
            "datedesignated",
        ],
    ),
    (
        Field::Removed,
        "removed",
        &[
            "enddate",
            "removed",
            "expirationdate",
            "dateremoved",
            "delistedon",
            "removaldate",
            "datelifted",
            "rescissioneffdate",
        ],
    ),
    (Field::Url, "url", &["sourceurl", "url", "weblink", "sourcelink", "link", "sourcelisturl"]),
    (Field::List, "list", &["list", "sublist", "sourcelist"]),
    (Field::Requirement, "licence_requirement", &["licenserequirement", "licencerequirement"]),
    (Field::Policy, "licence_policy", &["licensepolicy", "licencepolicy", "licensereviewpolicy"]),
    (Field::Status, "status", &["status"]),
    (Field::Remarks, "remarks", &["note", "notes", "remarks", "reason", "comment", "comments"]),
];

/// Names of the column of names.
pub(crate) const NAMES: [&str; 20] = [
    "cleanname",
    "name",
    "entityname",
    "nameofentity",
    "entitynames",
    "companyname",
    "company",
    "fullname",
    "debarredpartyfullname",
    "partyname",
    "organization",
    "organisation",
    "institution",
    "institutionname",
    "listedperson",
    "entity",
    "caption",
    "vesselname",
    "名稱name",
    "nameofcompany",
];

/// Fields of which every column counts, not the first alone.
fn gathers(field: Field) -> bool {
    matches!(field, Field::Alias | Field::Country)
}

/// A field that no entry of a list has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry has no field `{0}`; there are {fields}", fields = field_names())]
pub struct UnknownColumn(pub String);

fn field_names() -> String {
    FIELDS.iter().map(|(_, name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Field {
    type Err = UnknownColumn;

    fn from_str(text: &str) -> Result<Self, UnknownColumn> {
        let found = FIELDS.iter().find(|(_, name, _)| *name == text);
        found.map(|(field, ..)| *field).ok_or_else(|| UnknownColumn(text.into()))
    }
}

/// The columns that an operator declares: field, and the name in the header or of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(Vec<(Field, String)>);

impl Columns {
    /// The declared pairs of field and column. A field may have several columns.
    ///
    /// # Errors
    /// A field that entries do not have.
    pub fn new<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, UnknownColumn> {
        let pairs =
            pairs.into_iter().map(|(field, column)| Ok((field.parse()?, column.to_owned())));
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// A header with these keys has the declared column of names.
    pub(crate) fn fit(&self, keys: &[String]) -> bool {
        let mut names = self.0.iter().filter(|(field, _)| *field == Field::Name).peekable();
        names.peek().is_some()
            && names.all(|(_, column)| keys.iter().any(|key| *key == column_key(column)))
    }

    pub(crate) fn described(&self) -> String {
        let columns: Vec<String> = self.0.iter().map(|(_, column)| format!("`{column}`")).collect();
        columns.join(", ")
    }
}

/// The header is one of a list of entities: a column of names, and another that lists have.
pub(crate) fn is_entity_header(keys: &[String]) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| keys.iter().any(|key| key == name));
    let other = |field: &Field| {
        matches!(
            field,
            Field::Alias
                | Field::Address
                | Field::Country
                | Field::Programme
                | Field::Citation
                | Field::Listed
                | Field::Removed
        )
    };
    // `Entity` and `Country` are words of rows, too; what begins with a date or number is one.
    let row = keys.iter().any(|key| key.bytes().next().is_some_and(|byte| byte.is_ascii_digit()));
    !row && has(&NAMES)
        && FIELDS.iter().filter(|(field, ..)| other(field)).any(|(_, _, names)| has(names))
}

/// The columns of a table, by declaration or by name.
pub(crate) fn resolve(
    table: &Table<'_>,
    declared: Option<&Columns>,
) -> Result<HashMap<Field, Vec<usize>>, ParseError> {
    let mut found: HashMap<Field, Vec<usize>> = HashMap::new();
    if let Some(Columns(pairs)) = declared {
        for (field, name) in pairs {
            let column = table.need(&[&column_key(name)]).map_err(|_| ParseError::Damaged {
                reason: format!(
                    "the table has no column `{name}`; its columns are {}",
                    crate::entities::source::rows::shown(&table.names)
                ),
            })?;
            found.entry(*field).or_default().extend(column);
        }
        return Ok(found);
    }
    for (field, _, names) in FIELDS {
        let columns = names.iter().filter_map(|name| table.column(&[name]));
        let columns: Vec<usize> =
            if gathers(field) { columns.collect() } else { columns.take(1).collect() };
        if !columns.is_empty() {
            found.insert(field, columns);
        }
    }
    if let (Some(clean), Some(written)) = (table.column(&["cleanname"]), table.column(&["name"])) {
        found.insert(Field::Name, vec![clean, written]);
        found.insert(Field::Written, vec![written]);
    }
    Ok(found)
}

/// The keys of a JSON object, by declaration or by name.
pub(crate) fn resolve_keys<'k>(
    keys: impl Iterator<Item = &'k String>,
    declared: Option<&Columns>,
) -> HashMap<Field, Vec<String>> {
    let mut found: HashMap<Field, Vec<String>> = HashMap::new();
    if let Some(Columns(pairs)) = declared {
        for (field, name) in pairs {
            found.entry(*field).or_default().push(name.clone());
        }
        return found;
    }
    let keys: Vec<(String, &String)> = keys.map(|key| (column_key(key), key)).collect();
    for (field, _, names) in FIELDS {
        let known = names.iter().filter_map(|name| keys.iter().find(|(key, _)| key == name));
        let known: Vec<String> = known.map(|(_, key)| (*key).clone()).collect();
        if !known.is_empty() {
            found.insert(field, known);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_entities_has_names_and_something_about_them() {
        let keys = |text: &str| text.split(',').map(column_key).collect::<Vec<_>>();
        assert!(is_entity_header(&keys("COUNTRY,NAME,ADDRESS")));
        assert!(is_entity_header(&keys("Company,Acronym,Sector,EffectiveDate")));
        assert!(!is_entity_header(&keys("file,repo,path,commit,licence,what")));
        assert!(!is_entity_header(&keys("name,url")));
    }

    #[test]
    fn a_field_that_is_none_says_what_there_is() {
        let error = Columns::new([("nme", "X")]).unwrap_err().to_string();
        assert!(error.contains("`nme`") && error.contains("name, id"), "{error}");
    }
}
