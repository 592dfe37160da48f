//! Gaussian smoothing and its second derivative along lines, by recursion: the cost does not grow
//! with the width of the Gaussian.
//!
//! Deriche, Recursively implementing the Gaussian and its derivatives (INRIA 1893, 1993), fourth
//! order, with the constants of Farnebäck and Westin, Improving Deriche-style recursive Gaussian
//! filters (J Math Imaging Vis 26, 2006), as ITK's `RecursiveGaussianImageFilter` has them: a line
//! goes on beyond its ends with the value of its last pixel.

/// Lines that are filtered side by side, so that vector instructions apply.
pub(super) const LINES: usize = 4;

/// Pixels before and behind a line that its filter looks at.
pub(super) const MARGIN: usize = 4;

/// One pixel of each of the lines.
pub(super) type Lines = [f64; LINES];

/// What a line is filtered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// The Gaussian, area 1.
    Gaussian,
    /// Its second derivative, of which 1/2 x² gives 1, times the square of the width in mm.
    SecondDerivative,
}

/// One of the two damped oscillations whose sum approximates the kernel: amplitudes of cosine and
/// sine, frequency and damping a width.
#[derive(Clone, Copy)]
struct Oscillation {
    cosine: f64,
    sine: f64,
    frequency: f64,
    damping: f64,
}

fn oscillations(kernel: Kernel) -> [Oscillation; 2] {
    let [first, second] = match kernel {
        Kernel::Gaussian => [(1.3530, 1.8151), (-0.3531, 0.0902)],
        Kernel::SecondDerivative => [(-1.3563, 5.2318), (0.3446, -2.2355)],
    };
    [
        Oscillation { cosine: first.0, sine: first.1, frequency: 0.6681, damping: -1.3932 },
        Oscillation { cosine: second.0, sine: second.1, frequency: 2.0787, damping: -1.3732 },
    ]
}

/// A filter for lines of one pixel size: the sum of a recursion forwards,
/// y[n] = sum of forward[k] x[n-k] - sum of feedback[k] y[n-1-k], and one backwards.
#[derive(Debug)]
pub(super) struct Recursion {
    forward: [f64; 4],
    backward: [f64; 4],
    feedback: [f64; 4],
}

impl Recursion {
    /// The filter for a Gaussian of width `sigma_mm` on pixels `pixel_mm` apart.
    pub fn new(kernel: Kernel, sigma_mm: f64, pixel_mm: f64) -> Self {
        let sigma = sigma_mm / pixel_mm;
        let denominator = denominator(sigma);
        let numerator = match kernel {
            Kernel::Gaussian => {
                let numerator = numerator(Kernel::Gaussian, sigma);
                let area = 2.0 * sum(&numerator) / sum(&denominator) - numerator[0];
                numerator.map(|term| term / area)
            }
            Kernel::SecondDerivative => second_derivative(sigma, &denominator).map(|term| term * sigma_mm * sigma_mm),
        };
        let [_, feedback @ ..] = denominator;
        let first = numerator[0];
        // The kernel is even: backwards it is the same but for the pixel itself.
        let mut backward = feedback.map(|term| -term * first);
        backward.iter_mut().zip(&numerator[1..]).for_each(|(backward, forward)| *backward += forward);
        Self { forward: numerator, backward, feedback }
    }

    /// Filters lines in place. They lie between two margins of [`MARGIN`] pixels, which are filled
    /// here; `scratch` keeps its memory from call to call.
    pub fn apply(&self, lines: &mut Vec<Lines>, scratch: &mut Scratch) {
        let Some(count) = lines.len().checked_sub(2 * MARGIN).filter(|count| *count > 0) else { return };
        let (first, last) = (lines[MARGIN], lines[MARGIN + count - 1]);
        lines[..MARGIN].fill(first);
        lines[MARGIN + count..].fill(last);
        let settled = |weights: &[f64; 4], edge: Lines| {
            let gain = sum(weights) / (1.0 + sum(&self.feedback));
            edge.map(|value| value * gain)
        };
        let Scratch { forward, backward } = scratch;
        forward.resize(lines.len(), first);
        backward.resize(lines.len(), last);

        forward[..MARGIN].fill(settled(&self.forward, first));
        for here in MARGIN..MARGIN + count {
            let inputs = [&lines[here], &lines[here - 1], &lines[here - 2], &lines[here - 3]];
            let outputs = [&forward[here - 1], &forward[here - 2], &forward[here - 3], &forward[here - 4]];
            forward[here] = self.step(&self.forward, inputs, outputs);
        }
        backward[MARGIN + count..].fill(settled(&self.backward, last));
        for here in (MARGIN..MARGIN + count).rev() {
            let inputs = [&lines[here + 1], &lines[here + 2], &lines[here + 3], &lines[here + 4]];
            let outputs = [&backward[here + 1], &backward[here + 2], &backward[here + 3], &backward[here + 4]];
            backward[here] = self.step(&self.backward, inputs, outputs);
            forward[here].iter_mut().zip(&backward[here]).for_each(|(sum, backward)| *sum += backward);
        }
        std::mem::swap(lines, forward);
    }

