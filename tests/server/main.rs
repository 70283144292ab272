//! `dagwood serve` as people meet it: real processes, on homes of their own. What a test waits for it looks for again
//! and again; the deadline of that only ends a test that fails.

#[path = "../common/mod.rs"]
mod common;

mod backfills;
mod callbacks;
mod dag_files;
mod explained;
mod granted;
mod home;
mod killed;
mod kit;
mod many;
mod operating;
mod schedules;
mod shimmed;
mod stopping;
mod triggering;
mod versions;
