//! Files of features whose classes are known: made, so that a test says what a training must find.

use std::fmt::Write as _;

/// Features that the demo bundle computes; the first two tell the classes, the others are noise.
pub const NAMES: [&str; 6] = [
    "shape_HeightLoss",
    "film_original_firstorder_Median",
    "film_original_glcm_Contrast",
    "film_deep_0000",
    "film_deep_0001",
    "film_deep_0002",
];

/// A small generator (Numerical Recipes' constants) of values between 0 and 1.
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A file of features of `patients` with two bodies each, of three classes: half of them for training, the rest for
/// internal validation. With `shuffled` the classes follow nothing.
pub fn of(patients: usize, shuffled: bool) -> String {
    let mut noise = Noise(3);
    let mut text = format!("path,x0,y0,x1,y1,level,class,set,patient,{}\n", NAMES.join(","));
    for patient in 0..patients {
        let set = if patient % 2 == 0 { "train" } else { "internal" };
        for body in 0..2 {
            let class = (patient / 2 + body) % 3;
            let tells = if shuffled { (noise.next() * 3.0) as usize } else { class };
            let values: Vec<f64> = (0..NAMES.len())
                .map(|j| match j {
                    0 => 10.0 * tells as f64 + 14.0 * noise.next(),
                    1 => 50.0 * f64::from(u8::from(tells == 1)) + 80.0 * noise.next(),
                    _ => noise.next(),
                })
                .collect();
            write!(text, "film{patient}.dcm,1,{},40,{},L{body},{class},{set},p{patient}", 50 * body, 50 * body + 30)
                .unwrap();
            values.iter().for_each(|v| write!(text, ",{v}").unwrap());
            text.push('\n');
        }
    }
    text
}
