//! lanrage-nat
