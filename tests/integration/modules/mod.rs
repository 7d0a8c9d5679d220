//! Tests of modules through their public interface, without a process: a text or a list in, a value or an error out.

mod dotenv;
mod plan;
mod project;
mod resolve;
