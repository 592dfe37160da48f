//! What leaves the building: the structured report and the objects beside it, held to real validators.

mod overlay;
mod structured_report;
mod support;
