//! A simulated network: under way.
