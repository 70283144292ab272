//! A column by an expression over others: the expressions that DAG files have, evaluated row by row.
//!
//! A number stands for itself, a category for its text, a time for its seconds since 1970. What an expression says is a number, a text,
//! or true or false, which are texts. A column whose name is no identifier stands in backticks.

use std::collections::HashMap;
use std::sync::Arc;

use dagwood_tabular::wording::quoted;
use dagwood_tabular::{Column, ColumnData, TextBuilder};
use minijinja::value::{Object, ValueKind};
use minijinja::{Environment, Value};

use super::names::Plain;
use crate::error::PreprocessError;

/// A column to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// Its name.
    pub name: String,
    /// The expression.
    pub text: String,
    /// The columns that it is made of.
    pub variables: Vec<String>,
    /// The expression as it is compiled, and the identifiers of `variables` in it.
    code: String,
    identifiers: Vec<Arc<str>>,
}

/// One row's values, for the expression.
#[derive(Debug)]
struct Row(Vec<(Arc<str>, Value)>);

impl Object for Row {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        self.0.iter().find(|(name, _)| **name == *key).map(|(_, value)| value.clone())
    }
}

/// What was found so far.
enum Built {
    Nothing(usize),
    Numbers(Vec<f64>),
    Texts(TextBuilder),
}

impl Formula {
    /// Reads an expression.
    ///
    /// # Errors
    /// It is none, or names no column.
    pub fn parse(name: &str, text: &str) -> Result<Self, PreprocessError> {
        let wrong = |why: String| PreprocessError::params(format!("derive.{name}"), why);
        let plain = Plain::of(text).map_err(|why| wrong(why.to_owned()))?;
        let environment = Environment::new();
        let expression = environment.compile_expression(&plain.code).map_err(|error| {
            let detail = error.detail().map_or_else(|| error.to_string(), str::to_owned);
            wrong(format!("is no expression: {detail}"))
        })?;
        let mut identifiers: Vec<String> = expression.undeclared_variables(false).into_iter().collect();
        identifiers.sort();
        if identifiers.is_empty() {
            return Err(wrong("names no column".into()));
        }
        let variables = identifiers.iter().map(|identifier| plain.column(identifier)).collect();
        let identifiers = identifiers.into_iter().map(Arc::from).collect();
        Ok(Self { name: name.to_owned(), text: text.to_owned(), variables, code: plain.code.clone(), identifiers })
    }

    /// The column. `columns` are those of `variables`, in their order.
    ///
    /// # Errors
    /// The expression fails in a row, or says something else there than before.
    pub fn evaluate(&self, columns: &[&Column], rows: usize) -> Result<Column, PreprocessError> {
        let environment = Environment::new();
        let expression = environment
            .compile_expression(&self.code)
            .map_err(|error| PreprocessError::params(format!("derive.{}", self.name), error.to_string()))?;
        let sources: Vec<Source<'_>> = columns.iter().map(|column| Source::new(&column.data)).collect();
        // With one column, each of its values is asked about once.
        let mut known: HashMap<u64, Value> = HashMap::new();
        let mut built = Built::Nothing(0);
        for row in 0..rows {
            if columns.iter().any(|column| column.data.is_gap(row)) {
                built.gap();
                continue;
            }
            let value = || {
                let values =
                    self.identifiers.iter().zip(&sources).map(|(name, source)| (Arc::clone(name), source.value(row)));
                expression
                    .eval(Value::from_object(Row(values.collect())))
                    .map_err(|error| self.fails(row, &error.to_string()))
            };
            let value = match &sources[..] {
                [only] => match known.get(&only.key(row)) {
                    Some(value) => value.clone(),
                    None => {
                        let value = value()?;
                        known.insert(only.key(row), value.clone());
                        value
                    }
                },
                _several => value()?,
            };
            self.push(&mut built, row, &value)?;
        }
        Ok(Column { name: self.name.clone(), data: built.finish() })
    }

    fn push(&self, built: &mut Built, row: usize, value: &Value) -> Result<(), PreprocessError> {
        match value.kind() {
            ValueKind::Number => {
                let number = f64::try_from(value.clone()).unwrap_or(f64::NAN);
                if !number.is_finite() {
                    return Err(self.fails(row, &format!("it says {number}, from which nothing can be learnt")));
                }
                self.expect(built.number(number), row)
            }
            ValueKind::Bool => self.expect(built.text(if value.is_true() { "true" } else { "false" }), row),
            ValueKind::String => self.expect(built.text(value.as_str().unwrap_or_default()), row),
            ValueKind::None | ValueKind::Undefined => {
                built.gap();
                Ok(())
            }
            other => Err(self.fails(row, &format!("it says a {other}"))),
        }
    }

    fn expect(&self, fits: bool, row: usize) -> Result<(), PreprocessError> {
        if fits { Ok(()) } else { Err(self.fails(row, "it says a number in some rows and a text in others")) }
    }

    fn fails(&self, row: usize, why: &str) -> PreprocessError {
        let expression = quoted(&self.text);
        PreprocessError::params(
            format!("derive.{}", self.name),
            format!("fails in row {}: {expression}: {why}", row + 1),
        )
    }
}

