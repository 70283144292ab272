//! The pieces of a picture.

use std::fmt::Write;

/// Near black, readable on white.
pub const INK: &str = "#1f2933";

/// For what matters less; still 4.5 to 1 against white.
pub const FAINT: &str = "#5b6875";

/// A picture in the making.
#[derive(Debug)]
pub struct Document {
    body: String,
}

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning is there.
    Start,
    /// Its middle is there.
    Middle,
    /// Its end is there.
    End,
}

/// A line of text. Sizes and places are in pixels; `y` is the text's middle.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// From the left.
    pub x: f64,
    /// From above.
    pub y: f64,
    /// Of the font.
    pub size: f64,
    /// Whether it is bold.
    pub bold: bool,
    /// Its colour.
    pub fill: &'a str,
    /// Which of its points is at the place.
    pub anchor: Anchor,
    /// Degrees, clockwise, about the point.
    pub turned: f64,
    /// What it says.
    pub content: &'a str,
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, size: 13.0, bold: false, fill: INK, anchor: Anchor::Start, turned: 0.0, content: "" }
    }
}

/// A filled box. Sizes and places are in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Rect<'a> {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// From left to right.
    pub width: f64,
    /// From above to below.
    pub height: f64,
    /// Of its corners.
    pub radius: f64,
    /// Its colour.
    pub fill: &'a str,
}

impl Document {
    /// An empty white picture of this size in pixels, with its name and its description in words.
    pub fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut body = String::new();
        let _ = write!(
            body,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"title description\" \
             font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"description\">{}</desc>\n",
            escape(title),
            escape(description)
        );
        let mut document = Self { body };
        document.rect(Rect { x: 0.0, y: 0.0, width, height, radius: 0.0, fill: "#ffffff" });
        document
    }

    /// Draws a box.
    pub fn rect(&mut self, rect: Rect<'_>) {
        let Rect { x, y, width, height, radius, fill } = rect;
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius:.1}\" fill=\"{}\"/>",
            escape(fill)
        );
    }

    /// Draws a line of text.
    pub fn text(&mut self, text: Text<'_>) {
        let Text { x, y, size, bold, fill, anchor, turned, content } = text;
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if bold { " font-weight=\"600\"" } else { "" };
        let turn =
            if turned == 0.0 { String::new() } else { format!(" transform=\"rotate({turned:.0} {x:.1} {y:.1})\"") };
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" dy=\"0.35em\" font-size=\"{size:.1}\"{weight} fill=\"{}\" \
             text-anchor=\"{anchor}\"{turn}>{}</text>",
            escape(fill),
            escape(content)
        );
    }

    /// Draws what belongs together, with the words that a pointer shows over it.
    pub fn group(&mut self, hint: &str, draw: impl FnOnce(&mut Self)) {
        let _ = writeln!(self.body, "<g><title>{}</title>", escape(hint));
        draw(self);
        self.body.push_str("</g>\n");
    }

    /// The finished file.
    pub fn finish(mut self) -> String {
        self.body.push_str("</svg>\n");
        self.body
    }
}

/// `text` for use in XML, in content or in a quoted attribute. Characters that XML 1.0 cannot hold become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().map(visible) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `text` with U+FFFD for characters that XML 1.0 cannot hold, and for those that turn the direction of the text after them.
pub fn without_controls(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' => ' ',
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        other => other,
    }
}

/// `text` cut to `limit` characters, the last of which is then an ellipsis.
pub fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}
