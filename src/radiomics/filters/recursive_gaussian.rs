//! A Gaussian and its second derivative as recursive filters: the time does not depend on the width.
//!
//! Source: G. Farnebäck, C.-F. Westin, "Improving Deriche-style recursive Gaussian filters", J. Math.
//! Imaging Vis. 26 (2006) 293-299, fourth order, with the parameters that ITK's
//! `RecursiveGaussianImageFilter` has: for n >= 0 the kernel is
//! `Σ (a cos(ωn/s) + b sin(ωn/s)) exp(λn/s)` over two terms, s the width in pixels; for n < 0 it is
//! its mirror image. Either side is one recursion, and the line goes on beyond its ends unchanged.

use std::array;
use std::ops::Range;

use multiversion::multiversion;

/// Lines filtered side by side: a recursion waits for itself, but not for its neighbours.
pub(super) const LANES: usize = 4;
/// One pixel of each of the lines.
pub(super) type Lanes = [f64; LANES];

const ORDER: usize = 4;
/// Steps between two looks at how small the answers have become.
const STEPS_BETWEEN_FLUSHES: usize = 16;
/// Below this an answer is zero: far below 32-bit pixels, far above the numbers whose smallness
/// makes a processor slow.
const NEGLIGIBLE: f64 = 1e-100;

/// A damped oscillation: (ω, λ), and (a, b) for the Gaussian and for its second derivative.
struct Term {
    frequency: f64,
    decay: f64,
    gaussian: [f64; 2],
    second_derivative: [f64; 2],
}

const TERMS: [Term; 2] = [
    Term { frequency: 0.6681, decay: -1.3932, gaussian: [1.3530, 1.8151], second_derivative: [-1.3563, 5.2318] },
    Term { frequency: 2.0787, decay: -1.3732, gaussian: [-0.3531, 0.0902], second_derivative: [0.3446, -2.2355] },
];

impl Term {
    /// The z transform of one side: numerator for the amplitudes `[a, b]`, and denominator.
    fn transform(&self, width: f64, [a, b]: [f64; 2]) -> ([f64; 2], [f64; 3]) {
        let (sine, cosine) = (self.frequency / width).sin_cos();
        let decay = (self.decay / width).exp();
        ([a, decay * (b * sine - a * cosine)], [1.0, -2.0 * decay * cosine, decay * decay])
    }
}

/// The filter of a line.
#[derive(Debug)]
pub(super) struct RecursiveGaussian {
    /// Weights of a pixel and the three before it.
    causal: [f64; ORDER],
    /// Weights of the four pixels after one.
    anticausal: [f64; ORDER],
    /// Weights of the last four answers, the latest first.
    feedback: [f64; ORDER],
}

impl RecursiveGaussian {
    /// The Gaussian of a width in pixels; a constant stays what it is.
    pub fn smoothing(width: f64) -> Self {
        let (numerator, denominator) = one_side(width, |term| term.gaussian);
        let gain = both_sides(&numerator, &denominator);
        Self::new(numerator.map(|weight| weight / gain), denominator)
    }

    /// The Gaussian's second derivative, times `scale`; a straight line becomes 0, and n²/2 becomes
    /// `scale`.
    pub fn second_derivative(width: f64, scale: f64) -> Self {
        let (gaussian, denominator) = one_side(width, |term| term.gaussian);
        let (derivative, _) = one_side(width, |term| term.second_derivative);
        let share = both_sides(&derivative, &denominator) / both_sides(&gaussian, &denominator);
        let numerator: [f64; ORDER] = array::from_fn(|k| derivative[k] - share * gaussian[k]);
        let curvature = second_moment(&numerator, &denominator);
        Self::new(numerator.map(|weight| weight * scale / curvature), denominator)
    }

    fn new(causal: [f64; ORDER], denominator: [f64; ORDER + 1]) -> Self {
        let feedback: [f64; ORDER] = array::from_fn(|k| denominator[k + 1]);
        // The other side without the pixel itself: N - n₀D, moved by one.
        let later = |k: usize| causal.get(k + 1).copied().unwrap_or(0.0);
        let anticausal = array::from_fn(|k| later(k) - feedback[k] * causal[0]);
        Self { causal, anticausal, feedback }
    }