/// A column that an expression names.
enum Source<'a> {
    Numbers(&'a [f64]),
    Times(&'a [i64]),
    Texts { codes: &'a [u32], levels: Vec<Value> },
}

impl<'a> Source<'a> {
    fn new(data: &'a ColumnData) -> Self {
        match data {
            ColumnData::Number(values) => Self::Numbers(values),
            ColumnData::Time(times) => Self::Times(times),
            ColumnData::Text(text) => {
                let levels = text.levels.iter().map(|level| Value::from(level.as_str())).collect();
                Self::Texts { codes: &text.codes, levels }
            }
        }
    }

    /// What tells a row's value from others.
    fn key(&self, row: usize) -> u64 {
        match self {
            Self::Numbers(values) => values[row].to_bits(),
            Self::Times(times) => times[row].cast_unsigned(),
            Self::Texts { codes, .. } => codes[row].into(),
        }
    }

    fn value(&self, row: usize) -> Value {
        match self {
            Self::Numbers(values) => Value::from(values[row]),
            Self::Times(times) => Value::from(times[row] as f64 / 1e6),
            Self::Texts { codes, levels } => levels[codes[row] as usize].clone(),
        }
    }
}

impl Built {
    fn gap(&mut self) {
        match self {
            Self::Nothing(rows) => *rows += 1,
            Self::Numbers(values) => values.push(f64::NAN),
            Self::Texts(texts) => texts.push(None),
        }
    }

    /// `false`: the column is texts.
    fn number(&mut self, number: f64) -> bool {
        if let Self::Nothing(rows) = self {
            *self = Self::Numbers(vec![f64::NAN; *rows]);
        }
        match self {
            Self::Numbers(values) => values.push(number),
            Self::Nothing(_) | Self::Texts(_) => return false,
        }
        true
    }

    /// `false`: the column is numbers.
    fn text(&mut self, text: &str) -> bool {
        if let Self::Nothing(rows) = self {
            let mut texts = TextBuilder::default();
            (0..*rows).for_each(|_| texts.push(None));
            *self = Self::Texts(texts);
        }
        match self {
            Self::Texts(texts) => texts.push(Some(text)),
            Self::Nothing(_) | Self::Numbers(_) => return false,
        }
        true
    }

    fn finish(self) -> ColumnData {
        match self {
            Self::Nothing(rows) => ColumnData::Number(vec![f64::NAN; rows]),
            Self::Numbers(values) => ColumnData::Number(values),
            Self::Texts(texts) => ColumnData::Text(texts.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use dagwood_tabular::TextColumn;

    use super::*;

    fn evaluate(text: &str, columns: &[Column]) -> Result<ColumnData, PreprocessError> {
        let formula = Formula::parse("new", text)?;
        let find = |name: &String| columns.iter().find(|column| column.name == *name).unwrap();
        let used: Vec<&Column> = formula.variables.iter().map(find).collect();
        Ok(formula.evaluate(&used, 3)?.data)
    }

    fn columns() -> Vec<Column> {
        let text = TextColumn::of([Some("ATL"), None, Some("SFO")]);
        vec![
            Column { name: "delay".into(), data: ColumnData::Number(vec![15.0, f64::NAN, 16.0]) },
            Column { name: "way".into(), data: ColumnData::Number(vec![2.0, 1.0, 0.0]) },
            Column { name: "origin".into(), data: ColumnData::Text(text) },
            Column { name: "at".into(), data: ColumnData::Time(vec![0, 1, 2_500_000]) },
        ]
    }

    fn texts(text: &str) -> Vec<Option<String>> {
        let ColumnData::Text(found) = evaluate(text, &columns()).unwrap() else { panic!("{text} says texts") };
        (0..3).map(|row| found.get(row).map(str::to_owned)).collect()
    }

    fn numbers(text: &str) -> Vec<f64> {
        let ColumnData::Number(found) = evaluate(text, &columns()).unwrap() else { panic!("{text} says numbers") };
        found
    }

    #[test]
    fn an_expression_is_evaluated_row_by_row_and_gaps_stay_gaps() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(texts("delay > 15"), [some("false"), None, some("true")]);
        assert_eq!(texts("origin == 'ATL' and delay > 1"), [some("true"), None, some("false")]);
        assert_eq!(texts("origin | lower"), [some("atl"), None, some("sfo")]);
        assert_eq!(texts("'far' if way > 1 else 'near'"), [some("far"), some("near"), some("near")]);
        assert_eq!(numbers("way * 2 + 1"), [5.0, 3.0, 1.0]);
        assert_eq!(numbers("at")[2], 2.5);
        let found = numbers("delay - way");
        assert_eq!((found[0], found[1].is_nan(), found[2]), (13.0, true, 16.0));
    }

    #[test]
    fn what_is_no_expression_or_fails_is_named() {
        let refused = |text: &str| evaluate(text, &columns()).unwrap_err();
        for text in ["delay >", "1 + 1", "(delay"] {
            assert_eq!(refused(text).code(), "bad-params", "{text}");
        }
        let words = refused("delay / way").to_string();
        assert!(words.contains("row 3") && words.contains("derive.new"), "{words}");
        let words = refused("way if way > 1 else 'none'").to_string();
        assert!(words.contains("derive.new") && words.contains("row 2"), "{words}");
        assert!(refused("origin * 2 - 1").to_string().contains("row 1"));
        let words = refused("way ** 5000.0").to_string();
        assert!(words.contains("derive.new") && words.contains("row 1") && words.contains("it says inf"), "{words}");
        assert!(refused("`delay > 1").to_string().contains("backtick"), "{}", refused("`delay > 1"));
    }

    #[test]
    fn a_column_of_any_name_stands_in_backticks() {
        let mut columns = columns();
        columns[1].name = "Dep. Time (h)".into();
        let ColumnData::Number(found) = evaluate("`Dep. Time (h)` * 2 + 1", &columns).unwrap() else {
            panic!("it says numbers")
        };
        assert_eq!(found, [5.0, 3.0, 1.0]);
        let formula = Formula::parse("new", "`delay` - delay + `Dep. Time (h)`").unwrap();
        assert_eq!(formula.variables.iter().filter(|name| *name == "delay").count(), 2);
    }
}
