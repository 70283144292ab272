//! Mistakes that only those find who may look at the disk, put at their place in the text.

use crate::dag::diagnostic::{Diagnostic, Mistake, Place};
use crate::dag::draft::Draft;
use crate::dag::locate;
use crate::dag::path::DocPath;

impl Draft {
    /// What a version of the DAG is made of: the file's text, else the document in its one form.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// These as mistakes, each at its value in the text.
    pub fn wrong(&self, wrong: Vec<Wrong>) -> Vec<Diagnostic> {
        let mistakes =
            wrong.into_iter().map(|wrong| Mistake::error(Place::value(wrong.at), wrong.message).hint(wrong.hint));
        locate::diagnostics(mistakes.collect(), self.text.as_deref())
    }
}

/// What is wrong with a value of the file in the eyes of who looked at the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where it stands.
    pub at: DocPath,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}
