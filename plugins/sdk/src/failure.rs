//! Why a try failed, and whether another one is worth it.

use serde::Serialize;
use serde_json::Value;
use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

/// Why a try failed. It is *permanent* (no retry will help) or *retryable*.
///
/// `?` turns any [`std::error::Error`] into a **permanent** failure with the code `error`: a task in the sandbox that
/// is given the same inputs again fails the same way again. Where that is not so (a service that may be back later),
/// say it with [`ResultExt::retryable`].
///
/// This type is not itself a [`std::error::Error`], as the conversion from every error would then be ambiguous.
#[derive(Clone, PartialEq)]
pub struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Boxed: a `Result` with it stays small.
    pub(crate) details: Option<Box<Value>>,
    pub(crate) retry: Retry,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Retry {
    Never,
    AfterTasksDelay,
    After(Duration),
}

/// The code of a failure that came from a plain error.
const PLAIN_ERROR: &str = "error";

impl Failure {
    /// A failure that no retry will help. `code` is a short stable word for programs, such as `quality-gate`.
    pub fn permanent(code: &str, message: impl Display) -> Self {
        Self { code: code.to_owned(), message: message.to_string(), details: None, retry: Retry::Never }
    }

    /// A failure that is worth another try, after the delay that the DAG says.
    pub fn retryable(code: &str, message: impl Display) -> Self {
        Self { retry: Retry::AfterTasksDelay, ..Self::permanent(code, message) }
    }

    /// Worth another try, after `delay` (in milliseconds to the host) instead of the DAG's delay.
    pub fn after(mut self, delay: Duration) -> Self {
        self.retry = Retry::After(delay);
        self
    }

    /// Adds facts for programs. What cannot be JSON is left out.
    pub fn details(mut self, details: impl Serialize) -> Self {
        self.details = serde_json::to_value(details).ok().map(Box::new);
        self
    }

    /// A short stable word for programs.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether another try is worth it.
    pub fn is_retryable(&self) -> bool {
        self.retry != Retry::Never
    }

    fn in_context(mut self, doing: impl Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_retryable() { "retryable" } else { "permanent" };
        write!(f, "{mark} failure `{}`: {}", self.code, self.message)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::permanent(PLAIN_ERROR, chain(&error))
    }
}

/// The error and all its sources, joined by `: `.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// What [`ResultExt`] works on: every error, `String` and `&str`, the errors of `anyhow`, and [`Failure`] itself.
pub trait IntoFailure {
    /// A plain error becomes permanent, with the code `error`.
    fn into_failure(self) -> Failure;
}

impl<E: Into<Box<dyn Error>>> IntoFailure for E {
    fn into_failure(self) -> Failure {
        Failure::permanent(PLAIN_ERROR, chain(self.into().as_ref()))
    }
}

impl IntoFailure for Failure {
    fn into_failure(self) -> Failure {
        self
    }
}

/// Marks the error of a result. On an `Option`, use `ok_or("what is missing")` first.
pub trait ResultExt<T> {
    /// No retry will help. `code` is a short stable word for programs.
    ///
    /// # Errors
    /// The same error as a permanent [`Failure`].
    fn permanent(self, code: &str) -> Result<T, Failure>;

    /// Worth another try, after the delay that the DAG says.
    ///
    /// # Errors
    /// The same error as a retryable [`Failure`].
    fn retryable(self, code: &str) -> Result<T, Failure>;

    /// Worth another try, after `delay`.
    ///
    /// # Errors
    /// The same error as a retryable [`Failure`] with that delay.
    fn retryable_after(self, code: &str, delay: Duration) -> Result<T, Failure>;

    /// Says what was being done when it failed, such as `reading the header`. Leaves code and mark as they are.
    ///
    /// # Errors
    /// The same error as a [`Failure`] whose message begins with `doing`.
    fn context(self, doing: impl Display) -> Result<T, Failure>;
}

impl<T, E: IntoFailure> ResultExt<T> for Result<T, E> {
    fn permanent(self, code: &str) -> Result<T, Failure> {
        self.map_err(|error| marked(error, code, Retry::Never))
    }

    fn retryable(self, code: &str) -> Result<T, Failure> {
        self.map_err(|error| marked(error, code, Retry::AfterTasksDelay))
    }

    fn retryable_after(self, code: &str, delay: Duration) -> Result<T, Failure> {
        self.map_err(|error| marked(error, code, Retry::After(delay)))
    }

    fn context(self, doing: impl Display) -> Result<T, Failure> {
        self.map_err(|error| error.into_failure().in_context(doing))
    }
}

fn marked(error: impl IntoFailure, code: &str, retry: Retry) -> Failure {
    Failure { code: code.to_owned(), retry, ..error.into_failure() }
}
