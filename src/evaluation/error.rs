//! Why a study is not evaluated.

/// What is wrong with what came in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// One class cannot be told from another.
    #[error("{0} class(es): a classifier needs two or more; correct [[class]] of the bundle")]
    Classes(usize),
    /// Two classes of one code.
    #[error("class {0} is there twice; give each [[class]] of the bundle its own code")]
    ClassTwice(String),
    /// Nothing to say anything of.
    #[error("bundle {0} was tried on no set; give it bodies with known classes")]
    NoSets(String),
    /// Two sets of one name.
    #[error("bundle {bundle} was tried on set {set} twice; merge the two or rename one")]
    SetTwice {
        /// Name and version.
        bundle: String,
        /// The set.
        set: String,
    },
    /// A set that no figure can be computed of.
    #[error("bundle {bundle}, set {set}: {reason}; correct the file of features or the bundle")]
    Set {
        /// Name and version.
        bundle: String,
        /// The set.
        set: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Coefficients that are not those of the classes.
    #[error("bundle {bundle}: feature {feature} has not {classes} finite coefficients; correct the bundle")]
    Feature {
        /// Name and version.
        bundle: String,
        /// The feature.
        feature: String,
        /// How many there must be.
        classes: usize,
    },
    /// Two bundles that were not tried on the same bodies.
    #[error(
        "bundles {bundle} and {against} cannot be compared on set {set}: {reason}; try both on the same bodies in the same order"
    )]
    OtherBodies {
        /// Name and version of the first.
        bundle: String,
        /// Name and version of the second.
        against: String,
        /// The set.
        set: String,
        /// What differs.
        reason: String,
    },
    /// A record of the training that contradicts itself.
    #[error("the record of the LASSO path cannot be used: {0}; train the bundle again")]
    Path(String),
}