    /// The next output from the inputs and outputs closest to it, nearest first.
    #[inline]
    fn step(&self, weights: &[f64; 4], inputs: [&Lines; 4], outputs: [&Lines; 4]) -> Lines {
        let mut result = [0.0; LINES];
        for lane in 0..LINES {
            let input = (weights[0] * inputs[0][lane] + weights[1] * inputs[1][lane])
                + (weights[2] * inputs[2][lane] + weights[3] * inputs[3][lane]);
            let output = (self.feedback[1] * outputs[1][lane] + self.feedback[2] * outputs[2][lane])
                + self.feedback[3] * outputs[3][lane];
            result[lane] = (input - output) - self.feedback[0] * outputs[0][lane];
        }
        result
    }
}

/// What a filter remembers of its two recursions.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    forward: Vec<Lines>,
    backward: Vec<Lines>,
}

fn sum(terms: &[f64]) -> f64 {
    terms.iter().sum()
}

/// 1 and the four feedback terms: the product of both oscillations' denominators.
fn denominator(sigma: f64) -> [f64; 5] {
    let [a, b] = oscillations(Kernel::Gaussian).map(|of| {
        let decay = (of.damping / sigma).exp();
        [-2.0 * decay * (of.frequency / sigma).cos(), decay * decay]
    });
    [1.0, a[0] + b[0], a[1] + a[0] * b[0] + b[1], a[0] * b[1] + a[1] * b[0], a[1] * b[1]]
}

/// The forward terms: the sum of both oscillations over the common denominator.
fn numerator(kernel: Kernel, sigma: f64) -> [f64; 4] {
    let parts = oscillations(kernel).map(|of| {
        let decay = (of.damping / sigma).exp();
        let (sine, cosine) = (of.frequency / sigma).sin_cos();
        let zeros = [of.cosine, decay * (of.sine * sine - of.cosine * cosine)];
        let poles = [-2.0 * decay * cosine, decay * decay];
        (zeros, poles)
    });
    let product = |zeros: [f64; 2], poles: [f64; 2]| {
        [zeros[0], zeros[1] + zeros[0] * poles[0], zeros[0] * poles[1] + zeros[1] * poles[0], zeros[1] * poles[1]]
    };
    let [(first_zeros, first_poles), (second_zeros, second_poles)] = parts;
    let (one, other) = (product(first_zeros, second_poles), product(second_zeros, first_poles));
    [one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]]
}

/// The forward terms of the second derivative, such that a constant gives 0 and x² / 2 gives 1.
fn second_derivative(sigma: f64, denominator: &[f64; 5]) -> [f64; 4] {
    let moment = |terms: &[f64], power: i32| -> f64 {
        terms.iter().enumerate().map(|(index, term)| (index as f64).powi(power) * term).sum()
    };
    let [d0, d1, d2] = [0, 1, 2].map(|power| moment(denominator, power));
    let area = |numerator: &[f64; 4]| 2.0 * sum(numerator) - d0 * numerator[0];

    let (smooth, curved) = (numerator(Kernel::Gaussian, sigma), numerator(Kernel::SecondDerivative, sigma));
    let share = -area(&curved) / area(&smooth);
    let mut numerator = curved;
    numerator.iter_mut().zip(smooth).for_each(|(term, smooth)| *term += share * smooth);

    let [n0, n1, n2] = [0, 1, 2].map(|power| moment(&numerator, power));
    let curvature = (n2 * d0 * d0 - d2 * n0 * d0 - 2.0 * n1 * d1 * d0 + 2.0 * d1 * d1 * n0) / (d0 * d0 * d0);
    numerator.map(|term| term / curvature)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(kernel: Kernel, line: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut lines: Vec<Lines> = (-204..=204).map(|index| [line(f64::from(index) * 0.5); LINES]).collect();
        Recursion::new(kernel, 3.0, 0.5).apply(&mut lines, &mut Scratch::default());
        lines[MARGIN..MARGIN + 401].iter().map(|lines| lines[3]).collect()
    }

    #[test]
    fn a_constant_stays_and_has_no_curvature() {
        assert!(filtered(Kernel::Gaussian, |_| 5.0).iter().all(|value| (value - 5.0).abs() < 1e-6));
        assert!(filtered(Kernel::SecondDerivative, |_| 5.0).iter().all(|value| value.abs() < 1e-6));
    }

    #[test]
    fn a_peak_becomes_a_gaussian() {
        let peak = filtered(Kernel::Gaussian, |x| f64::from(x == 0.0));
        let height = 0.5 / (3.0 * std::f64::consts::TAU.sqrt());
        for (index, value) in peak.iter().enumerate().skip(150).take(100) {
            let x = (index as f64 - 200.0) * 0.5;
            // The approximation is good to some 2.5e-3 of the peak.
            assert!((value - height * (-x * x / 18.0).exp()).abs() < 3e-3 * height, "{x}: {value}");
        }
    }

    #[test]
    fn a_parabola_has_its_curvature() {
        // x² in mm, 0.25 n² in pixels: the second difference is 0.5 a pixel, times 3² mm².
        let curved = filtered(Kernel::SecondDerivative, |x| x * x);
        assert!(curved[150..250].iter().all(|value| (value - 4.5).abs() < 1e-3), "{:?}", &curved[195..205]);
    }
}
