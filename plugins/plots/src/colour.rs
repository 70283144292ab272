//! Colours for shares: from nearly white to deep blue, lightness falling evenly, so that they read in grey and without red or green.

use crate::document::INK;

/// Stops at equal distances, as red, green, blue.
const BLUES: [[f64; 3]; 5] =
    [[243.0, 247.0, 252.0], [198.0, 219.0, 239.0], [123.0, 174.0, 217.0], [47.0, 117.0, 178.0], [12.0, 66.0, 121.0]];

/// The colour of a share from 0 to 1, as `#rrggbb`.
pub fn of_share(share: f64) -> String {
    let [red, green, blue] = mixed(share).map(|part| part.round() as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A text colour that can be read on [`of_share`].
pub fn on_share(share: f64) -> &'static str {
    let [red, green, blue] = mixed(share);
    if 0.299 * red + 0.587 * green + 0.114 * blue < 140.0 { "#ffffff" } else { INK }
}

fn mixed(share: f64) -> [f64; 3] {
    let place = share.clamp(0.0, 1.0) * (BLUES.len() - 1) as f64;
    let below = (place as usize).min(BLUES.len() - 2);
    let part = place - below as f64;
    std::array::from_fn(|channel| BLUES[below][channel] + (BLUES[below + 1][channel] - BLUES[below][channel]) * part)
}

/// Colours of series, told apart by lightness too: blue, orange, green, purple, red, brown, pink, grey (after Okabe and Ito 2008,
/// darkened until each has 3 to 1 against white).
pub const SERIES: [(u8, u8, u8); 8] = [
    (31, 98, 170),
    (213, 94, 0),
    (0, 134, 98),
    (126, 70, 160),
    (178, 34, 52),
    (122, 88, 20),
    (190, 90, 145),
    (91, 104, 117),
];
