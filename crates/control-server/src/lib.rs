//! lanrage-control-server
