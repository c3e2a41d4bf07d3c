//! Reading tables key by key: whatever is wrong is reported at its place and reading goes on.

use std::fmt::Display;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Environment;
use crate::document::Document;
use crate::near;
use crate::problem::Report;

/// What every reader has at hand.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'d> {
    pub(crate) document: &'d Document,
    pub(crate) report: &'d Report,
    pub(crate) environment: &'d Environment,
    /// Where the piece of the document begins that places are counted from.
    pub(crate) base: usize,
}

/// A place that something can be said about.
#[derive(Clone)]
pub(crate) struct Here<'d> {
    pub(crate) cx: Cx<'d>,
    /// The key as messages show it, for example `feed.url`.
    pub(crate) key: String,
    span: Range<usize>,
}

impl<'d> Here<'d> {
    pub(crate) fn new(cx: Cx<'d>, key: impl Into<String>, span: Range<usize>) -> Self {
        let span = span.start + cx.base..span.end + cx.base;
        Self { cx, key: key.into(), span }
    }
    /// `key = value: message`.
    pub(crate) fn problem(&self, message: impl Display) {
        let source = self.cx.document.shown_source(self.span.clone());
        self.bare_problem(format!("{} = {source}: {message}", self.key));
    }
    /// The message alone, for places that are not a value and values that must not be shown.
    pub(crate) fn bare_problem(&self, message: impl Into<String>) {
        self.cx.report.problem(self.cx.document.problem(self.span.start, message));
    }
    pub(crate) fn warning(&self, message: impl Into<String>) {
        self.cx.report.warning(self.cx.document.problem(self.span.start, message));
    }
    /// The byte where it begins.
    pub(crate) fn start(&self) -> usize {
        self.span.start
    }
    /// `file:line`, to name it from elsewhere.
    pub(crate) fn shown(&self) -> String {
        self.cx.document.shown_line(self.span.start)
    }
}

/// Something with the place that it was read from.
#[derive(Clone)]
pub(crate) struct Placed<'d, T> {
    pub(crate) here: Here<'d>,
    pub(crate) value: T,
}

impl<'d> Placed<'d, String> {
    /// Through the door of `T`; a refusal is reported.
    pub(crate) fn check<T, E: Display>(
        self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Placed<'d, T>> {
        match parse(&self.value) {
            Ok(value) => Some(Placed { here: self.here, value }),
            Err(error) => {
                self.here.problem(error);
                None
            }
        }
    }
}

/// Any value, not looked at yet.
pub(crate) struct Value<'d> {
    pub(crate) here: Here<'d>,
    value: DeValue<'d>,
}

impl<'d> Value<'d> {
    pub(crate) fn new(cx: Cx<'d>, key: String, value: Spanned<DeValue<'d>>) -> Self {
        Self { here: Here::new(cx, key, value.span()), value: value.into_inner() }
    }

    fn refuse<T>(&self, expected: &str) -> Option<T> {
        match &self.value {
            DeValue::Table(_) => {
                let key = &self.here.key;
                self.here.bare_problem(format!("`{key}` is a table: must be {expected}"));
            }
            _ => self.here.problem(format!("must be {expected}")),
        }
        None
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    pub(crate) fn is_empty_list(&self) -> bool {
        matches!(&self.value, DeValue::Array(items) if items.is_empty())
    }

    pub(crate) fn text(self) -> Option<Placed<'d, String>> {
        match self.value {
            DeValue::String(text) => Some(Placed { here: self.here, value: text.into_owned() }),
            _ => self.refuse("a text in quotes"),
        }
    }

    /// A list of texts; one text alone is a list of one.
    pub(crate) fn texts(self) -> Vec<Placed<'d, String>> {
        match self.value {
            DeValue::Array(items) => {
                let texts = items
                    .into_iter()
                    .filter_map(|item| Self::new(self.here.cx, self.here.key.clone(), item).text());
                texts.collect()
            }
            DeValue::String(_) => self.text().into_iter().collect(),
            _ => {
                self.refuse::<()>("a list of texts");
                Vec::new()
            }
        }
    }

    pub(crate) fn values(self) -> Option<Vec<Value<'d>>> {
        match self.value {
            DeValue::Array(items) => {
                let item = |item| Self::new(self.here.cx, self.here.key.clone(), item);
                Some(items.into_iter().map(item).collect())
            }
            _ => self.refuse("a list"),
        }
    }

    pub(crate) fn whole_number(self) -> Option<Placed<'d, u64>> {
        let number = match &self.value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        match number {
            Some(value) => Some(Placed { here: self.here, value }),
            None => self.refuse("a whole number"),
        }
    }

    pub(crate) fn number(self) -> Option<Placed<'d, f64>> {
        let number = match &self.value {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            _ => None,
        };
        match number.filter(|number: &f64| number.is_finite()) {
            Some(value) => Some(Placed { here: self.here, value }),
            None => self.refuse("a number"),
        }
    }

    pub(crate) fn switch(self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(on) => Some(on),
            _ => self.refuse("true or false"),
        }
    }

    /// All entries of a kind: what `[kind.ID]` tables make together.
    pub(crate) fn entries(self) -> Option<Table<'d>> {
        let kind = &self.here.key;
        match self.value {
            DeValue::Table(table) => Some(Table::new(self.here, table)),
            DeValue::Array(_) => {
                self.here.bare_problem(format!("`[[{kind}]]` is not used: write `[{kind}.ID]`"));
                None
            }
            _ => self.refuse(&format!("tables `[{kind}.ID]`")),
        }
    }

    /// The table of one entry, whose keys are shown as they stand there.
    pub(crate) fn entry(self) -> Option<Table<'d>> {
        match self.value {
            DeValue::Table(table) => Some(Table::entry(self.here, table)),
            _ => self.refuse("a table"),
        }
    }

    /// A table inside an entry.
    pub(crate) fn table(self) -> Option<Table<'d>> {
        match self.value {
            DeValue::Table(table) => Some(Table::new(self.here, table)),
            _ => self.refuse(&format!("a table: write `{}.KEY = …`", self.here.key)),
        }
    }
}

