//! Prefect 2 and 3, against the real servers: what the real client writes pfx reads, and the other way round.

mod access;
mod composite;
mod copy;
mod faults;
mod home;
mod http;
mod manual;
mod new_user;
mod old;
mod place;
mod python;
mod reading;
mod readme;
mod server;
mod worker;
mod writing;
