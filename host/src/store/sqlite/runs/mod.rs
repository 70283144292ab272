//! Runs and their instances: made, moved to another DAG version, given up, read.

mod create;
mod read;
mod rebase;

pub(super) use create::{abandon, create};
pub(super) use read::{find, get, instances, list, tries, unfinished};
pub(super) use rebase::rebase;
