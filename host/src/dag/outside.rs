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

    /// Mistakes of inputs' files, each at its value in the text: task, input, message, hint.
    pub fn input_mistakes(&self, wrong: Vec<(&str, &str, String, String)>) -> Vec<Diagnostic> {
        let mistakes = wrong.into_iter().map(|(task, input, message, hint)| {
            Mistake::error(Place::value(DocPath::of(&["tasks", task, "inputs", input])), message).hint(hint)
        });
        locate::diagnostics(mistakes.collect(), self.text.as_deref())
    }
}
