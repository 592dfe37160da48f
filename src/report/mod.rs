//! Report: findings as DICOM.
