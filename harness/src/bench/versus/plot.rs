//! Curves as SVG: both axes in powers of ten, a line for each rival.
//!
//! It knows points and pixels. It does not know what they stand for.

use std::fmt::Write as _;

/// Where the drawing is, in the picture.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 16.0;
const RIGHT: f64 = 130.0;

/// One line: its name, and its points.
pub struct Line<'a> {
    pub name: &'a str,
    pub points: Vec<(f64, f64)>,
}

/// The powers of ten around these values.
fn decades(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let low = values.clone().fold(f64::INFINITY, f64::min).max(1e-9).log10().floor();
    let high = values.fold(f64::NEG_INFINITY, f64::max).max(1e-9).log10().ceil();
    (low, if high > low { high } else { low + 1.0 })
}

/// A power of ten as people write it.
#[allow(clippy::cast_sign_loss)] // What is cast is above nothing.
fn number(power: f64) -> String {
    let value = 10_f64.powf(power);
    match power {
        p if p >= 9.0 => format!("{} G", value / 1e9),
        p if p >= 6.0 => format!("{} M", value / 1e6),
        p if p >= 3.0 => format!("{} k", value / 1e3),
        p if p >= 0.0 => format!("{value}"),
        // As many digits as it takes to see it.
        p => format!("{value:.*}", -p as usize),
    }
}

/// Fit for an element or an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// How much of the picture the drawing has.
const WIDE: f64 = WIDTH - LEFT - RIGHT;
const HIGH: f64 = HEIGHT - TOP - BOTTOM;

/// The powers of ten at the ends of the two axes.
struct Axes {
    x: (f64, f64),
    y: (f64, f64),
}

impl Axes {
    fn x(&self, value: f64) -> f64 {
        LEFT + (value.log10() - self.x.0) / (self.x.1 - self.x.0) * WIDE
    }

    fn y(&self, value: f64) -> f64 {
        TOP + HIGH - (value.log10() - self.y.0) / (self.y.1 - self.y.0) * HIGH
    }

    /// A line with its number at each power of ten.
    fn grid(&self, svg: &mut String) {
        let (bottom, right) = (TOP + HIGH, LEFT + WIDE);
        let mut power = self.x.0;
        while power <= self.x.1 {
            let (at, label) = (self.x(10_f64.powf(power)), number(power));
            // Writing to a string does not fail.
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                bottom + 14.0
            );
            power += 1.0;
        }
        let mut power = self.y.0;
        while power <= self.y.1 {
            let (at, label) = (self.y(10_f64.powf(power)), number(power));
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 6.0,
                at + 4.0
            );
            power += 1.0;
        }
    }

    /// A line with its points, and its name on the right.
    fn line(&self, n: usize, line: &Line<'_>, svg: &mut String) {
        let good = line.points.iter().filter(|point| can_be_drawn(point));
        let places: Vec<(f64, f64)> = good.map(|p| (self.x(p.0), self.y(p.1))).collect();
        let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(svg, "<polyline class=\"c{n}\" points=\"{}\"/>", path.join(" "));
        for (x, y) in places {
            let _ = writeln!(svg, "<circle class=\"c{n}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
        }
        let (at, right) = (TOP + 12.0 + 16.0 * n as f64, LEFT + WIDE);
        let _ = writeln!(
            svg,
            "<circle class=\"c{n}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>\
             <text x=\"{:.1}\" y=\"{at:.1}\">{}</text>",
            right + 14.0,
            at - 4.0,
            right + 24.0,
            escaped(line.name)
        );
    }
}

/// Nothing and less have no logarithm.
fn can_be_drawn(point: &(f64, f64)) -> bool {
    point.0 > 0.0 && point.1 > 0.0
}

/// The picture; nothing, where there is no point.
pub fn curves(lines: &[Line<'_>], axis: &str, what: &str) -> String {
    let points = || lines.iter().flat_map(|line| line.points.iter().filter(|p| can_be_drawn(p)));
    if points().next().is_none() {
        return String::new();
    }
    let (x, y) = (points().map(|point| point.0), points().map(|point| point.1));
    let axes = Axes { x: decades(x), y: decades(y) };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(what)
    );
    axes.grid(&mut svg);
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        LEFT + WIDE / 2.0,
        HEIGHT - 6.0,
        escaped(axis)
    );
    for (n, line) in lines.iter().enumerate() {
        axes.line(n, line, &mut svg);
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::{Line, curves, number};

    #[test]
    fn powers_of_ten_as_people_write_them() {
        let seen = [-2.0, -1.0, 0.0, 2.0, 3.0, 7.0].map(number);
        assert_eq!(seen, ["0.01", "0.1", "1", "100", "1 k", "10 M"]);
    }

    #[test]
    fn a_line_keeps_within_its_axes() {
        let line = Line { name: "a<b", points: vec![(1.0, 10.0), (1000.0, 10.0), (0.0, 1.0)] };
        let svg = curves(&[line], "n", "w");
        assert!(
            svg.contains("a&lt;b") && svg.contains("points=\"70.0,260.0 430.0,260.0\""),
            "{svg}"
        );
        assert_eq!(curves(&[], "n", "w"), "");
    }
}
