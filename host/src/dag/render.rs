//! Diagnostics as text for a terminal and as records for programs.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use crate::dag::diagnostic::{Diagnostic, Severity};

/// Lines of the text that are shown above and below what is wrong.
const CONTEXT_LINES: usize = 1;

/// Places that are further apart are shown in a piece of text each.
const NEAR_BYTES: usize = 16 << 10;

/// Of longer lines only what is round the wrong place is shown: the renderer takes long over them, and people too.
const LINES_BYTES: usize = 32 << 10;

/// What is shown of such a line before and behind the wrong place.
const SIDE_BYTES: usize = 200;

/// A place with what is said of it.
type Mark<'a> = (&'a Range<usize>, &'a str);

/// What is said of it, and whether it is what is wrong.
type Label<'a> = (&'a Range<usize>, AnnotationKind, Option<&'a str>);

/// How diagnostics look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain text.
    Plain,
    /// With the colours of a terminal.
    Coloured,
}

/// The diagnostics of one file as text: message, file, line, column, excerpt, hint; an empty line between two.
pub fn render(diagnostics: &[Diagnostic], text: Option<&str>, file: &str, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let source = text.map(Source::new);
    let rendered: Vec<String> =
        diagnostics.iter().map(|diagnostic| one(diagnostic, source.as_ref(), file, &renderer)).collect();
    rendered.join("\n\n")
}

fn one(diagnostic: &Diagnostic, source: Option<&Source<'_>>, file: &str, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut message = diagnostic.message.clone();
    if diagnostic.span.is_none() && !diagnostic.path.is_empty() {
        message = format!("{}: {message}", diagnostic.path);
    }
    let mut group = Group::with_title(level.primary_title(message));
    if let (Some(source), Some(span)) = (source, &diagnostic.span) {
        let notes: Vec<Mark<'_>> =
            diagnostic.notes.iter().filter_map(|note| Some((note.span.as_ref()?, note.message.as_str()))).collect();
        group = group.elements(source.snippets(span, &notes, file));
    }
    for note in diagnostic.notes.iter().filter(|note| note.span.is_none()) {
        group = group.element(Level::NOTE.message(note.message.clone()));
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint.clone()));
    }
    renderer.render(&[group])
}

/// A diagnostic for programs. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiagnosticRecord {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the document: `tasks.train.inputs.x`.
    pub path: String,
    /// The file.
    pub file: String,
    /// Where it begins.
    pub line: Option<usize>,
    /// Where it begins.
    pub column: Option<usize>,
    /// Where it ends: the line of its last character.
    pub end_line: Option<usize>,
    /// Where it ends: the column behind its last character.
    pub end_column: Option<usize>,
    /// Other places that belong to it.
    pub notes: Vec<NoteRecord>,
}

/// Another place that belongs to a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteRecord {
    /// What is there.
    pub message: String,
    /// Where it begins.
    pub line: Option<usize>,
    /// Where it begins.
    pub column: Option<usize>,
}

/// The diagnostics of one file for programs.
pub fn records(diagnostics: &[Diagnostic], text: Option<&str>, file: &str) -> Vec<DiagnosticRecord> {
    let source = text.map(Source::new);
    let place = |at: Option<usize>| source.as_ref().zip(at).map(|(source, at)| source.line_column(at)).unzip();
    let record = |diagnostic: &Diagnostic| {
        let (line, column) = place(diagnostic.span.as_ref().map(|span| span.start));
        let (end_line, end_column) = place(diagnostic.span.as_ref().map(|span| span.end));
        let notes = diagnostic.notes.iter().map(|note| {
            let (line, column) = place(note.span.as_ref().map(|span| span.start));
            NoteRecord { message: note.message.clone(), line, column }
        });
        DiagnosticRecord {
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
            path: diagnostic.path.clone(),
            file: file.to_owned(),
            line,
            column,
            end_line,
            end_column,
            notes: notes.collect(),
        }
    };
    diagnostics.iter().map(record).collect()
}

/// A text and where its lines begin.
struct Source<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The line of a byte, from 0.
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn line_column(&self, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let before = self.starts.get(line).and_then(|start| self.text.get(*start..at)).unwrap_or_default();
        (line + 1, before.chars().count() + 1)
    }

    /// What is wrong and what belongs to it: in one piece of the text if all is near, else in a piece each. A note on
    /// the wrong place itself is its label.
    fn snippets(&self, span: &Range<usize>, notes: &[Mark<'_>], file: &str) -> Vec<Element<'a>> {
        let label = notes.iter().find(|(other, _)| *other == span).map(|(_, label)| *label);
        let primary = (span, AnnotationKind::Primary, label);
        let others = notes.iter().filter(|(other, _)| *other != span);
        let others: Vec<_> = others.map(|(span, label)| (*span, AnnotationKind::Context, Some(*label))).collect();
        let all: Vec<_> = std::iter::once(primary).chain(others).collect();
        let start = all.iter().map(|(span, _, _)| span.start).min().unwrap_or(0);
        let end = all.iter().map(|(span, _, _)| span.end).max().unwrap_or(0);
        if end - start <= NEAR_BYTES {
            return self.piece(start..end, &all, file);
        }
        all.iter().flat_map(|one| self.piece(one.0.clone(), std::slice::from_ref(one), file)).collect()
    }

    /// Only the lines round `range`: a file may be large, and each diagnostic would search all of it.
    fn piece(&self, range: Range<usize>, marks: &[Label<'_>], file: &str) -> Vec<Element<'a>> {
        let first = self.line(range.start).saturating_sub(CONTEXT_LINES);
        let last = self.line(range.end) + CONTEXT_LINES;
        let start = self.starts.get(first).copied().unwrap_or(0);
        let end = self.starts.get(last + 1).copied().unwrap_or(self.text.len());
        if end - start > LINES_BYTES {
            return marks.iter().flat_map(|mark| self.part(mark, file)).collect();
        }
        vec![self.excerpt(start..end, marks).path(file.to_owned()).line_start(first + 1).into()]
    }

    /// A part of a long line. The excerpt does not begin with the line, so the place is said apart.
    fn part(&self, mark: &Label<'_>, file: &str) -> [Element<'a>; 2] {
        let at = mark.0.start;
        let (line, column) = self.line_column(at);
        let line_start = self.starts.get(line - 1).copied().unwrap_or(0);
        let line_end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        let start = self.text.floor_char_boundary(at.saturating_sub(SIDE_BYTES).max(line_start));
        let end = self.text.ceil_char_boundary((at + SIDE_BYTES).min(line_end)).max(start);
        let origin = Origin::path(file.to_owned()).line(line).char_column(column);
        [origin.into(), self.excerpt(start..end, std::slice::from_ref(mark)).line_start(line).into()]
    }

    /// The text in `range`, with the marks in it.
    fn excerpt(&self, range: Range<usize>, marks: &[Label<'_>]) -> Snippet<'a, Annotation<'a>> {
        let within = |at: usize| at.clamp(range.start, range.end) - range.start;
        let annotations = marks
            .iter()
            .map(|(span, kind, label)| kind.span(within(span.start)..within(span.end)).label(label.map(str::to_owned)));
        // The renderer writes out the usual control characters, but not these; the stand-in has as many bytes.
        let lines = self.text.get(range.clone()).unwrap_or_default();
        Snippet::source(lines.replace(|c| ('\u{80}'..='\u{9f}').contains(&c), "\u{b7}")).annotations(annotations)
    }
}
