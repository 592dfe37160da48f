//! DIMSE: DICOM over the network.
