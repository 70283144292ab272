//! Columns by name or by pattern: `*` stands for any text, `?` for one character.

use std::collections::BTreeMap;

use dagwood_tabular::DataError;
use wildmatch::WildMatch;

/// Whether it is more than a name.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The names that a name or pattern means, in their order. A name that is there means itself, whatever is in it.
///
/// # Errors
/// There is none: [`DataError::ColumnAbsent`].
pub fn meant<'a>(text: &str, names: &'a [String]) -> Result<Vec<&'a String>, DataError> {
    if let Some(name) = names.iter().find(|name| *name == text) {
        return Ok(vec![name]);
    }
    let pattern = WildMatch::new(text);
    let found: Vec<_> = names.iter().filter(|name| is_pattern(text) && pattern.matches(name)).collect();
    let absent = || DataError::ColumnAbsent { column: text.to_owned(), columns: names.to_vec() };
    if found.is_empty() { Err(absent()) } else { Ok(found) }
}

/// What is said of a column: under its name, or under the first pattern that means it.
pub fn of<'a, V>(said: &'a BTreeMap<String, V>, column: &str) -> Option<&'a V> {
    said.get(column).or_else(|| {
        let mut patterns = said.iter().filter(|(text, _)| is_pattern(text));
        patterns.find(|(text, _)| WildMatch::new(text).matches(column)).map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_itself_and_a_pattern_all_that_fit_it() {
        let names = ["bill_length", "bill_depth", "sex", "a*"].map(str::to_owned);
        assert_eq!(meant("bill_*", &names).unwrap(), ["bill_length", "bill_depth"]);
        assert_eq!(meant("se?", &names).unwrap(), ["sex"]);
        assert_eq!(meant("a*", &names).unwrap(), ["a*"]);
        assert_eq!(meant("sx", &names).unwrap_err().code(), "absent-column");
        assert_eq!(meant("x*", &names).unwrap_err().code(), "absent-column");
    }

    #[test]
    fn a_name_goes_before_a_pattern() {
        let said = BTreeMap::from([("*".to_owned(), 1), ("sex".to_owned(), 2)]);
        assert_eq!((of(&said, "sex"), of(&said, "island")), (Some(&2), Some(&1)));
        assert_eq!(of(&BTreeMap::from([("a".to_owned(), 1)]), "b"), None);
    }
}
