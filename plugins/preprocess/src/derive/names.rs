//! Columns in expressions whose names are no identifiers: they stand in backticks, as in pandas' `query`.

/// An expression without backticks, and what stands in it for the columns that had them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) code: String,
    /// Identifiers, and the columns that they are.
    pub(super) named: Vec<(String, String)>,
}

impl Plain {
    /// Puts an identifier in place of each name in backticks that is in no text.
    ///
    /// # Errors
    /// A name that does not end, or is empty: for a message.
    pub(super) fn of(text: &str) -> Result<Self, &'static str> {
        let mut prefix = "column_".to_owned();
        while text.contains(&prefix) {
            prefix.insert(0, '_');
        }
        let mut plain = Self { code: String::with_capacity(text.len()), named: Vec::new() };
        let mut rest = text.chars();
        // The quote that ends the text that it is in.
        let mut quote = None;
        while let Some(char) = rest.next() {
            match (char, quote) {
                ('`', None) => {
                    let (name, after) = rest.as_str().split_once('`').ok_or("has a backtick that nothing closes")?;
                    plain.push(name, &prefix)?;
                    rest = after.chars();
                    continue;
                }
                ('\\', Some(_)) => {
                    plain.code.push(char);
                    plain.code.extend(rest.next());
                    continue;
                }
                ('"' | '\'', None) => quote = Some(char),
                (_, Some(end)) if end == char => quote = None,
                (_, _) => {}
            }
            plain.code.push(char);
        }
        Ok(plain)
    }

    fn push(&mut self, name: &str, prefix: &str) -> Result<(), &'static str> {
        if name.is_empty() {
            return Err("has a pair of backticks with no name in it");
        }
        let known = self.named.iter().find(|(_, column)| column == name).map(|(identifier, _)| identifier.clone());
        let identifier = known.unwrap_or_else(|| format!("{prefix}{}", self.named.len()));
        self.code.push_str(&identifier);
        if self.named.iter().all(|(known, _)| *known != identifier) {
            self.named.push((identifier, name.to_owned()));
        }
        Ok(())
    }

    /// The column that an identifier is.
    pub(super) fn column(&self, identifier: &str) -> String {
        let named = self.named.iter().find(|(known, _)| known == identifier);
        named.map_or(identifier, |(_, column)| column).to_owned()
    }
}

#[test]
fn names_in_backticks_become_identifiers_but_not_in_texts() {
    let plain = Plain::of("`Dep Time` > 12 and `x` == '`no`' or `Dep Time` < \"a\\\"`\"").unwrap();
    assert_eq!(plain.code, "column_0 > 12 and column_1 == '`no`' or column_0 < \"a\\\"`\"");
    assert_eq!((plain.column("column_0"), plain.column("delay")), ("Dep Time".into(), "delay".into()));
    assert_eq!(Plain::of("column_0 > `a`").unwrap().code, "column_0 > _column_0");
    assert!(Plain::of("`a > 1").is_err() && Plain::of("`` > 1").is_err());
}
