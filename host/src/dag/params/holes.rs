//! Which errors stay whatever the templates become.
//!
//! The value is checked with placeholders in its holes: null for a whole expression, text for text. An error counts
//! only if no value in the holes could make it go away; in doubt it does not count, since params are checked again
//! when they are rendered.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;

use crate::dag::explain::doc_path;
use crate::dag::path::DocPath;
use crate::dag::template::{HoleKind, Template};

/// Keywords under which the rest of the schema applies or not, as the value has it.
const CONDITIONAL: &[&str] = &["if", "then", "else"];

/// The holes of a value.
pub(super) struct Holes(Vec<(DocPath, HoleKind)>);

/// How an error's place and the holes lie to each other.
enum Near {
    /// No hole is there or below.
    None,
    /// The place is a hole itself.
    At(HoleKind),
    /// There are holes below.
    Above,
}

impl Holes {
    pub(super) fn of(template: &Template) -> Self {
        Self(template.holes().into_iter().map(|(path, hole)| (path, hole.kind)).collect())
    }

    /// Whether text with templates in it stands there.
    pub(super) fn is_text(&self, place: &DocPath) -> bool {
        self.0.iter().any(|(hole, kind)| hole == place && *kind == HoleKind::Text)
    }

    /// Whether `error` stays.
    pub(super) fn leave_wrong(&self, error: &ValidationError<'_>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        // Which branch applies may depend on a hole anywhere.
        let conditional = |segment: LocationSegment<'_>| match segment {
            LocationSegment::Property(name) => CONDITIONAL.contains(&name.as_ref()),
            LocationSegment::Index(_) => false,
        };
        !error.evaluation_path().segments().any(conditional) && self.stays(error)
    }

    fn stays(&self, error: &ValidationError<'_>) -> bool {
        let near = self.near(&doc_path(error.instance_path()));
        match error.kind() {
            // A template within text gives text; a whole expression may give anything.
            ValidationErrorKind::Type { .. } => match near {
                Near::None | Near::Above | Near::At(HoleKind::Text) => true,
                Near::At(HoleKind::Value) => false,
            },
            // Which keys and how many items there are does not depend on what they hold.
            ValidationErrorKind::AdditionalProperties { .. }
            | ValidationErrorKind::AdditionalItems { .. }
            | ValidationErrorKind::MaxItems { .. }
            | ValidationErrorKind::MinItems { .. }
            | ValidationErrorKind::MaxProperties { .. }
            | ValidationErrorKind::MinProperties { .. }
            | ValidationErrorKind::PropertyNames { .. }
            | ValidationErrorKind::Required { .. }
            | ValidationErrorKind::FalseSchema => !matches!(near, Near::At(_)),
            // None of the branches fits, whatever the holes become, if each has an error that stays.
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                context.iter().all(|branch| branch.iter().any(|error| self.leave_wrong(error)))
            }
            // These look at the value as a whole.
            ValidationErrorKind::Constant { .. }
            | ValidationErrorKind::Contains
            | ValidationErrorKind::ContentEncoding { .. }
            | ValidationErrorKind::ContentMediaType { .. }
            | ValidationErrorKind::Custom { .. }
            | ValidationErrorKind::Enum { .. }
            | ValidationErrorKind::ExclusiveMaximum { .. }
            | ValidationErrorKind::ExclusiveMinimum { .. }
            | ValidationErrorKind::Format { .. }
            | ValidationErrorKind::FromUtf8 { .. }
            | ValidationErrorKind::Maximum { .. }
            | ValidationErrorKind::MaxLength { .. }
            | ValidationErrorKind::Minimum { .. }
            | ValidationErrorKind::MinLength { .. }
            | ValidationErrorKind::MultipleOf { .. }
            | ValidationErrorKind::Not { .. }
            | ValidationErrorKind::OneOfMultipleValid { .. }
            | ValidationErrorKind::Pattern { .. }
            | ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. }
            | ValidationErrorKind::UniqueItems => matches!(near, Near::None),
            // Which keys and items were looked at depends on the branches that applied.
            ValidationErrorKind::UnevaluatedItems { .. } | ValidationErrorKind::UnevaluatedProperties { .. } => {
                matches!(near, Near::None)
            }
            ValidationErrorKind::Referencing(_) => true,
        }
    }

    fn near(&self, place: &DocPath) -> Near {
        let at = self.0.iter().find(|(hole, _)| hole == place);
        match at {
            Some((_, kind)) => Near::At(*kind),
            None if self.0.iter().any(|(hole, _)| place.contains(hole)) => Near::Above,
            None => Near::None,
        }
    }
}
