//! Which column plays which part.

use std::collections::{BTreeSet, HashMap, HashSet};

use dagwood_tabular::csv::looks_like_number;
use dagwood_tabular::wording::quoted;
use dagwood_tabular::{Column, ColumnData, DataError, Kind, Table, Wanted};

use crate::derive::Formula;
use crate::error::PreprocessError;
use crate::limits::ROW_NUMBER_MIN_ROWS;
use crate::params::{DatePart, Params, TargetKind};
use crate::patterns::{meant, of};
use crate::transform::TransformFile;

/// Why a column is not among the features though nobody asked for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It counts the rows: 1, 2, 3 and so on.
    RowNumber,
    /// Every row has a text of its own.
    Identifier,
    /// It is a time, which says nothing by itself.
    Time,
    /// The target is made of it.
    OfTheTarget,
    /// It is made of a column that the target is made of too.
    BesideTheTarget,
    /// The training part has nothing but gaps there.
    AllMissing,
    /// The training part has one value only.
    Constant,
}

impl Reason {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::RowNumber => "it numbers the rows",
            Self::Identifier => "every row has a text of its own",
            Self::Time => "it is a time: `date_parts` takes parts out of it",
            Self::OfTheTarget => "the target is made of it",
            Self::BesideTheTarget => "it is made of what the target is made of: naming it in `features` keeps it",
            Self::AllMissing => "it is empty in the training part",
            Self::Constant => "it has one value only in the training part",
        }
    }
}

/// What became of columns none of which is left, for a message.
pub fn why_none(dropped: &[(String, Reason)]) -> String {
    let each = dropped.iter().map(|(column, reason)| format!("{}: {}", quoted(column), reason.text()));
    each.take(5).collect::<Vec<_>>().join("; ")
}

/// What is read, what is made of it, and which of all that is learnt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Columns of the file.
    pub read: Vec<Wanted>,
    /// What is taken out of which of them.
    pub date_parts: Vec<(String, Vec<DatePart>)>,
    /// What is made of them.
    pub derived: Vec<Formula>,
    /// The features, in order; those that turn out to be times are left out.
    pub features: Vec<String>,
    /// Columns that are written beside them.
    pub kept: Vec<String>,
    /// Of a transformation: columns of the file that only the target is made of.
    pub of_target: BTreeSet<String>,
    /// Columns that are left out though nobody asked for that.
    pub dropped: Vec<(String, Reason)>,
}

/// All columns that there could be: the file's, then parts of dates, then those of expressions.
struct Offer {
    names: Vec<String>,
    date_parts: Vec<(String, Vec<DatePart>)>,
    derived: Vec<Formula>,
}

impl Plan {
    /// What the params ask of a file with this header.
    ///
    /// # Errors
    /// A column that the params name is not there, plays two parts, or would be made twice.
    pub fn new(header: &[String], params: &Params) -> Result<Self, PreprocessError> {
        let mut mistakes = Vec::new();
        let offer = Offer::new(header, params, &mut mistakes);
        if !offer.names.contains(&params.target) {
            mistakes.push(absent_target(&offer.names, &params.target));
        }
        let named = params.types.keys().chain(params.missing.columns.keys()).chain(params.encode.columns.keys());
        let named: BTreeSet<&String> = named.chain(&params.split_by).collect();
        mistakes.extend(named.iter().filter_map(|name| Some(meant(name, &offer.names).err()?.into())));
        let kept = kept(&offer.names, params, &mut mistakes);
        let left_out = left_out(&offer, params, &kept, &mut mistakes);
        let (features, dropped) = features(&offer, params, &left_out, &mut mistakes);
        PreprocessError::all(mistakes)?;
        if features.is_empty() {
            let why = "the table has no column beside the target and those dropped".into();
            return Err(PreprocessError::NoFeatures { why });
        }
        let needed = features.iter().chain([&params.target]).chain(&params.split_by).cloned().collect();
        let is_number = |name: &str| name == params.target && params.target_kind == Some(TargetKind::Numeric);
        let kind = |name: &str| {
            of(&params.types, name).map(|kind| kind.kind()).or_else(|| is_number(name).then_some(Kind::Number))
        };
        let Chosen { read, date_parts, derived } = offer.choose(header, needed, &kept, kind);
        Ok(Self { read, date_parts, derived, features, kept, of_target: BTreeSet::new(), dropped })
    }

