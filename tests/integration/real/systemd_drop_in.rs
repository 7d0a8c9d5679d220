//! Exports for systemd, read back by systemd.

use std::path::Path;

use crate::export::values::texts;
use crate::export::{assert_read, export, holding, variables};
use crate::support::needs::{namespaces, tools};
use crate::support::{Home, lasting};

/// Starts a systemd as process 1 of its own namespaces, which starts a service with this drop-in. Returns the environment
/// of the service.
fn started_by_systemd(home: &Home, drop_in: &Path) -> Vec<u8> {
    let unit = "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/usr/bin/env -0\n\
                StandardOutput=file:/run/out/environment\nExecStopPost=/usr/bin/touch /run/out/done\n";
    home.write("x.service", unit);
    home.write("x.target", "[Unit]\nDefaultDependencies=no\nRequires=x.service\nAfter=x.service\n");
    home.write("out/file", "");
    let script = "mount --make-rprivate /; mount --make-rshared /\n\
        home=$1 dropin=$2\n\
        mount -t tmpfs tmpfs /run\n\
        mkdir -p /run/systemd/system/x.service.d /run/out\n\
        cp \"$home/x.service\" \"$home/x.target\" /run/systemd/system/\n\
        cp \"$dropin\" /run/systemd/system/x.service.d/pfx.conf\n\
        mount --bind \"$home/out\" /run/out\n\
        mount -t tmpfs tmpfs /tmp; mount -t tmpfs tmpfs /var/tmp\n\
        exec /lib/systemd/systemd --system --unit=x.target";
    let home_path = home.path().to_str().unwrap();
    let drop_in = drop_in.to_str().unwrap();
    let mut unshare = std::process::Command::new("unshare");
    unshare
        .args([
            "--fork", "--pid", "--mount", "--mount-proc", "--kill-child", "sh", "-ec", script, "sh",
        ])
        .args([home_path, drop_in])
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("container", "pfx-test")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut systemd = lasting::spawn_for_thread(&mut unshare).expect("unshare is installed");
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !home.join("out/done").exists() && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    systemd.kill().unwrap();
    systemd.wait().unwrap();
    std::fs::read(home.join("out/environment")).expect("systemd started the service")
}

#[test]
fn systemd_reads_any_text_from_a_drop_in() {
    need!(namespaces());
    need!(tools(&["systemctl"]));
    let values = texts();
    let home = holding(&values);
    let outcome =
        export(&home, "systemd", &["--all", "--output", "exported", "--unset", "PATH_OF_NONE"]);
    outcome.assert(0, "", "");
    let drop_in = home.join("exported");
    let text = std::fs::read_to_string(&drop_in).unwrap();
    assert!(text.contains("\n#   LoadCredentialEncrypted=V0\n"), "{text}");
    assert!(text.contains("\nUnsetEnvironment=PATH_OF_NONE\n"), "{text}");
    assert_read(&variables(&started_by_systemd(&home, &drop_in)), &values);
}
