//! Values of secrets: asked for when a try starts, handed to the sandbox, and nowhere else.

use secrecy::SecretString;

use crate::contract::{Failure, Problem};

/// The fewest bytes of a secret: less is guessed, and would be masked wherever it stands by chance.
pub const SECRET_MIN_BYTES: usize = 8;
/// The most: what fits into a header beside others.
pub const SECRET_MAX_BYTES: usize = 8 << 10;

/// Knows the values of secrets.
pub trait Secrets: Send + Sync + 'static {
    /// The value as it is now. Blocks.
    ///
    /// # Errors
    /// There is none, or it cannot be had; never with a piece of a value in the words.
    fn value(&self, name: &str) -> Result<SecretString, SecretError>;
}

/// Why a secret cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nobody gave it a value.
    #[error("the secret `{name}` has no value: {instead}")]
    Missing {
        /// Its name.
        name: String,
        /// Where one can be given.
        instead: String,
    },
    /// The place where it should be is not as it must be.
    #[error("the secret `{name}` cannot be read: {why}")]
    Unreadable {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// No header can carry it.
    #[error("the secret `{name}` cannot be used: {why}")]
    Unusable {
        /// Its name.
        name: String,
        /// What is wrong with its value, without it.
        why: String,
    },
}

impl SecretError {
    /// As the end of a try: what is not there may come.
    pub fn failure(&self) -> Failure {
        Failure::Retryable { problem: Problem::new("secret-missing", self.to_string()), after: None }
    }
}

/// Takes a value, if a header can carry it.
///
/// # Errors
/// What is wrong with it.
pub fn usable(name: &str, value: String) -> Result<SecretString, SecretError> {
    let length = value.len();
    let printable = |byte: u8| (0x20..0x7f).contains(&byte) || byte >= 0x80;
    let why = if length < SECRET_MIN_BYTES {
        format!("its value has fewer than {SECRET_MIN_BYTES} bytes")
    } else if length > SECRET_MAX_BYTES {
        format!("its value has more than {SECRET_MAX_BYTES} bytes")
    } else if !value.bytes().all(printable) {
        "its value has a line break or another character that no header can carry".to_owned()
    } else if value.trim() != value {
        "its value begins or ends with white space".to_owned()
    } else {
        return Ok(value.into());
    };
    Err(SecretError::Unusable { name: name.to_owned(), why })
}

/// Has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn value(&self, name: &str) -> Result<SecretString, SecretError> {
        Err(SecretError::Missing { name: name.to_owned(), instead: "none has one here".to_owned() })
    }
}
