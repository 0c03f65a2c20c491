//! What several parts say together.

mod overlap;
