mod failover;
mod holding;
mod peers;
mod streams;
mod world;
