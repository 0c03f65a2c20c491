mod failover;
mod holding;
mod peers;
mod redirects;
mod refusals;
mod streams;
mod world;
