//! What is wrong with a DAG, where, and what to do about it.

use std::ops::Range;

use serde::Serialize;

use crate::dag::path::DocPath;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// There is no DAG.
    Error,
    /// There is one, but it may not be what was meant.
    Warning,
}

/// Something wrong, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the document: `tasks.train.inputs.x`; empty for the whole.
    pub path: String,
    /// Where in the text, in bytes; `None` for a DAG that is not made from text.
    pub span: Option<Range<usize>>,
    /// Other places that belong to it.
    pub notes: Vec<Note>,
}

/// Another place that belongs to a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is there.
    pub message: String,
    /// Where, in bytes.
    pub span: Option<Range<usize>>,
}

impl Diagnostic {
    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Which part of a place is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The key by which it stands in its table.
    Key,
    /// The value.
    Value,
    /// These bytes of the value, which is a string.
    Within(Range<usize>),
}

/// A place before it is looked up in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// By its path.
    At(DocPath, Part),
    /// Known already.
    Span(Range<usize>),
}

impl Place {
    pub(crate) fn key(path: DocPath) -> Self {
        Self::At(path, Part::Key)
    }

    pub(crate) fn value(path: DocPath) -> Self {
        Self::At(path, Part::Value)
    }

    pub(crate) fn within(path: DocPath, span: Range<usize>) -> Self {
        Self::At(path, Part::Within(span))
    }
}

/// A diagnostic whose places are not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) severity: Severity,
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) notes: Vec<(Place, String)>,
}

impl Mistake {
    /// Whether it is about that place, something in it or something round it, the document as a whole excepted: then
    /// what is there may be only a part of what was written.
    pub(crate) fn touches(&self, path: &DocPath) -> bool {
        match &self.place {
            Place::At(at, _) => !at.is_root() && (path.contains(at) || at.contains(path)),
            Place::Span(_) => false,
        }
    }

    /// The same mistake about what stands below `to` instead of `from`; `None`: it is not about that.
    pub(crate) fn moved(&self, from: &DocPath, to: &DocPath) -> Option<Self> {
        let place = |place: &Place| match place {
            Place::At(path, part) => Some(Place::At(path.moved(from, to)?, part.clone())),
            Place::Span(_) => None,
        };
        let notes = self.notes.iter().filter_map(|(at, message)| Some((place(at)?, message.clone())));
        Some(Self { place: place(&self.place)?, notes: notes.collect(), ..self.clone() })
    }

    pub(crate) fn error(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place, message: message.into(), hint: None, notes: Vec::new() }
    }

    pub(crate) fn warning(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, message) }
    }

    pub(crate) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(crate) fn note(mut self, place: Place, message: impl Into<String>) -> Self {
        self.notes.push((place, message.into()));
        self
    }
}
