//! Any bytes as a DAG file, and as an operator's file.

use super::properties::assert_shows;
use crate::fuzzing::fuzz;

#[test]
fn fuzz_dag_files() {
    fuzz("dag", |input| assert_shows(&String::from_utf8_lossy(input)).unwrap());
}
