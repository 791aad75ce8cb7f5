//! Whether people can read one color on another: WCAG 2.2, success criterion 1.4.3, in whole numbers.

/// A color by its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Color([u8; 3]);

const BLACK: Color = Color([0, 0, 0]);
const WHITE: Color = Color([255, 255, 255]);

/// Linear light of each value of an sRGB channel (IEC 61966-2-1), in ten-thousandths.
const LINEAR: [u16; 256] = [
    0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 37, 40, 44, 48, 52, 56, 60, 65, 70, 75, 80, 86, 91, 97, 103, 110, 116,
    123, 130, 137, 144, 152, 160, 168, 176, 185, 194, 203, 212, 222, 232, 242, 252, 262, 273, 284, 296, 307, 319, 331,
    343, 356, 369, 382, 395, 409, 423, 437, 452, 467, 482, 497, 513, 529, 545, 561, 578, 595, 612, 630, 648, 666, 685,
    704, 723, 742, 762, 782, 802, 823, 844, 865, 887, 908, 931, 953, 976, 999, 1_022, 1_046, 1_070, 1_095, 1_119,
    1_144, 1_170, 1_195, 1_221, 1_248, 1_274, 1_301, 1_329, 1_356, 1_384, 1_413, 1_441, 1_470, 1_500, 1_529, 1_559,
    1_590, 1_620, 1_651, 1_683, 1_714, 1_746, 1_779, 1_812, 1_845, 1_878, 1_912, 1_946, 1_981, 2_016, 2_051, 2_086,
    2_122, 2_159, 2_195, 2_232, 2_270, 2_307, 2_346, 2_384, 2_423, 2_462, 2_502, 2_542, 2_582, 2_623, 2_664, 2_705,
    2_747, 2_789, 2_831, 2_874, 2_918, 2_961, 3_005, 3_050, 3_095, 3_140, 3_185, 3_231, 3_278, 3_325, 3_372, 3_419,
    3_467, 3_515, 3_564, 3_613, 3_663, 3_712, 3_763, 3_813, 3_864, 3_916, 3_968, 4_020, 4_072, 4_125, 4_179, 4_233,
    4_287, 4_342, 4_397, 4_452, 4_508, 4_564, 4_621, 4_678, 4_735, 4_793, 4_851, 4_910, 4_969, 5_029, 5_089, 5_149,
    5_210, 5_271, 5_333, 5_395, 5_457, 5_520, 5_583, 5_647, 5_711, 5_776, 5_841, 5_906, 5_972, 6_038, 6_105, 6_172,
    6_240, 6_308, 6_376, 6_445, 6_514, 6_584, 6_654, 6_724, 6_795, 6_867, 6_939, 7_011, 7_084, 7_157, 7_231, 7_305,
    7_379, 7_454, 7_529, 7_605, 7_682, 7_758, 7_835, 7_913, 7_991, 8_070, 8_148, 8_228, 8_308, 8_388, 8_469, 8_550,
    8_632, 8_714, 8_796, 8_879, 8_963, 9_047, 9_131, 9_216, 9_301, 9_387, 9_473, 9_560, 9_647, 9_734, 9_823, 9_911,
    10_000,
];

impl Color {
    /// Reads `#rrggbb`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// As style sheets write it.
    pub(super) fn css(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Relative luminance in hundred-millionths.
    fn luminance(self) -> u64 {
        let [red, green, blue] = self.0.map(|part| LINEAR.get(usize::from(part)).copied().map_or(0, u64::from));
        2_126 * red + 7_152 * green + 722 * blue
    }

    /// Whether small text of the other color can be read on it: 4.5 to 1.
    pub(super) fn carries(self, text: Self) -> bool {
        let (one, other) = (self.luminance() + 5_000_000, text.luminance() + 5_000_000);
        one.max(other) * 10 >= one.min(other) * 45
    }

    /// The wanted color for text on it when people can read that, else black or white: one of both always can be.
    pub(super) fn text(self, wanted: Self) -> Self {
        [wanted, WHITE, BLACK].into_iter().find(|text| self.carries(*text)).unwrap_or(BLACK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).expect("a color")
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        // 4.54 and 4.48 to 1: the lightest gray that passes on white, and the next one.
        assert!(WHITE.carries(color("#767676")) && !WHITE.carries(color("#777777")));
        assert!(color("#0b5cad").carries(WHITE) && !color("#ffd400").carries(WHITE));
    }

    #[test]
    fn text_on_any_color_can_be_read() {
        for red in (0..=255).step_by(17) {
            for green in (0..=255).step_by(17) {
                for blue in (0..=255).step_by(17) {
                    let ground = Color([red, green, blue]);
                    assert!(ground.carries(ground.text(ground)), "{ground:?}");
                }
            }
        }
        assert_eq!(
            color("#0b5cad").text(color("#ffeecc")),
            color("#ffeecc"),
            "the merchant's own where it can be read"
        );
    }

    /// The colors of all pages as their style sheet names them, by day and by night.
    fn scheme(line: &str) -> impl Fn(&str) -> Color {
        let named = |name: &str| {
            let rest = line.split(&format!("--{name}: ")).nth(1)?;
            let digits: String = rest.strip_prefix('#')?.chars().take_while(char::is_ascii_hexdigit).collect();
            let short = digits.len() == 3;
            Color::parse(&format!("#{}", if short { digits.chars().flat_map(|at| [at, at]).collect() } else { digits }))
        };
        let names = ["page", "card", "ink", "muted", "edge", "link", "bad", "bad-ground", "good"];
        let known: Vec<(&str, Color)> = names.map(|name| (name, named(name).expect(name))).into();
        move |name| known.iter().find(|(known, _)| *known == name).expect("a color").1
    }

    #[test]
    fn the_colors_of_all_pages_can_be_read() {
        let base = include_str!("templates/base.html");
        let mut schemes = 0;
        for line in base.lines().filter(|line| line.contains("--page: #")) {
            let of = scheme(line);
            for (ground, text) in [
                ("page", "ink"),
                ("page", "muted"),
                ("page", "link"),
                ("card", "ink"),
                ("card", "muted"),
                ("card", "link"),
                ("card", "good"),
                ("bad-ground", "ink"),
                // What is marked, for those who chose it: the ticks of a scale.
                ("ink", "card"),
            ] {
                assert!(of(ground).carries(of(text)), "{text} on {ground} (1.4.3)");
            }
            // Borders of fields and the ring of the focus: 3 to 1 (1.4.11).
            for (ground, part) in
                [("card", "edge"), ("page", "edge"), ("card", "link"), ("page", "link"), ("card", "bad")]
            {
                let (one, other) = (of(ground).luminance() + 5_000_000, of(part).luminance() + 5_000_000);
                assert!(one.max(other) >= one.min(other) * 3, "{part} on {ground} (1.4.11)");
            }
            schemes += 1;
        }
        assert_eq!(schemes, 2, "day and night");
    }

    #[test]
    fn what_is_no_color_is_refused() {
        for text in ["", "#12", "0b5cad0", "#0b5ca;", "red;}*{", "#ああ"] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
        assert_eq!(color("#0B5CAD").css(), "#0b5cad");
    }
}
