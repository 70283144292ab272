//! Trees: what a model of boosted trees is made of, and what they say of a row.

use serde::{Deserialize, Serialize};

use crate::features::{Feature, FeatureSpec};

/// A tree. A row begins at the first node, and goes on to one that stands later until it is at a leaf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    /// At least one.
    pub nodes: Vec<Node>,
}

/// Trees made ready for one table: each node holds the values that it asks about.
pub(super) struct Ready<'a> {
    trees: Vec<Vec<ReadyNode<'a>>>,
}

enum ReadyNode<'a> {
    Leaf(f64),
    Number {
        values: &'a [f64],
        threshold: f64,
        left: usize,
        right: usize,
    },
    /// For each category whether it goes to the left, and at the end for none.
    Category {
        codes: &'a [u32],
        goes_left: Vec<bool>,
        left: usize,
        right: usize,
    },
}

impl<'a> Ready<'a> {
    /// `columns` are the model's, in its order.
    pub(super) fn new<'t>(trees: impl Iterator<Item = &'t Tree>, columns: &'a [Feature]) -> Self {
        let ready = |tree: &Tree| tree.nodes.iter().map(|node| ReadyNode::new(node, columns)).collect();
        Self { trees: trees.map(ready).collect() }
    }

    /// Adds what the trees say of these rows to their scores.
    pub(super) fn add_to(&self, scores: &mut [f64], first_row: usize) {
        for nodes in &self.trees {
            for (score, row) in scores.iter_mut().zip(first_row..) {
                *score += value(nodes, row);
            }
        }
    }
}

impl<'a> ReadyNode<'a> {
    fn new(node: &Node, columns: &'a [Feature]) -> Self {
        match node {
            Node::Leaf { value } => Self::Leaf(*value),
            Node::Number { column, threshold, left, right } => {
                let values = match columns.get(*column) {
                    Some(Feature::Number { values, .. }) => values.as_slice(),
                    Some(Feature::OneHot { .. }) | None => &[],
                };
                Self::Number { values, threshold: *threshold, left: *left, right: *right }
            }
            Node::Category { column, to_left, unseen_left, to_right, left, right } => {
                let (codes, categories) = match columns.get(*column) {
                    Some(Feature::OneHot { codes, categories, .. }) => (codes.as_slice(), categories.len()),
                    Some(Feature::Number { .. }) | None => (&[][..], 0),
                };
                let mut goes_left = vec![*unseen_left; categories + 1];
                let sides = to_left.iter().map(|code| (code, true)).chain(to_right.iter().map(|code| (code, false)));
                for (code, is_left) in sides {
                    if let Some(slot) = goes_left.get_mut(*code as usize) {
                        *slot = is_left;
                    }
                }
                Self::Category { codes, goes_left, left: *left, right: *right }
            }
        }
    }
}

fn value(nodes: &[ReadyNode<'_>], row: usize) -> f64 {
    let mut place = 0;
    loop {
        let (goes_left, left, right) = match nodes.get(place) {
            None => return 0.0,
            Some(ReadyNode::Leaf(value)) => return *value,
            Some(ReadyNode::Number { values, threshold, left, right }) => {
                (values.get(row).is_some_and(|value| value <= threshold), *left, *right)
            }
            Some(ReadyNode::Category { codes, goes_left, left, right }) => {
                let none = goes_left.len() - 1;
                let code = codes.get(row).map_or(none, |code| (*code as usize).min(none));
                (goes_left[code], *left, *right)
            }
        };
        place = if goes_left { left } else { right };
    }
}

/// A node. `column` is a place among the model's columns, `left` and `right` among the tree's nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Node {
    /// What is added to the score.
    Leaf {
        /// In the score's unit.
        value: f64,
    },
    /// A column of numbers: up to the threshold a row goes to the left.
    Number {
        /// Which column.
        column: usize,
        /// The last that goes to the left.
        threshold: f64,
        /// Where to.
        left: usize,
        /// Where to else.
        right: usize,
    },
    /// A column of categories: these go to the left.
    Category {
        /// Which column.
        column: usize,
        /// Places among the column's categories, in order.
        to_left: Vec<u32>,
        /// Those that were not seen here in training; all others go to the right.
        unseen_left: bool,
        /// Places of those that were seen and go to the right, in order.
        to_right: Vec<u32>,
        /// Where to.
        left: usize,
        /// Where to else.
        right: usize,
    },
}

impl Tree {
    /// What the tree adds to the score of a row.
    pub fn value(&self, columns: &[Feature], row: usize) -> f64 {
        let mut place = 0;
        loop {
            let (goes_left, left, right) = match self.nodes.get(place) {
                None => return 0.0,
                Some(Node::Leaf { value }) => return *value,
                Some(Node::Number { column, threshold, left, right }) => {
                    (number(columns, *column, row) <= *threshold, *left, *right)
                }
                Some(Node::Category { column, to_left, unseen_left, to_right, left, right }) => {
                    let code = code(columns, *column, row);
                    let is_left = to_left.binary_search(&code).is_ok();
                    let is_right = !is_left && to_right.binary_search(&code).is_ok();
                    (is_left || (*unseen_left && !is_right), *left, *right)
                }
            };
            place = if goes_left { left } else { right };
        }
    }

    /// What is wrong with the tree for a model of these columns, if anything.
    pub fn contradiction(&self, columns: &[FeatureSpec]) -> Option<String> {
        if self.nodes.is_empty() {
            return Some("a tree has no nodes".into());
        }
        self.nodes.iter().enumerate().find_map(|(place, node)| {
            let (column, left, right, is_number) = match node {
                Node::Leaf { value } => {
                    return (!value.is_finite()).then(|| "a leaf of a tree is no finite number".to_owned());
                }
                Node::Number { column, left, right, .. } => (*column, *left, *right, true),
                Node::Category { column, left, right, .. } => (*column, *left, *right, false),
            };
            let fits = columns.get(column).is_some_and(|spec| matches!(spec, FeatureSpec::Number(_)) == is_number);
            if !fits {
                return Some(format!("a tree asks for column {column} as what it is not"));
            }
            let later = |to: usize| to > place && to < self.nodes.len();
            (!later(left) || !later(right)).then(|| format!("node {place} of a tree leads nowhere or back"))
        })
    }
}

fn number(columns: &[Feature], column: usize, row: usize) -> f64 {
    match columns.get(column) {
        Some(Feature::Number { values, .. }) => values.get(row).copied().unwrap_or(f64::NAN),
        Some(Feature::OneHot { .. }) | None => f64::NAN,
    }
}

fn code(columns: &[Feature], column: usize, row: usize) -> u32 {
    match columns.get(column) {
        Some(Feature::OneHot { codes, .. }) => codes.get(row).copied().unwrap_or(Feature::NO_CATEGORY),
        Some(Feature::Number { .. }) | None => Feature::NO_CATEGORY,
    }
}
