//! lanrage-tunnel
