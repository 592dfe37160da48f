//! The normal distribution, as far as tests and intervals need it.

/// Quantile of 97.5 %: half the width of a 95 % interval in standard errors.
pub const HALF_WIDTH_95: f64 = 1.959_963_984_540_054;

/// The two-sided p-value of a standard normal `z`.
pub fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}
