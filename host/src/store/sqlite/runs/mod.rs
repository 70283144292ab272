//! Runs and their instances: made, moved to another DAG version, given up, read.

mod backfill;
mod create;
mod read;
mod rebase;

pub(super) use backfill::{create as create_backfill, end as end_backfill, list as list_backfills};
pub(super) use create::{abandon, create};
pub(super) use read::{before, find, get, instances, list, tries, unfinished};
pub(super) use rebase::rebase;
