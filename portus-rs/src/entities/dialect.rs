//! Where the three databases differ.
