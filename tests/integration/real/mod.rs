//! Tests with real servers and clients of Prefect, systemd, containers and packages. They are slow, and
//! need what `tests/run.sh` sets up. `cargo test real::` runs them alone, `cargo test -- --skip real::` all others.

mod container;
mod install;
mod package;
mod plug_ins;
mod podman_env_file;
mod prefect1;
mod prefect3;
mod side_by_side;
mod systemd;
mod systemd_drop_in;
