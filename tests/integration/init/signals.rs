//! How signals are forwarded to the command.

use std::time::{Duration, Instant};

use nix::libc;

use super::{home, init, probe};
use crate::support::needs::{root, tools};
use crate::support::{Running, is_gone};

fn send(running: &Running, signal: i32) {
    // SAFETY: a process that this test started and has not waited for.
    assert_eq!(unsafe { libc::kill(running.pid().as_raw(), signal) }, 0);
}

/// All signals that a parent can forward.
fn signals() -> impl Iterator<Item = i32> {
    let own = [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD];
    let plain = (1..=31).filter(move |signal| !own.contains(signal));
    plain.chain([libc::SIGRTMIN(), libc::SIGRTMIN() + 3, libc::SIGRTMAX()])
}

#[test]
fn every_signal_is_forwarded_once_and_in_order() {
    need!(tools(&["python3"]));
    let home = home();
    let (mut running, id) = probe(&home, &[], &[]);
    let mut expected = format!("ready {id}\n");
    for signal in signals() {
        send(&running, signal);
        running.wait_for(&format!("\n{signal}\n"));
        expected += &format!("{signal}\n");
    }
    // A signal that was sent twice would have arrived by now.
    send(&running, libc::SIGRTMAX());
    expected += &format!("{}\n", libc::SIGRTMAX());
    running.wait_for(&expected);
    // SAFETY: the probe, whose parent is there.
    unsafe { libc::kill(id, libc::SIGKILL) };
    let outcome = running.finish();
    assert_eq!(outcome.signal(), Some(libc::SIGKILL));
    assert_eq!(outcome.stdout(), expected);
}

#[test]
fn signals_that_arrive_before_the_command_is_started_reach_it() {
    let home = home();
    // A signal between the fork and exec ends pfx's child as it would end pfx.
    for _ in 0..50 {
        let running = init(&home, &[], &["sleep", "300"]).start();
        send(&running, libc::SIGTERM);
        assert_eq!(running.finish().signal(), Some(libc::SIGTERM));
    }
}

#[test]
fn a_queued_value_is_forwarded() {
    need!(tools(&["python3"]));
    let home = home();
    let script = "import signal, os, ctypes
class Info(ctypes.Structure):
    _fields_ = [('head', ctypes.c_int * 6), ('value', ctypes.c_int), ('rest', ctypes.c_char * 96)]
libc, number = ctypes.CDLL(None), signal.SIGRTMIN + 2
signal.pthread_sigmask(signal.SIG_BLOCK, {number})
mask = (ctypes.c_ulong * 16)(1 << (number - 1))
print('ready', flush=True)
info = Info()
libc.sigwaitinfo(mask, ctypes.byref(info))
print(info.value)";
    let mut running = init(&home, &[], &["python3", "-c", script]).start();
    running.wait_until_ready();
    let value = libc::sigval { sival_ptr: 4711 as *mut _ };
    // SAFETY: a process that this test started; the value is a number to both sides.
    unsafe { libc::sigqueue(running.pid().as_raw(), libc::SIGRTMIN() + 2, value) };
    running.finish().assert(0, "ready\n4711\n", "");
}

#[test]
fn signals_are_rewritten_and_suppressed() {
    need!(tools(&["python3"]));
    let home = home();
    let options = ["--rewrite", "TERM=QUIT", "--rewrite", "hup=0", "--rewrite", "10=RTMIN+1"];
    let (mut running, id) = probe(&home, &options, &[]);
    let (rewritten, last) = (libc::SIGRTMIN() + 1, libc::SIGRTMAX());
    let mut expected = format!("ready {id}\n");
    for (signal, received) in [
        (libc::SIGTERM, libc::SIGQUIT),
        (libc::SIGUSR1, rewritten),
        (libc::SIGHUP, 0),
        (last, last),
    ] {
        send(&running, signal);
        if received != 0 {
            expected += &format!("{received}\n");
            running.wait_for(&expected);
        }
    }
    // SAFETY: the probe, whose parent is there.
    unsafe { libc::kill(id, libc::SIGKILL) };
    assert_eq!(running.finish().stdout(), expected);
}

