//! What stands for nothing in a table.

use crate::time;

/// What marks a gap: nothing at all, and the texts that somebody says do so, or the numbers and times that they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    texts: Vec<String>,
    numbers: Vec<f64>,
    times: Vec<i64>,
}

impl Marks {
    /// These texts, and the empty one.
    pub fn new(texts: &[String]) -> Self {
        let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
        let numbers = texts.iter().filter_map(|text| text.parse().ok()).collect();
        let times = texts.iter().filter_map(|text| time::parse(text)).collect();
        Self { texts, numbers, times }
    }

    /// Whether a text without the space round it does.
    pub fn is_text(&self, text: &str) -> bool {
        text.is_empty() || self.texts.iter().any(|mark| mark == text)
    }

    /// Whether a number does.
    pub fn is_number(&self, number: f64) -> bool {
        self.numbers.contains(&number)
    }

    /// Whether a time does.
    pub fn is_time(&self, time: i64) -> bool {
        self.times.contains(&time)
    }
}
