//! Line charts as SVG: text, no library, readable in light and dark. Lines differ in colour, in
//! dashes and in the sign that they carry, so a print without colours can be read too.

use std::fmt::Write as _;

/// A line of a chart.
#[derive(Clone)]
pub struct Series {
    pub name: String,
    /// (x, y), x ascending.
    pub points: Vec<(f64, f64)>,
}

/// A chart.
#[derive(Clone)]
pub struct Chart {
    pub title: String,
    pub x: String,
    pub y: String,
    pub series: Vec<Series>,
    /// Upright lines with a word each.
    pub marks: Vec<(f64, String)>,
    /// Lines across with a word each: what the others are to be held against.
    pub levels: Vec<(f64, String)>,
    /// Whether the upright axis begins at zero; else it holds what there is, so that small
    /// differences are seen.
    pub from_zero: bool,
}

/// How a line is told from the others: its colour, its dashes, and the sign on it.
#[derive(Clone, Copy)]
struct Look {
    colour: &'static str,
    dashes: &'static str,
    sign: Sign,
}

/// A sign on a line.
#[derive(Clone, Copy)]
enum Sign {
    Disc,
    Square,
    Triangle,
    Diamond,
    Cross,
    Ring,
    Bar,
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 480.0;
// The edges of the plot within it.
const LEFT: f64 = 90.0;
const RIGHT: f64 = WIDTH - 20.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = HEIGHT - 64.0;

/// Okabe and Ito's palette, without its yellow.
const LOOKS: [Look; 7] = [
    Look { colour: "#0072b2", dashes: "none", sign: Sign::Disc },
    Look { colour: "#d55e00", dashes: "8 4", sign: Sign::Square },
    Look { colour: "#009e73", dashes: "2 3", sign: Sign::Triangle },
    Look { colour: "#cc79a7", dashes: "12 4 2 4", sign: Sign::Diamond },
    Look { colour: "#56b4e9", dashes: "5 2", sign: Sign::Cross },
    Look { colour: "#e69f00", dashes: "1 2", sign: Sign::Ring },
    Look { colour: "#666666", dashes: "14 3", sign: Sign::Bar },
];

/// How many signs a line carries.
const SIGNS: usize = 7;

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
        Self::around(values.chain([0.0]))
    }

    /// The same over the values alone.
    fn around(values: impl Iterator<Item = f64>) -> Self {
        let ends = values.fold(None, |ends: Option<(f64, f64)>, v| {
            Some(ends.map_or((v, v), |(l, h)| (l.min(v), h.max(v))))
        });
        let (low, high) = ends.unwrap_or_default();
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

/// Several charts, one under the other, as one document.
pub fn document(charts: &[Chart]) -> String {
    let mut out = String::new();
    let mut down = 0.0;
    for chart in charts {
        put(&mut out, &format!("<g transform=\"translate(0 {down})\">"));
        chart.draw(&mut out);
        put(&mut out, "</g>");
        down += HEIGHT;
    }
    let title = charts.first().map_or_else(String::new, |chart| escape(&chart.title));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {down}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{out}</svg>\n"
    )
}

impl Chart {
    /// The chart as a document.
    pub fn svg(&self) -> String {
        let mut out = String::new();
        self.draw(&mut out);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{out}</svg>\n",
            escape(&self.title)
        )
    }

    fn draw(&self, out: &mut String) {
        let title = escape(&self.title);
        put(out, &format!("<text x=\"{LEFT}\" y=\"22\" font-size=\"16\">{title}</text>"));
        let points = || self.series.iter().flat_map(|s| s.points.iter());
        let heights = points().map(|p| p.1).chain(self.levels.iter().map(|level| level.0));
        let x = Axis::over(points().map(|p| p.0));
        let y = if self.from_zero { Axis::over(heights) } else { Axis::around(heights) };
        let at_x = |v: f64| LEFT + x.part(v) * (RIGHT - LEFT);
        let at_y = |v: f64| BOTTOM - y.part(v) * (BOTTOM - TOP);
        self.grid(out, (x, &at_x), (y, &at_y));
        self.upright(out, &at_x);
        self.across(out, &at_y);
        for (series, look) in self.series.iter().zip(LOOKS.iter().cycle()) {
            let places: Vec<_> = series.points.iter().map(|p| (at_x(p.0), at_y(p.1))).collect();
            look.line(out, &places);
        }
        self.legend(out);
    }

    /// The levels, each a line across with its word at its right end, over it or, near the top,
    /// under it.
    fn across(&self, out: &mut String, at_y: &dyn Fn(f64) -> f64) {
        for (value, word) in &self.levels {
            let (line, word) = (at_y(*value), escape(word));
            let text = if line < TOP + 20.0 { line + 15.0 } else { line - 5.0 };
            let end = RIGHT - 4.0;
            put(
                out,
                &format!(
                    "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{line:.1}\" y2=\"{line:.1}\" \
                     stroke=\"#000000\" stroke-width=\"1.5\"/>\
                     <text x=\"{end:.1}\" y=\"{text:.1}\" text-anchor=\"end\" font-weight=\"bold\">{word}</text>"
                ),
            );
        }
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
        for (series, look) in self.series.iter().zip(LOOKS.iter().cycle()) {
            look.stroke(out, &[(left, 37.0), (left + 34.0, 37.0)]);
            put(out, &look.sign.drawn(left + 17.0, 37.0, look.colour));
            let (text, name) = (left + 40.0, escape(&series.name));
            put(out, &format!("<text x=\"{text:.1}\" y=\"41\">{name}</text>"));
            let letters = u16::try_from(series.name.chars().count()).unwrap_or(99);
            left += 60.0 + 7.0 * f64::from(letters);
        }
    }
}

