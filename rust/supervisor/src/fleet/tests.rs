//! Scenarios with stepped time; no process is started.

mod books;
mod boot;
mod booted;
mod demands;
mod random;
mod reload;
mod replacement;
mod rest;
mod scene;
mod shutdown;
mod size;
mod trust;
