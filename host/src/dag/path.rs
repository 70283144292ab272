//! Where in a JSON or TOML document something stands.

use std::fmt;

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an element of an array, counted from 0.
    Index(usize),
}

/// A place in a document: the steps from its root. The root is the empty path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct DocPath(Vec<Step>);

impl DocPath {
    /// The root.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of these keys.
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Step::Key((*key).to_owned())).collect())
    }

    /// One key further down.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// One element further down.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// `below`, taken from here.
    #[must_use]
    pub fn join(&self, below: &DocPath) -> Self {
        Self(self.0.iter().chain(&below.0).cloned().collect())
    }

    /// What it stands in; of the root, the root.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut steps = self.0.clone();
        steps.pop();
        Self(steps)
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is this place or lies below it.
    pub fn contains(&self, other: &DocPath) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The same place below `to` instead of `from`; `None`: it does not lie there.
    pub fn moved(&self, from: &DocPath, to: &DocPath) -> Option<Self> {
        let below = self.0.strip_prefix(from.0.as_slice())?;
        Some(Self(to.0.iter().chain(below).cloned().collect()))
    }

    /// The last key on the way, if the last step is one.
    pub fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Key(key)) => Some(key),
            Some(Step::Index(_)) | None => None,
        }
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }
}

impl FromIterator<Step> for DocPath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

/// As in `tasks.train.params.layers[0]`.
impl fmt::Display for DocPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