/// A table of which keys are taken one by one; what is left in the end nobody knows.
pub(crate) struct Table<'d> {
    /// Where the table begins: what is missing is missing here.
    pub(crate) here: Here<'d>,
    prefix: String,
    rest: Vec<(Spanned<String>, Spanned<DeValue<'d>>)>,
    known: Vec<&'static str>,
}

impl<'d> Table<'d> {
    /// A table inside an entry: its keys are shown with its own before them.
    fn new(here: Here<'d>, table: DeTable<'d>) -> Self {
        let prefix = format!("{}.", here.key);
        Self { prefix, ..Self::entry(here, table) }
    }

    /// A table whose keys are shown as they stand there.
    pub(crate) fn entry(here: Here<'d>, table: DeTable<'d>) -> Self {
        let own = |(key, value): (Spanned<toml::de::DeString<'d>>, _)| {
            (Spanned::new(key.span(), key.into_inner().into_owned()), value)
        };
        let rest = table.into_iter().map(own).collect();
        Self { here, prefix: String::new(), rest, known: Vec::new() }
    }

    pub(crate) fn take(&mut self, key: &'static str) -> Option<Value<'d>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let at = self.rest.iter().position(|(name, _)| name.get_ref() == key)?;
        let (_, value) = self.rest.remove(at);
        Some(Value::new(self.here.cx, format!("{}{key}", self.prefix), value))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.rest.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Reports that `key` is missing, unless a broken statement may have held it.
    pub(crate) fn missing(&self, key: &str, example: &str) {
        let document = self.here.cx.document;
        let mut left = self.rest.iter().map(|(name, _)| name.get_ref().as_str());
        if left.any(|name| near::nearest(name, [key]).is_some() || name.starts_with(key)) {
            // Mistyped and not missing: it will be called unknown.
            return;
        }
        if !document.is_broken_after(self.here.span.start) {
            let key = format!("{}{key}", self.prefix);
            self.here.bare_problem(format!("`{key}` is missing, for example {key} = {example}"));
        }
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<Placed<'d, String>> {
        self.take(key)?.text()
    }

    /// The value of `key` through the door of its type.
    pub(crate) fn parsed<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        Some(self.placed(key, parse)?.value)
    }

    pub(crate) fn placed<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Placed<'d, T>> {
        self.text(key)?.check(parse)
    }

    /// Like [`Table::placed`], for what cannot be left out.
    pub(crate) fn required<T, E: Display>(
        &mut self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Placed<'d, T>> {
        match self.take(key) {
            Some(value) => value.text()?.check(parse),
            None => {
                self.missing(key, example);
                None
            }
        }
    }

    /// Each text of a list through the door of its type; empty if the key is not there.
    pub(crate) fn list<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<Placed<'d, T>> {
        let texts = self.take(key).map(Value::texts).unwrap_or_default();
        texts.into_iter().filter_map(|text| text.check(&parse)).collect()
    }

    /// A list of texts that say something: neither empty nor blank.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Placed<'d, String>> {
        self.list(key, not_blank)
    }

    /// A whole number within `range`.
    pub(crate) fn count(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let number = self.take(key)?.whole_number()?;
        if range.contains(&number.value) {
            return Some(number.value);
        }
        let (least, most) = range.into_inner();
        number.here.problem(format!("must be between {least} and {most}"));
        None
    }

    pub(crate) fn switch(&mut self, key: &'static str) -> Option<bool> {
        self.take(key)?.switch()
    }

    pub(crate) fn table(&mut self, key: &'static str) -> Option<Table<'d>> {
        self.take(key)?.table()
    }

    /// All entries, for tables whose keys are names of the operator's.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (Here<'d>, Value<'d>)> {
        let Self { here, prefix, rest, .. } = self;
        rest.into_iter().map(move |(key, value)| {
            let name = format!("{prefix}{}", key.get_ref());
            let at = Here::new(here.cx, key.get_ref().clone(), key.span());
            (at, Value::new(here.cx, name, value))
        })
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        let mut expected: Vec<_> = self.known.iter().map(|key| format!("`{key}`")).collect();
        expected.sort();
        let expected = match expected.as_slice() {
            [] => "nothing here".to_owned(),
            [one] => one.clone(),
            several => format!("one of {}", several.join(", ")),
        };
        for (key, _) in &self.rest {
            let name = format!("{}{}", self.prefix, key.get_ref());
            let near = near::hint(key.get_ref(), self.known.iter().copied());
            let message = format!("unknown field `{name}`, expected {expected}{near}");
            Here::new(self.here.cx, name, key.span()).bare_problem(message);
        }
    }
}

pub(crate) fn not_blank(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("is empty") } else { Ok(text.to_owned()) }
}