#[test]
fn rewrites_and_the_timeout_can_come_from_variables() {
    let home = home();
    let script = "trap 'echo got QUIT; exit 4' QUIT; echo ready; while :; do sleep 0.01; done";
    let mut running = home
        .run(&[], &["sh", "-c", script])
        .env("PFX_INIT", "1")
        .env("PFX_REWRITE", "TERM=QUIT INT=0")
        .env("PFX_STOP_TIMEOUT", "20")
        .start();
    running.wait_until_ready();
    send(&running, libc::SIGINT);
    send(&running, libc::SIGTERM);
    running.finish().assert(4, "ready\ngot QUIT\n", "");
}

#[test]
fn a_command_that_does_not_end_in_time_is_killed_with_its_group() {
    let home = home();
    let script = "trap '' TERM; sleep 300 & echo \"ready $!\"; wait; wait";
    let mut running = init(&home, &["--stop-timeout", "0.2"], &["sh", "-c", script]).start();
    let grandchild: i32 = running.word_after("ready ").parse().unwrap();
    let start = Instant::now();
    send(&running, libc::SIGTERM);
    let outcome = running.finish();
    assert_eq!(outcome.signal(), Some(libc::SIGKILL), "{outcome:?}");
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
    assert!(is_gone(grandchild), "the group is killed, not the command alone");
}

#[test]
fn the_timeout_starts_with_any_signal_that_stops_the_command() {
    let home = home();
    let script = "trap '' TERM INT QUIT USR1 WINCH; echo ready; while :; do sleep 0.05; done";
    for (signal, rewrite) in [
        (libc::SIGTERM, "HUP=0"),
        (libc::SIGINT, "HUP=0"),
        (libc::SIGQUIT, "HUP=0"),
        (libc::SIGTERM, "TERM=QUIT"),
        (libc::SIGTERM, "TERM=WINCH"),
        (libc::SIGINT, "INT=TERM"),
        (libc::SIGUSR1, "USR1=INT"),
        (libc::SIGRTMIN() + 3, "RTMIN+3=TERM"),
    ] {
        let options = ["--stop-timeout", "0.1", "--rewrite", rewrite];
        let mut running = init(&home, &options, &["sh", "-c", script]).start();
        running.wait_until_ready();
        send(&running, signal);
        assert_eq!(running.finish().signal(), Some(libc::SIGKILL), "{signal}, {rewrite}");
    }
}

#[test]
fn other_signals_do_not_start_the_timeout() {
    let home = home();
    // It takes longer than the timeout.
    let script = "trap 'sleep 0.5; exit 7' HUP USR1; trap '' TERM INT; echo ready; while :; do sleep 0.05; done";
    for (signals, rewrite) in [
        (&[libc::SIGHUP][..], "INT=0"),
        (&[libc::SIGUSR1], "INT=0"),
        (&[libc::SIGWINCH, libc::SIGHUP], "INT=0"),
        // The command does not get it.
        (&[libc::SIGTERM, libc::SIGHUP], "TERM=0"),
    ] {
        let options = ["--stop-timeout", "0.1", "--rewrite", rewrite];
        let mut running = init(&home, &options, &["sh", "-c", script]).start();
        running.wait_until_ready();
        for &signal in signals {
            send(&running, signal);
        }
        running.finish().assert(7, "ready\n", "");
    }
}

/// A shell script that SIGTERM ends, with a program in it that also receives the signal if pfx sends it to the group.
const TREE: &str = "trap 'wait; exit 3' TERM
    sh -c 'trap \"echo child; exit\" TERM; echo ready $$; while :; do sleep 0.05; done' &
    while :; do sleep 0.05; done";

#[test]
fn with_kill_group_signals_reach_the_whole_group() {
    let home = home();
    for option in ["-g", "--kill-group"] {
        let mut running = init(&home, &[option], &["sh", "-c", TREE]).start();
        let child: i32 = running.word_after("ready ").parse().unwrap();
        send(&running, libc::SIGTERM);
        let outcome = running.finish();
        assert_eq!(outcome.code(), Some(3), "{outcome:?}");
        assert_eq!(outcome.stdout(), format!("ready {child}\nchild\n"));
    }
    let mut running = home.run(&["--init"], &["sh", "-c", TREE]).env("PFX_KILL_GROUP", "1").start();
    running.word_after("ready ");
    send(&running, libc::SIGTERM);
    assert_eq!(running.finish().code(), Some(3));
}