    /// Filters `line` into `filtered`, a buffer of the same length, of which only the pixels `kept`
    /// mean anything afterwards.
    pub fn filter(&self, line: &[Lanes], kept: Range<usize>, filtered: &mut [Lanes]) {
        filter(self, line, kept, filtered);
    }
}

/// [`RecursiveGaussian::filter`], whose lines side by side are one vector where the processor has AVX2.
#[multiversion(targets("x86_64+avx2"))]
fn filter(gaussian: &RecursiveGaussian, line: &[Lanes], kept: Range<usize>, filtered: &mut [Lanes]) {
    let (Some(&first), Some(&last)) = (line.first(), line.last()) else { return };

    let mut recursion = Recursion::settled(gaussian.causal, gaussian.feedback, first);
    let steps = line[..kept.end].chunks(STEPS_BETWEEN_FLUSHES);
    for (pixels, answers) in steps.zip(filtered.chunks_mut(STEPS_BETWEEN_FLUSHES)) {
        for (pixel, answer) in pixels.iter().zip(answers) {
            recursion.see(*pixel);
            *answer = recursion.answer();
        }
        recursion.flush();
    }

    let mut recursion = Recursion::settled(gaussian.anticausal, gaussian.feedback, last);
    let steps = line[kept.start..].rchunks(STEPS_BETWEEN_FLUSHES);
    for (pixels, answers) in steps.zip(filtered[kept.start..].rchunks_mut(STEPS_BETWEEN_FLUSHES)) {
        for (pixel, answer) in pixels.iter().zip(answers).rev() {
            let after = recursion.answer();
            recursion.see(*pixel);
            *answer = array::from_fn(|lane| answer[lane] + after[lane]);
        }
        recursion.flush();
    }
}

/// One side's numerator and denominator of both terms together.
fn one_side(width: f64, amplitudes: impl Fn(&Term) -> [f64; 2]) -> ([f64; ORDER], [f64; ORDER + 1]) {
    let [(upper1, lower1), (upper2, lower2)] =
        [&TERMS[0], &TERMS[1]].map(|term| term.transform(width, amplitudes(term)));
    let (mut numerator, mut denominator) = ([0.0; ORDER], [0.0; ORDER + 1]);
    for i in 0..2 {
        for j in 0..3 {
            numerator[i + j] += upper1[i] * lower2[j] + upper2[i] * lower1[j];
        }
    }
    for i in 0..3 {
        for j in 0..3 {
            denominator[i + j] += lower1[i] * lower2[j];
        }
    }
    (numerator, denominator)
}

/// Sum of the kernel over all n: one side twice, but its first value once.
fn both_sides(numerator: &[f64; ORDER], denominator: &[f64; ORDER + 1]) -> f64 {
    2.0 * moment(numerator, 0) / moment(denominator, 0) - numerator[0]
}

/// Sum of n² times one side of the kernel: the second derivative of N/D by the logarithm of z.
fn second_moment(numerator: &[f64; ORDER], denominator: &[f64; ORDER + 1]) -> f64 {
    let [n0, n1, n2] = [0, 1, 2].map(|power| moment(numerator, power));
    let [d0, d1, d2] = [0, 1, 2].map(|power| moment(denominator, power));
    (n2 - (2.0 * n1 * d1 + n0 * d2) / d0 + 2.0 * n0 * d1 * d1 / (d0 * d0)) / d0
}

fn moment(weights: &[f64], power: i32) -> f64 {
    weights.iter().enumerate().map(|(k, weight)| (k as f64).powi(power) * weight).sum()
}

/// One side at work: the last pixels and answers, the latest first.
struct Recursion {
    weights: [f64; ORDER],
    feedback: [f64; ORDER],
    pixels: [Lanes; ORDER],
    answers: [Lanes; ORDER],
}