impl Look {
    /// A line through places of the picture, with its sign on a few of them.
    fn line(self, out: &mut String, places: &[(f64, f64)]) {
        self.stroke(out, places);
        let step = places.len().div_ceil(SIGNS).max(1);
        for (x, y) in places.iter().skip(step / 2).step_by(step) {
            put(out, &self.sign.drawn(*x, *y, self.colour));
        }
    }

    fn stroke(self, out: &mut String, places: &[(f64, f64)]) {
        let Self { colour, dashes, .. } = self;
        let points: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        put(
            out,
            &format!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
                 stroke-dasharray=\"{dashes}\" points=\"{points}\"/>"
            ),
        );
    }
}

impl Sign {
    fn drawn(self, x: f64, y: f64, colour: &str) -> String {
        let path = |path: &str| {
            format!(
                "<path transform=\"translate({x:.1} {y:.1})\" d=\"{path}\" fill=\"{colour}\" \
                 stroke=\"{colour}\" stroke-width=\"1.5\"/>"
            )
        };
        match self {
            Self::Disc => {
                format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>")
            }
            Self::Ring => format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#ffffff\" stroke=\"{colour}\" \
                 stroke-width=\"2\"/>"
            ),
            Self::Square => path("M-3.5 -3.5H3.5V3.5H-3.5Z"),
            Self::Triangle => path("M0 -4.5L4.5 3.5H-4.5Z"),
            Self::Diamond => path("M0 -5L5 0L0 5L-5 0Z"),
            Self::Cross => path("M-4 -4L4 4M-4 4L4 -4"),
            Self::Bar => path("M0 -5V5"),
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
            levels: vec![(2.1e6, "the cap".to_owned())],
            from_zero: true,
        };
        let svg = chart.svg();
        assert!(svg.contains(">the cap<"));
        assert!(svg.contains("a&lt;b") && svg.contains("t &amp; u") && svg.contains("half"));
        assert!(svg.contains(">1M<") && svg.contains(">2M<") && svg.contains("<polyline"));
        let empty = Chart { series: Vec::new(), ..chart };
        assert!(!empty.svg().contains("NaN"));
    }

    /// F43: what tells lines apart is not their colour alone.
    #[test]
    fn lines_differ_in_more_than_colour_and_small_differences_fill_the_picture() {
        let line =
            |name: &str, y: f64| Series { name: name.to_owned(), points: vec![(0.0, y), (4.0, y)] };
        let chart = Chart {
            title: String::new(),
            x: String::new(),
            y: String::new(),
            series: vec![line("a", 99.0), line("b", 101.0)],
            marks: Vec::new(),
            levels: Vec::new(),
            from_zero: false,
        };
        let svg = chart.svg();
        assert!(
            svg.contains("stroke-dasharray=\"none\"") && svg.contains("stroke-dasharray=\"8 4\"")
        );
        assert!(
            svg.contains("<circle") && svg.contains("<path"),
            "each line has a sign of its own"
        );
        assert!(svg.contains(">99<") && !svg.contains(">0<") || svg.contains(">99.5<"), "{svg}");
        let mut looks: Vec<_> = LOOKS.iter().map(|look| look.dashes).collect();
        looks.sort_unstable();
        looks.dedup();
        assert_eq!(looks.len(), LOOKS.len());
        let two = document(&[chart.clone(), chart]);
        assert_eq!((two.matches("<svg").count(), two.matches("<polyline").count()), (1, 8));
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
