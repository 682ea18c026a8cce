//! TCP echo.
#![forbid(unsafe_code)]
