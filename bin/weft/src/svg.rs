//! Line charts as SVG: text, no library, readable in light and dark, in colours that the
//! colour-blind can tell apart.

use std::fmt::Write as _;

/// A line of a chart.
pub struct Series {
    pub name: String,
    /// (x, y), x ascending.
    pub points: Vec<(f64, f64)>,
}

/// A chart.
pub struct Chart {
    pub title: String,
    pub x: String,
    pub y: String,
    pub series: Vec<Series>,
    /// Upright lines with a word each.
    pub marks: Vec<(f64, String)>,
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 480.0;
// The edges of the plot within it.
const LEFT: f64 = 90.0;
const RIGHT: f64 = WIDTH - 20.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = HEIGHT - 64.0;

/// Okabe and Ito's palette, without its yellow.
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#666666"];

/// From where to where an axis goes, and how far its numbers are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    /// An axis over all values and zero, with 4 to 10 steps of 1, 2 or 5 times a power of
    /// ten; never an empty stretch.
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        let high = if high > low { high } else { low + 1.0 };
        let power = 10.0_f64.powf(((high - low) / 4.0).log10().floor());
        let fits = |factor: &&f64| (high - low) / (**factor * power) >= 4.0;
        let step = power * [5.0, 2.0, 1.0].iter().find(fits).unwrap_or(&1.0);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// Where a value lies, from 0 to 1.
    fn part(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The numbers beside it.
    fn ticks(self) -> impl Iterator<Item = f64> {
        let count = (0_u8..=64).map(f64::from);
        count
            .map(move |n| self.low + n * self.step)
            .take_while(move |v| *v < self.high + self.step / 2.0)
    }
}

impl Chart {
    /// The chart as a document.
    pub fn svg(&self) -> String {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"{LEFT}\" y=\"22\" font-size=\"16\">{}</text>\n",
            escape(&self.title),
            escape(&self.title)
        );
        let points = || self.series.iter().flat_map(|s| s.points.iter());
        let (x, y) = (Axis::over(points().map(|p| p.0)), Axis::over(points().map(|p| p.1)));
        let at_x = |v: f64| LEFT + x.part(v) * (RIGHT - LEFT);
        let at_y = |v: f64| BOTTOM - y.part(v) * (BOTTOM - TOP);
        self.grid(&mut out, (x, &at_x), (y, &at_y));
        self.upright(&mut out, &at_x);
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let point = |p: &(f64, f64)| format!("{:.1},{:.1}", at_x(p.0), at_y(p.1));
            let points = series.points.iter().map(point).collect::<Vec<_>>().join(" ");
            let line = format!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{points}\"/>"
            );
            put(&mut out, &line);
        }
        self.legend(&mut out);
        out.push_str("</svg>\n");
        out
    }

    /// Lines, numbers and words of both axes.
    fn grid(
        &self,
        out: &mut String,
        (x, at_x): (Axis, &dyn Fn(f64) -> f64),
        (y, at_y): (Axis, &dyn Fn(f64) -> f64),
    ) {
        for value in y.ticks() {
            let (line, text) = (at_y(value), at_y(value) + 4.0);
            let (left, said) = (LEFT - 8.0, number(value));
            put(
                out,
                &format!(
                    "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{line:.1}\" y2=\"{line:.1}\" stroke=\"#dddddd\"/>\
                 <text x=\"{left:.1}\" y=\"{text:.1}\" text-anchor=\"end\">{said}</text>"
                ),
            );
        }
        for value in x.ticks() {
            let (at, below, said) = (at_x(value), BOTTOM + 18.0, number(value));
            put(
                out,
                &format!(
                    "<text x=\"{at:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{said}</text>"
                ),
            );
        }
        let (across, down, below) =
            (f64::midpoint(LEFT, RIGHT), f64::midpoint(TOP, BOTTOM), BOTTOM + 40.0);
        let (x, y) = (escape(&self.x), escape(&self.y));
        put(
            out,
            &format!(
                "<text x=\"{across:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{x}</text>\
             <text x=\"16\" y=\"{down:.1}\" transform=\"rotate(-90 16 {down:.1})\" text-anchor=\"middle\">{y}</text>"
            ),
        );
    }

    /// The marks, each a broken line with its word at the top, on the side with room.
    fn upright(&self, out: &mut String, at_x: &dyn Fn(f64) -> f64) {
        for (row, (value, word)) in (0_u8..).zip(&self.marks) {
            let (line, word) = (at_x(*value), escape(word));
            let is_late = line > f64::midpoint(LEFT, RIGHT);
            let (text, anchor) = if is_late { (line - 4.0, "end") } else { (line + 4.0, "start") };
            // Words of neighbours stand on different lines.
            let top = TOP + 10.0 + 14.0 * f64::from(row % 3);
            put(
                out,
                &format!(
                    "<line x1=\"{line:.1}\" x2=\"{line:.1}\" y1=\"{TOP}\" y2=\"{BOTTOM}\" stroke=\"#999999\" \
                 stroke-dasharray=\"3 3\"/><text x=\"{text:.1}\" y=\"{top:.1}\" text-anchor=\"{anchor}\" fill=\"#555555\">{word}</text>"
                ),
            );
        }
    }

    fn legend(&self, out: &mut String) {
        let mut left = LEFT;
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let (text, name) = (left + 14.0, escape(&series.name));
            put(
                out,
                &format!(
                    "<rect x=\"{left:.1}\" y=\"32\" width=\"10\" height=\"10\" fill=\"{colour}\"/>\
                 <text x=\"{text:.1}\" y=\"41\">{name}</text>"
                ),
            );
            let letters = u16::try_from(series.name.chars().count()).unwrap_or(99);
            left += 32.0 + 7.0 * f64::from(letters);
        }
    }
}

fn put(out: &mut String, text: &str) {
    // Writing to memory does not fail.
    if writeln!(out, "{text}").is_err() {
        out.clear();
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A number of an axis, short.
fn number(value: f64) -> String {
    let (value, unit) = match value.abs() {
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = format!("{value:.4}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_holds_its_lines_and_escapes_its_words() {
        let series = Series { name: "a<b".to_owned(), points: vec![(0.0, 0.0), (4.0, 2.0e6)] };
        let chart = Chart {
            title: "t & u".to_owned(),
            x: "x".to_owned(),
            y: "y".to_owned(),
            series: vec![series],
            marks: vec![(2.0, "half".to_owned())],
        };
        let svg = chart.svg();
        assert!(svg.contains("a&lt;b") && svg.contains("t &amp; u") && svg.contains("half"));
        assert!(svg.contains(">1.5M<") && svg.contains(">2M<") && svg.contains("<polyline"));
        let empty = Chart { series: Vec::new(), ..chart };
        assert!(!empty.svg().contains("NaN"));
    }

    #[test]
    fn an_axis_has_round_numbers_that_hold_every_value() {
        let axis = |low, high| Axis::over([low, high].into_iter());
        assert_eq!(axis(0.0, 20.99e6), Axis { low: 0.0, high: 25e6, step: 5e6 });
        assert_eq!(axis(0.0, 48.0), Axis { low: 0.0, high: 50.0, step: 10.0 });
        assert_eq!(axis(-3.0, 5.0), Axis { low: -4.0, high: 6.0, step: 2.0 });
        assert_eq!(axis(0.0, 0.0), Axis { low: 0.0, high: 1.0, step: 0.2 });
        let ticks: Vec<String> = axis(0.0, 1.0).ticks().map(number).collect();
        assert_eq!(ticks, ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    }
}
