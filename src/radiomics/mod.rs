//! Radiomics: features of a region.
