//! Benchmarks of the loop, and side-by-side runs against other implementations.
