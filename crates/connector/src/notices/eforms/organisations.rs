//! The organisations of a notice: everything else refers to them by `ORG-0001`.

use std::collections::HashMap;

use super::super::xml::El;
use super::{Extension, Party, PartyRole, country, line, spoken, words};

/// The organisations by their technical ids. Contact persons, touch points' people and beneficial
/// owners are personal data and never read.
#[derive(Debug, Default)]
pub(super) struct Organisations {
    by_id: HashMap<String, Organisation>,
}

#[derive(Clone, Debug)]
pub(super) struct Organisation {
    name: String,
    number: Option<String>,
    pub(super) country: Option<String>,
}

impl Organisations {
    pub(super) fn of(extension: &Extension<'_>, language: Option<&str>) -> Self {
        let mut all = Self::default();
        let Some(organisations) = extension.organisations else { return all };
        for organisation in organisations.children("Organization").take(words::LIST) {
            let Some(company) = organisation.child("Company") else { continue };
            let Some(found) = Organisation::of(company, language) else { continue };
            // A touch point acts for its organisation: the official name is the organisation's.
            for part in organisation.children("Company").chain(organisation.children("TouchPoint"))
            {
                for id in part.all("PartyIdentification/ID").into_iter().filter_map(El::line) {
                    all.by_id.entry(id).or_insert_with(|| found.clone());
                }
            }
        }
        all
    }

    pub(super) fn get(&self, id: &str) -> Option<&Organisation> {
        self.by_id.get(id)
    }
}

impl Organisation {
    /// BT-500, BT-501, BT-514.
    fn of(company: El<'_>, language: Option<&str>) -> Option<Self> {
        let name = spoken(company, "PartyName/Name", language, false)?;
        let number = line(company, "PartyLegalEntity/CompanyID");
        let state = line(company, "PostalAddress/Country/IdentificationCode");
        Some(Self {
            name: words::name(&name)?,
            number: number.as_deref().and_then(words::name),
            country: state.as_deref().and_then(country::alpha2),
        })
    }

    pub(super) fn party(&self, role: PartyRole) -> Party {
        let Self { name, number, country } = self.clone();
        Party { role, name, id: number, country }
    }
}
