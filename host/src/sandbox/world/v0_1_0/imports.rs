//! What a guest may ask of the host and tell it.

use jiff::Timestamp;

use super::bindings::dagwood::task::{context, log, metrics, progress, types};
use crate::executor::port::Level;
use crate::sandbox::world::HostCalls;

impl types::Host for HostCalls {}

impl context::Host for HostCalls {
    fn current(&mut self) -> wasmtime::Result<context::TaskInstance> {
        let current = self.context()?;
        Ok(context::TaskInstance {
            dag_id: current.dag_id.clone(),
            run_id: current.run_id.clone(),
            task_id: current.task_id.clone(),
            map_index: Vec::new(),
            try_number: current.try_number,
            max_tries: current.max_tries,
            idempotency_key: current.idempotency_key.clone(),
        })
    }

    fn dates(&mut self) -> wasmtime::Result<context::RunDates> {
        let dates = &self.context()?.dates;
        let text = |at: Timestamp| at.to_string();
        let interval = |(start, end)| context::Interval { start: text(start), end: text(end) };
        Ok(context::RunDates {
            logical_date: dates.logical_date.map(text),
            data_interval: dates.data_interval.map(interval),
            run_after: text(dates.run_after),
        })
    }
}

impl log::Host for HostCalls {
    fn log(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Trace => Level::Trace,
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        HostCalls::log(self, level, &message, fields);
        Ok(())
    }
}

impl progress::Host for HostCalls {
    fn report(&mut self, done: u64, total: Option<u64>, message: String) -> wasmtime::Result<()> {
        self.progress(done, total, &message);
        Ok(())
    }
}

impl metrics::Host for HostCalls {
    fn record_metric(&mut self, name: String, step: u64, value: f64) -> wasmtime::Result<()> {
        self.metric(&name, step, value);
        Ok(())
    }
}
