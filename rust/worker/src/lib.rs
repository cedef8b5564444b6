//! The processes that run PHP: the template, the workers it forks, and `php` on the command line.
//!
//! # Responsibility
//! Starts the engine, forks workers on command and reaps them; takes requests from the exchange,
//! runs the worker script or a script per request, and sends back what PHP produces.
//! # Not here
//! When to fork, recycle or give up (`supervisor`), slots and rings (`exchange`), the engine's
//! own life (`php`).
//! # Invariants
//! No thread is ever started, so forking is safe at any request boundary. Nothing that main or
//! PHP says is trusted to be well-formed. A worker ends with its template, a template with main.
//! # Testing
//! Unit tests for what needs no engine; the processes themselves in the end-to-end tests.

mod booting;
mod children;
mod clock;
mod command_line;
mod control;
mod desk;
mod fork;
mod household;
mod idle;
mod ini;
mod limits;
mod nursery;
mod progress;
mod report;
mod run;
mod template;
mod trace;
mod uploads;
mod variables;

pub use command_line::php_cli;
pub use report::{EngineReport, php_version, report_main};
pub use template::template_main;