    /// What a transformation needs of a file with this header: its features, and what `params` keep; and the target, if that is wanted
    /// and the file has it.
    ///
    /// # Errors
    /// The file lacks columns that the features are, or are made of, or that are to be kept.
    pub fn recorded(
        header: &[String],
        transform: &TransformFile,
        params: &Params,
        with_target: bool,
    ) -> Result<Self, PreprocessError> {
        let offer = Offer::recorded(header, transform)?;
        let features: Vec<String> = transform.columns.iter().map(|fitted| fitted.column().to_owned()).collect();
        let mut mistakes = Vec::new();
        let mut kept = kept(&offer.names, params, &mut mistakes);
        let is_feature = |name: &&String| features.contains(*name);
        mistakes.extend(params.keep.iter().filter(is_feature).map(|name| {
            PreprocessError::params("keep", format!("names {}, which is a feature of the transformation", quoted(name)))
        }));
        kept.retain(|name| !features.contains(name));
        let sources: BTreeSet<String> = features.iter().chain(&kept).flat_map(|name| offer.sources(name)).collect();
        let missing: Vec<String> = sources.into_iter().filter(|name| !header.contains(name)).collect();
        if !missing.is_empty() {
            mistakes.push(PreprocessError::ColumnsAbsent { missing });
        }
        PreprocessError::all(mistakes)?;
        let mut needed: HashSet<String> = features.iter().cloned().collect();
        let mut of_target = offer.sources(&transform.target.column);
        if with_target && of_target.iter().all(|name| header.contains(name)) {
            needed.insert(transform.target.column.clone());
        }
        of_target.retain(|name| features.iter().all(|feature| !offer.sources(feature).contains(name)));
        let kind = |name: &str| transform.read.iter().find(|entry| entry.column == name).map(|entry| entry.kind.kind());
        let Chosen { read, date_parts, derived } = offer.choose(header, needed, &kept, kind);
        Ok(Self { read, date_parts, derived, features, kept, of_target, dropped: Vec::new() })
    }
}

/// The part of an offer that is needed.
struct Chosen {
    read: Vec<Wanted>,
    date_parts: Vec<(String, Vec<DatePart>)>,
    derived: Vec<Formula>,
}

impl Offer {
    fn new(header: &[String], params: &Params, mistakes: &mut Vec<PreprocessError>) -> Self {
        let mut names = header.to_vec();
        let mut date_parts: Vec<(String, Vec<DatePart>)> = Vec::new();
        for (text, parts) in &params.date_parts {
            for column in all_meant(text, header, mistakes) {
                for name in parts.iter().flat_map(|part| part.columns(column)) {
                    mistakes.extend(add(&mut names, name, "date_parts").err());
                }
                date_parts.push((column.clone(), parts.clone()));
            }
        }
        let known = names.clone();
        let mut derived = Vec::new();
        for (name, text) in &params.derive {
            match Formula::parse(name, text) {
                Ok(formula) => derived.push(formula),
                Err(error) => mistakes.push(error),
            }
            mistakes.extend(add(&mut names, name.clone(), "derive").err());
        }
        for formula in &derived {
            for variable in formula.variables.iter().filter(|variable| !known.contains(variable)) {
                mistakes.push(if params.derive.contains_key(variable) {
                    let why = format!("uses {}, which is derived too: put its expression in", quoted(variable));
                    PreprocessError::params(format!("derive.{}", formula.name), why)
                } else {
                    DataError::ColumnAbsent { column: variable.clone(), columns: known.clone() }.into()
                });
            }
        }
        Self { names, date_parts, derived }
    }

    fn formula(&self, name: &str) -> Option<&Formula> {
        self.derived.iter().find(|formula| formula.name == name)
    }

    /// The columns of the file that a column is made of; itself, if it is one of them.
    fn sources(&self, name: &str) -> BTreeSet<String> {
        match self.formula(name) {
            Some(formula) => formula.variables.iter().map(|variable| self.dated(variable)).collect(),
            None => BTreeSet::from([self.dated(name)]),
        }
    }

    /// The column of the file that this one is a part of, if it is one of a date; else itself.
    fn dated(&self, name: &str) -> String {
        let makes = |part: &DatePart, column: &str| part.columns(column).iter().any(|made| made == name);
        let dated = self.date_parts.iter().find(|(column, parts)| parts.iter().any(|part| makes(part, column)));
        dated.map_or(name, |(column, _)| column).to_owned()
    }

