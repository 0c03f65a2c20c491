//! lanrage-migrations
