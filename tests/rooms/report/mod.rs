//! What leaves the building: the structured report and the objects beside it, held to real validators.

mod character_sets;
mod judges;
mod key_object;
mod matrix;
mod overlay;
mod presentation_state;
mod property;
mod requests;
mod same_uid;
mod structured_report;
mod versions;