    /// As a transformation has it.
    fn recorded(header: &[String], transform: &TransformFile) -> Result<Self, PreprocessError> {
        let date_parts: Vec<_> =
            transform.date_parts.iter().map(|(column, parts)| (column.clone(), parts.clone())).collect();
        let of_dates =
            date_parts.iter().flat_map(|(column, parts)| parts.iter().flat_map(move |part| part.columns(column)));
        let names = header.iter().cloned().chain(of_dates).chain(transform.derive.keys().cloned()).collect();
        let derived = transform.derive.iter().map(|(name, text)| Formula::parse(name, text));
        Ok(Self { names, date_parts, derived: derived.collect::<Result<_, _>>()? })
    }

    /// Only what is needed, in the file's order. `kind` says as what a column is read, if that is known; what is only kept is read as it is
    /// written.
    fn choose(
        self,
        header: &[String],
        mut needed: HashSet<String>,
        kept: &[String],
        kind: impl Fn(&str) -> Option<Kind>,
    ) -> Chosen {
        needed.extend(kept.iter().filter(|name| !header.contains(name)).cloned());
        let derived: Vec<Formula> = self.derived.into_iter().filter(|formula| needed.contains(&formula.name)).collect();
        needed.extend(derived.iter().flat_map(|formula| formula.variables.iter().cloned()));
        let is_needed = |(column, parts): &(String, Vec<DatePart>)| {
            parts.iter().flat_map(|part| part.columns(column)).any(|name| needed.contains(&name))
        };
        let date_parts: Vec<_> = self.date_parts.into_iter().filter(is_needed).collect();
        needed.extend(date_parts.iter().map(|(column, _)| column.clone()));
        let is_dated = |name: &str| date_parts.iter().any(|(column, _)| column == name);
        let only_kept = |name: &String| kept.contains(name) && !needed.contains(name);
        let wanted = |name: &String| Wanted {
            name: name.clone(),
            read_as: kind(name)
                .or_else(|| is_dated(name).then_some(Kind::Time))
                .or_else(|| only_kept(name).then_some(Kind::Text)),
        };
        let is_read = |name: &&String| needed.contains(*name) || kept.contains(name);
        let read = header.iter().filter(is_read).map(wanted).collect();
        Chosen { read, date_parts, derived }
    }
}

fn add(names: &mut Vec<String>, name: String, param: &str) -> Result<(), PreprocessError> {
    if names.contains(&name) {
        return Err(PreprocessError::params(
            param,
            format!("makes the column {} twice, or it is there already", quoted(&name)),
        ));
    }
    names.push(name);
    Ok(())
}

/// The columns that a name or a pattern means.
fn all_meant<'a>(text: &str, names: &'a [String], mistakes: &mut Vec<PreprocessError>) -> Vec<&'a String> {
    meant(text, names).unwrap_or_else(|error| {
        mistakes.push(error.into());
        Vec::new()
    })
}

/// What is written beside the features; of a pattern all but the target.
fn kept(names: &[String], params: &Params, mistakes: &mut Vec<PreprocessError>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in &params.keep {
        for name in all_meant(text, names, mistakes) {
            if name == text && *name == params.target {
                let why = format!("names the target {}, which is written anyway", quoted(name));
                mistakes.push(PreprocessError::params("keep", why));
            } else if *name != params.target && !kept.contains(name) {
                kept.push(name.clone());
            }
        }
    }
    kept
}

/// What is no feature, whatever a pattern says, and whether somebody has to hear of it.
fn left_out(
    offer: &Offer,
    params: &Params,
    kept: &[String],
    mistakes: &mut Vec<PreprocessError>,
) -> HashMap<String, Option<Reason>> {
    let mut left_out = HashMap::new();
    let sources = offer.sources(&params.target);
    let beside = offer.names.iter().filter(|name| !offer.sources(name).is_disjoint(&sources));
    left_out.extend(beside.map(|name| (name.clone(), Some(Reason::BesideTheTarget))));
    let variables = offer.formula(&params.target).into_iter().flat_map(|formula| &formula.variables);
    left_out.extend(sources.iter().chain(variables).map(|name| (name.clone(), Some(Reason::OfTheTarget))));
    for text in &params.drop {
        let names = all_meant(text, &offer.names, mistakes);
        if names.contains(&&params.target) {
            mistakes.push(PreprocessError::params("drop", format!("names the target {}", quoted(&params.target))));
        }
        left_out.extend(names.into_iter().map(|name| (name.clone(), None)));
    }
    left_out.extend(kept.iter().map(|name| (name.clone(), None)));
    left_out.insert(params.target.clone(), None);
    left_out
}

