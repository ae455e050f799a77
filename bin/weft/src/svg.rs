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
const LEFT: f64 = 90.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 64.0;

/// Okabe and Ito's palette, without its yellow.
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#666666"];

impl Chart {
    /// The chart as a document.
    pub fn svg(&self) -> String {
        let (x, y) = (self.scale(|p| p.0), self.scale(|p| p.1));
        let at_x = |v: f64| LEFT + (v - x.0) / (x.1 - x.0) * (WIDTH - LEFT - RIGHT);
        let at_y = |v: f64| HEIGHT - BOTTOM - (v - y.0) / (y.1 - y.0) * (HEIGHT - TOP - BOTTOM);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"{LEFT}\" y=\"22\" font-size=\"16\">{}</text>\n",
            escape(&self.title),
            escape(&self.title)
        );
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        self.grid(&mut out);
        for (value, word) in &self.marks {
            let px = at_x(*value);
            put(
                &mut out,
                &format!(
                    "<line x1=\"{px:.1}\" x2=\"{px:.1}\" y1=\"{TOP}\" y2=\"{bottom}\" stroke=\"#999999\" \
                 stroke-dasharray=\"3 3\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"#666666\">{}</text>",
                    px + 3.0,
                    TOP + 10.0,
                    escape(word)
                ),
            );
        }
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let points: Vec<String> = series
                .points
                .iter()
                .map(|p| format!("{:.1},{:.1}", at_x(p.0), at_y(p.1)))
                .collect();
            put(
                &mut out,
                &format!(
                    "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
                    points.join(" ")
                ),
            );
        }
        self.legend(&mut out);
        put(
            &mut out,
            &format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text x=\"16\" y=\"{:.1}\" transform=\"rotate(-90 16 {:.1})\" text-anchor=\"middle\">{}</text>",
                (LEFT + right) / 2.0,
                bottom + 40.0,
                escape(&self.x),
                (TOP + bottom) / 2.0,
                (TOP + bottom) / 2.0,
                escape(&self.y)
            ),
        );
        out.push_str("</svg>\n");
        out
    }

    /// Lines and numbers of both axes.
    fn grid(&self, out: &mut String) {
        let (x, y) = (self.scale(|p| p.0), self.scale(|p| p.1));
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for step in 0..=5 {
            let part = f64::from(step) / 5.0;
            let (vx, vy) = (x.0 + part * (x.1 - x.0), y.0 + part * (y.1 - y.0));
            let px = LEFT + part * (right - LEFT);
            let py = bottom - part * (bottom - TOP);
            put(
                out,
                &format!(
                    "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{py:.1}\" y2=\"{py:.1}\" stroke=\"#dddddd\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
                 <text x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    LEFT - 8.0,
                    py + 4.0,
                    number(vy),
                    bottom + 18.0,
                    number(vx)
                ),
            );
        }
    }

    fn legend(&self, out: &mut String) {
        let mut left = LEFT;
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            put(
                out,
                &format!(
                    "<rect x=\"{left:.1}\" y=\"32\" width=\"10\" height=\"10\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"41\">{}</text>",
                    left + 14.0,
                    escape(&series.name)
                ),
            );
            left +=
                32.0 + 7.0 * f64::from(u16::try_from(series.name.chars().count()).unwrap_or(99));
        }
    }

    /// From where to where an axis goes; never an empty stretch.
    fn scale(&self, of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
        let all = self.series.iter().flat_map(|s| s.points.iter().map(&of));
        let (low, high) = all.fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
        if high > low { (low, high) } else { (low, low + 1.0) }
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
    let size = value.abs();
    match size {
        s if s >= 1e6 => format!("{:.2}M", value / 1e6),
        s if s >= 1e4 => format!("{:.0}k", value / 1e3),
        s if s >= 10.0 || s == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
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
        assert!(svg.contains("2.00M") && svg.contains("<polyline"));
        let empty = Chart { series: Vec::new(), ..chart };
        assert!(!empty.svg().contains("NaN"));
    }
}