impl Recursion {
    /// As if `edge` had been all there was for ever.
    fn settled(weights: [f64; ORDER], feedback: [f64; ORDER], edge: Lanes) -> Self {
        let gain = weights.iter().sum::<f64>() / (1.0 + feedback.iter().sum::<f64>());
        Self { weights, feedback, pixels: [edge; ORDER], answers: [edge.map(|pixel| pixel * gain); ORDER] }
    }

    #[inline(always)]
    fn see(&mut self, pixel: Lanes) {
        let [a, b, c, _] = self.pixels;
        self.pixels = [pixel, a, b, c];
    }

    #[inline(always)]
    fn answer(&mut self) -> Lanes {
        let ([w0, w1, w2, w3], [f0, f1, f2, f3]) = (self.weights, self.feedback);
        let ([x0, x1, x2, x3], [y0, y1, y2, y3]) = (self.pixels, self.answers);
        // The latest answer last, so that the rest need not wait for it.
        let answer = array::from_fn(|lane| {
            let seen = (w0 * x0[lane] + w1 * x1[lane]) + (w2 * x2[lane] + w3 * x3[lane]);
            seen - (f3 * y3[lane] + f2 * y2[lane]) - f1 * y1[lane] - f0 * y0[lane]
        });
        self.answers = [answer, y0, y1, y2];
        answer
    }

    /// Ends the long decay after the last pixel that is not zero.
    fn flush(&mut self) {
        for answer in self.answers.as_flattened_mut() {
            if answer.abs() < NEGLIGIBLE {
                *answer = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(filter: &RecursiveGaussian, line: &[f64]) -> Vec<f64> {
        let line: Vec<Lanes> = line.iter().map(|&pixel| [pixel; LANES]).collect();
        let mut filtered = vec![[f64::NAN; LANES]; line.len()];
        filter.filter(&line, 0..line.len(), &mut filtered);
        filtered.iter().map(|lanes| lanes[LANES - 1]).collect()
    }

    #[test]
    fn a_constant_keeps_its_value_and_has_no_curvature() {
        for width in [0.3, 1.0, 7.0, 40.0] {
            let line = [100.0; 50];
            for value in filtered(&RecursiveGaussian::smoothing(width), &line) {
                assert!((value - 100.0).abs() < 1e-6, "width {width}: {value}");
            }
            for value in filtered(&RecursiveGaussian::second_derivative(width, width * width), &line) {
                assert!(value.abs() < 1e-6, "width {width}: {value}");
            }
        }
    }

    #[test]
    fn an_impulse_becomes_a_gaussian() {
        let mut line = [0.0; 201];
        line[100] = 1.0;
        let width = 8.0;
        let kernel = filtered(&RecursiveGaussian::smoothing(width), &line);
        let curvature = filtered(&RecursiveGaussian::second_derivative(width, 1.0), &line);
        let peak = 1.0 / (width * std::f64::consts::TAU.sqrt());
        for (index, (kernel, curvature)) in kernel.iter().zip(curvature).enumerate() {
            let t = (index as f64 - 100.0) / width;
            let gaussian = peak * (-0.5 * t * t).exp();
            assert!((kernel - gaussian).abs() < 3e-3 * peak, "{index}: {kernel}, Gaussian {gaussian}");
            let second = (t * t - 1.0) * gaussian;
            let curvature = curvature * width * width;
            assert!((curvature - second).abs() < 2e-2 * peak, "{index}: {curvature}, exact {second}");
        }
    }

    #[test]
    fn a_parabola_has_its_curvature_far_from_the_ends() {
        let line: Vec<f64> = (0..401).map(|n| 0.5 * f64::from(n - 200).powi(2)).collect();
        let curvature = filtered(&RecursiveGaussian::second_derivative(5.0, 3.0), &line);
        assert!((curvature[200] - 3.0).abs() < 1e-6, "{}", curvature[200]);
    }

    #[test]
    fn a_decay_ends_in_zero_before_numbers_get_slow() {
        let mut line = [0.0; 1000];
        line[0] = 1.0;
        let tail = filtered(&RecursiveGaussian::smoothing(0.8), &line);
        assert!(tail.iter().all(|value| *value == 0.0 || value.is_normal()));
        assert_eq!(tail[999], 0.0);
    }
}