/// A list of columns, and those that are left out of it unasked.
type Features = (Vec<String>, Vec<(String, Reason)>);

fn features(
    offer: &Offer,
    params: &Params,
    left_out: &HashMap<String, Option<Reason>>,
    mistakes: &mut Vec<PreprocessError>,
) -> Features {
    let Some(asked) = &params.features else {
        let features = offer.names.iter().filter(|name| !left_out.contains_key(*name)).cloned();
        let reason = |name: &String| left_out.get(name).copied().flatten().map(|reason| (name.clone(), reason));
        return (features.collect(), offer.names.iter().filter_map(reason).collect());
    };
    let mut features: Vec<String> = Vec::new();
    for text in asked {
        let names = all_meant(text, &offer.names, mistakes);
        for name in names {
            let mut wrong =
                |why: &str| mistakes.push(PreprocessError::params("features", format!("names {why}{}", quoted(name))));
            match left_out.get(name) {
                Some(_) if name != text => {}
                Some(None) if *name == params.target => wrong("the target "),
                Some(None) => wrong("what `drop` or `keep` names, too: "),
                Some(Some(reason)) if *reason != Reason::BesideTheTarget => wrong("what the target is made of: "),
                None if name != text && features.contains(name) => {}
                Some(Some(_)) | None if features.contains(name) => wrong("twice: "),
                Some(Some(_)) | None => features.push(name.clone()),
            }
        }
    }
    (features, Vec::new())
}

/// The target is missing; a file without a header, or another delimiter, is the likeliest reason.
fn absent_target(header: &[String], target: &str) -> PreprocessError {
    if let Some(number) = header.iter().find(|name| looks_like_number(name)) {
        let why = format!("{} is a number, and {} is not in it", quoted(number), quoted(target));
        return DataError::NoHeader { why }.into();
    }
    let hint = match header {
        [only] if only.contains([';', '\t', '|']) => "; the header is one column: is `delimiter` right?",
        _ => "",
    };
    let source = DataError::ColumnAbsent { column: target.to_owned(), columns: header.to_vec() };
    PreprocessError::TargetAbsent { hint: hint.to_owned(), source }
}

/// Which of these columns whose gaps drop rows have but one value in the rows with a target: they would drop rows and say nothing.
pub fn drop_for_nothing(table: &Table, target: &Column, columns: &[&Column]) -> Vec<(String, Reason)> {
    let rows = || (0..table.rows()).filter(|row| !target.data.is_gap(*row));
    let has_one = |column: &&&Column| match &column.data {
        ColumnData::Number(values) => is_one(rows().map(|row| values[row]).filter(|value| !value.is_nan())),
        ColumnData::Time(times) => is_one(rows().map(|row| times[row]).filter(|time| *time != ColumnData::NO_TIME)),
        ColumnData::Text(text) => is_one(rows().filter_map(|row| text.get(row))),
    };
    columns.iter().filter(has_one).map(|column| (column.name.clone(), Reason::Constant)).collect()
}

/// Whether these are one value, however often, or none.
fn is_one<V: PartialEq>(mut values: impl Iterator<Item = V>) -> bool {
    let first = values.next();
    first.is_none_or(|first| values.all(|value| value == first))
}

/// Which of these columns are times or empty, or only number or name the rows. In a sorted file such a column gives the target away,
/// and on new data it says nothing.
pub fn say_nothing(table: &Table, features: &[String]) -> Vec<(String, Reason)> {
    let few = table.rows() < ROW_NUMBER_MIN_ROWS;
    let reason = |data: &ColumnData| match data {
        ColumnData::Time(_) => Some(Reason::Time),
        data if (0..table.rows()).all(|row| data.is_gap(row)) => Some(Reason::AllMissing),
        data => names_rows(data).filter(|_| !few),
    };
    features.iter().filter_map(|name| Some((name.clone(), reason(&table.column(name)?.data)?))).collect()
}

fn names_rows(data: &ColumnData) -> Option<Reason> {
    match data {
        ColumnData::Number(values) => {
            values.windows(2).all(|pair| pair[1] - pair[0] == 1.0).then_some(Reason::RowNumber)
        }
        ColumnData::Text(text) => (text.levels.len() == text.codes.len()).then_some(Reason::Identifier),
        ColumnData::Time(_) => None,
    }
}
