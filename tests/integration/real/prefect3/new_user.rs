//! The README's blocks that deploy a flow and start a worker. They take a while, so they are not with the others.

use super::readme::follow;
use crate::support::document::Need;

#[test]
fn a_new_user_who_follows_the_readme_runs_a_deployment() {
    let count = need!(follow(Need::Prefect3Worker));
    assert!(count > 5, "there are {count} commands");
}
