//! Values of secrets from the environment, else from the private file of the home folder.

use std::ffi::OsStr;

use secrecy::SecretString;
use toml::Table;
use toml::Value;

use crate::executor::secrets::{SecretError, Secrets, usable};
use crate::home::Home;

/// The environment variable of a secret begins so; its name follows.
const VARIABLE_PREFIX: &str = "DAGWOOD_SECRET_";

/// Whether an environment variable of that name holds a secret.
pub(super) fn is_secret(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(VARIABLE_PREFIX.as_bytes())
}

/// The secrets of a home folder.
pub(super) struct HomeSecrets(pub(super) Home);

impl Secrets for HomeSecrets {
    fn value(&self, name: &str) -> Result<SecretString, SecretError> {
        let variable = format!("{VARIABLE_PREFIX}{name}");
        let value = match std::env::var_os(&variable) {
            Some(value) => value.into_string().map_err(|_| unreadable(name, format!("${variable} is no UTF-8")))?,
            None => self.in_file(name)?.ok_or_else(|| {
                let file = self.0.secrets_file();
                let instead = format!(
                    "set ${variable} where the host is started, or add `{name} = \"…\"` to {}, which only you may read",
                    file.display()
                );
                SecretError::Missing { name: name.to_owned(), instead }
            })?,
        };
        usable(name, value)
    }
}

impl HomeSecrets {
    /// Words of the file never stand in an error: they may be values.
    fn in_file(&self, name: &str) -> Result<Option<String>, SecretError> {
        let file = self.0.secrets_file();
        let wrong = |why: String| unreadable(name, format!("{}: {why}", file.display()));
        let Some(text) = self.0.secrets_text().map_err(wrong)? else { return Ok(None) };
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            wrong(format!("line {} is no TOML", before.matches('\n').count() + 1))
        })?;
        match table.get(name) {
            None => Ok(None),
            Some(Value::String(value)) => Ok(Some(value.clone())),
            Some(_) => Err(wrong(format!("`{name}` is no text: write it in quotes"))),
        }
    }
}

fn unreadable(name: &str, why: String) -> SecretError {
    SecretError::Unreadable { name: name.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn said(secrets: &HomeSecrets, name: &str) -> String {
        secrets.value(name).map_or_else(|error| error.to_string(), |value| format!("={}", value.expose_secret()))
    }

    #[test]
    fn a_secret_comes_from_a_file_that_only_its_user_reads() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("home")).unwrap();
        let (file, secrets) = (home.secrets_file(), HomeSecrets(home));
        assert!(said(&secrets, "API_TOKEN").contains("has no value: set $DAGWOOD_SECRET_API_TOKEN"));
        write(&file, "API_TOKEN = 'tell-nobody'\nNUMBER = 123456789\nSHORT = 'pw'\nLINES = \"tell\\nnobody\"\n")
            .unwrap();
        set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert!(said(&secrets, "API_TOKEN").contains("others can read or write it: type `chmod 600"));
        set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(said(&secrets, "API_TOKEN"), "=tell-nobody");
        assert!(said(&secrets, "OTHER").contains("has no value"));
        assert!(said(&secrets, "NUMBER").ends_with("`NUMBER` is no text: write it in quotes"));
        assert!(said(&secrets, "SHORT").ends_with("fewer than 8 bytes"));
        assert!(said(&secrets, "LINES").contains("no header can carry"));
        write(&file, "A = 'x'\nAPI_TOKEN = tell-nobody\n").unwrap();
        let broken = said(&secrets, "API_TOKEN");
        assert!(broken.contains("line 2 is no TOML") && !broken.contains("tell-nobody"), "{broken}");
        let shown = format!("{:?}", usable("A", "tell-nobody".to_owned()).unwrap());
        assert!(!shown.contains("tell-nobody"), "{shown}");
    }
}