#[test]
fn with_kill_group_nothing_of_the_group_survives_the_parent() {
    let home = home();
    let mut running = init(&home, &["-g"], &["sh", "-c", TREE])
        .before(|| {
            nix::unistd::setsid()?;
            Ok(())
        })
        .start();
    let child: i32 = running.word_after("ready ").parse().unwrap();
    // Like `killasgroup` of supervisord.
    // SAFETY: the group of a process that this test started and has not waited for.
    assert_eq!(unsafe { libc::kill(-running.pid().as_raw(), libc::SIGKILL) }, 0);
    // A process that still had the output open would keep this from ending.
    assert_eq!(running.finish().signal(), Some(libc::SIGKILL));
    assert!(is_gone(child));
}

#[test]
fn with_kill_group_a_command_that_changed_its_user_does_not_survive_the_parent() {
    need!(root());
    let home = home();
    let command = ["setpriv", "--reuid", "65534", "--clear-groups", "sh", "-c"];
    let script = "echo ready $$; exec sleep 300";
    let mut running = init(&home, &["-g"], &[&command[..], &[script]].concat()).start();
    let id: i32 = running.word_after("ready ").parse().unwrap();
    send(&running, libc::SIGKILL);
    assert_eq!(running.finish().signal(), Some(libc::SIGKILL));
    assert!(is_gone(id));
}

#[test]
fn with_kill_group_too_processes_that_outlive_the_command_are_left_alone() {
    let home = home();
    let script = "sleep 300 >/dev/null 2>&1 & echo $!; exit 5";
    let outcome = init(&home, &["-g"], &["sh", "-c", script]).outcome();
    assert_eq!(outcome.code(), Some(5));
    let left: i32 = outcome.stdout().trim().parse().unwrap();
    // SAFETY: a process that this test started.
    assert_eq!(unsafe { libc::kill(left, libc::SIGKILL) }, 0, "as with tini");
}

#[test]
fn a_command_that_ends_in_time_is_not_killed() {
    let home = home();
    let script = "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done";
    let mut running = init(&home, &["--stop-timeout", "30"], &["sh", "-c", script]).start();
    running.wait_until_ready();
    send(&running, libc::SIGTERM);
    running.finish().assert(3, "ready\nbye\n", "");
}

#[test]
fn if_pfx_is_killed_the_command_is_killed() {
    need!(tools(&["python3"]));
    let home = home();
    let (running, id) = probe(&home, &[], &[]);
    send(&running, libc::SIGKILL);
    assert_eq!(running.finish().signal(), Some(libc::SIGKILL));
    assert!(is_gone(id));
}

#[test]
fn a_command_may_end_itself_with_a_signal_to_its_parent() {
    // Such as `kill 1` in a script of a container.
    let script = "trap 'exit 6' TERM; kill -TERM $PPID; while :; do sleep 0.01; done";
    init(&home(), &[], &["sh", "-c", script]).outcome().assert(6, "", "");
}

#[test]
fn the_command_inherits_the_signal_mask_and_ignored_signals_of_pfx() {
    let home = home();
    let prepare = || {
        // SAFETY: system calls on sets in this frame.
        unsafe {
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
            libc::signal(libc::SIGCHLD, libc::SIG_IGN);
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            for signal in [libc::SIGTERM, libc::SIGTTIN, libc::SIGRTMIN() + 5] {
                libc::sigaddset(&raw mut set, signal);
            }
            libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
        }
        Ok(())
    };
    let probe = ["grep", "-E", "^(Sig|Shd)(Blk|Ign|Cgt|Pnd)", "/proc/self/status"];
    let bare = home.bare(&probe).before(prepare).outcome();
    assert!(bare.stdout().contains("SigBlk:\t0000"), "{bare:?}");
    init(&home, &[], &probe).before(prepare).outcome().assert(0, &bare.stdout(), "");
}
