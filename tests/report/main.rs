//! What leaves the building: the structured report and the objects beside it, held to real validators.

mod character_sets;
mod overlay;
mod structured_report;
mod support;
