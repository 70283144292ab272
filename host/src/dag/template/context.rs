//! What the names of a template stand for.

use std::collections::BTreeMap;

use jiff::{Span, Timestamp, civil, tz::TimeZone};
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind};
use serde_json::{Value, json};

/// What a task's templates are filled in from.
#[derive(Debug, Clone)]
pub struct TemplateContext<'a> {
    /// The DAG's id.
    pub dag_id: &'a str,
    /// The task's id.
    pub task_id: &'a str,
    /// The run's id.
    pub run_id: &'a str,
    /// The run's logical date.
    pub logical_date: Timestamp,
    /// Start and end of the run's data interval.
    pub data_interval: (Timestamp, Timestamp),
    /// The DAG's parameters, defaults filled in.
    pub params: &'a BTreeMap<String, Value>,
    /// The results of the upstream tasks that the templates name, by task id.
    pub values: &'a BTreeMap<String, Value>,
    /// Of a callback, what happened.
    pub event: Option<&'a Value>,
}

impl TemplateContext<'_> {
    /// As the engine wants it.
    pub(super) fn to_engine(&self) -> minijinja::Value {
        let date = self.logical_date;
        let (start, end) = self.data_interval;
        minijinja::Value::from(Serde(json!({
            "ds": ds(date),
            "ds_nodash": ds_nodash(date),
            "ts": ts(date),
            "ts_nodash": ts_nodash(date),
            "ts_nodash_with_tz": ts_nodash_with_tz(date),
            "logical_date": ts(date),
            "data_interval_start": ts(start),
            "data_interval_end": ts(end),
            "run_id": self.run_id,
            "dag": { "dag_id": self.dag_id },
            "dag_run": {
                "run_id": self.run_id,
                "logical_date": ts(date),
                "data_interval_start": ts(start),
                "data_interval_end": ts(end),
            },
            "task": { "task_id": self.task_id },
            "params": self.params,
            "values": self.values,
            "event": self.event,
        })))
    }
}

fn format(date: Timestamp, format: &str) -> String {
    date.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

fn ds(date: Timestamp) -> String {
    format(date, "%Y-%m-%d")
}

fn ds_nodash(date: Timestamp) -> String {
    format(date, "%Y%m%d")
}

/// RFC 3339 with `+00:00`, as Python's `isoformat` writes it, so with six digits of a second or none.
fn ts(date: Timestamp) -> String {
    if date.subsec_nanosecond() == 0 {
        format(date, "%Y-%m-%dT%H:%M:%S+00:00")
    } else {
        format(date, "%Y-%m-%dT%H:%M:%S.%6f+00:00")
    }
}

fn ts_nodash(date: Timestamp) -> String {
    format(date, "%Y%m%dT%H%M%S")
}

fn ts_nodash_with_tz(date: Timestamp) -> String {
    format(date, "%Y%m%dT%H%M%S+0000")
}

/// Airflow's filters for instants, `strftime` and `ds_add`.
pub(super) fn add_filters(engine: &mut Environment<'_>) {
    engine.add_filter("ds", |text: &str| Ok::<_, Error>(ds(instant(text)?)));
    engine.add_filter("ds_nodash", |text: &str| Ok::<_, Error>(ds_nodash(instant(text)?)));
    engine.add_filter("ts", |text: &str| Ok::<_, Error>(ts(instant(text)?)));
    engine.add_filter("ts_nodash", |text: &str| Ok::<_, Error>(ts_nodash(instant(text)?)));
    engine.add_filter("ts_nodash_with_tz", |text: &str| Ok::<_, Error>(ts_nodash_with_tz(instant(text)?)));
    engine.add_filter("strftime", strftime);
    engine.add_filter("ds_add", ds_add);
}

fn bad(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// An instant as `ts` writes it, or a day as `ds` does.
fn instant(text: &str) -> Result<Timestamp, Error> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let day = day(text)?;
    let zoned = day.to_zoned(TimeZone::UTC).map_err(|error| bad(error.to_string()))?;
    Ok(zoned.timestamp())
}

fn day(text: &str) -> Result<civil::Date, Error> {
    text.parse().map_err(|_| bad(format!("`{text}` is neither an instant nor a day")))
}

fn strftime(text: &str, pattern: &str) -> Result<String, Error> {
    let zoned = instant(text)?.to_zoned(TimeZone::UTC);
    jiff::fmt::strtime::format(pattern, &zoned).map_err(|error| bad(error.to_string()))
}

fn ds_add(text: &str, days: i64) -> Result<String, Error> {
    let span = Span::new().try_days(days).map_err(|error| bad(error.to_string()))?;
    let moved = day(text)?.checked_add(span).map_err(|error| bad(error.to_string()))?;
    Ok(moved.to_string())
}
