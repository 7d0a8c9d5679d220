//! The members of a group, from /etc/group and /etc/passwd (group(5), passwd(5)).
//!
//! pfx reads the files itself instead of calling getgrgid(3), for the reason that `home` gives.

/// Whether a group has no members except these users, and so is private to them: many distributions give each user a
/// group of their own, so that a umask of 002 shares nothing. This follows Debian's OpenSSH (user-group-modes.patch):
/// a group that is not in the files, or that has no members, is not private.
pub fn has_only(gid: u32, users: &[u32]) -> bool {
    match (std::fs::read("/etc/group"), std::fs::read("/etc/passwd")) {
        (Ok(groups), Ok(accounts)) => has_only_in(&groups, &accounts, gid, users),
        _ => false,
    }
}

fn has_only_in(groups: &[u8], accounts: &[u8], gid: u32, users: &[u32]) -> bool {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u32>().ok();
    let accounts: Vec<(&[u8], Option<u32>, Option<u32>)> = lines(accounts)
        .filter_map(|line| {
            let [name, _, uid, gid, ..] = line.as_slice() else { return None };
            Some((*name, number(uid), number(gid)))
        })
        .collect();
    let is_one_of = |uid: Option<u32>| uid.is_some_and(|uid| users.contains(&uid));
    let mut members = accounts.iter().filter(|(.., primary)| *primary == Some(gid)).peekable();
    let has_primary = members.peek().is_some();
    if !members.all(|(_, uid, _)| is_one_of(*uid)) {
        return false;
    }
    let (mut is_known, mut has_listed) = (false, false);
    for line in lines(groups) {
        let [_, _, id, listed, ..] = line.as_slice() else { continue };
        if number(id) != Some(gid) {
            continue;
        }
        is_known = true;
        for name in listed.split(|&byte| byte == b',').filter(|name| !name.is_empty()) {
            has_listed = true;
            let mut named = accounts.iter().filter(|(other, ..)| *other == name).peekable();
            if named.peek().is_none() || !named.all(|(_, uid, _)| is_one_of(*uid)) {
                return false;
            }
        }
    }
    is_known && (has_primary || has_listed)
}

fn lines(database: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    database.split(|&byte| byte == b'\n').map(|line| line.split(|&byte| byte == b':').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &[u8] = b"root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n\
        ben:x:1001:1001::/home/ben:/bin/sh\ncat:x:1002:1000::/:/bin/sh\ndan:x:1003:1003::/:/bin/sh\n+::::::\n";

    fn is_private(groups: &str, gid: u32, users: &[u32]) -> bool {
        has_only_in(groups.as_bytes(), ACCOUNTS, gid, users)
    }

    #[test]
    fn a_group_is_private_if_its_only_member_is_the_user() {
        assert!(is_private("ben:x:1001:\n", 1001, &[1001]));
        assert!(is_private("ben:x:1001:ben\n", 1001, &[1001]));
        assert!(is_private("team:x:50:ben\n", 50, &[1001]));
        assert!(is_private("team:x:50:ben,dan\n", 50, &[1001, 1003]));
    }

    #[test]
    fn a_group_with_another_member_is_not_private() {
        // In its list of members, as another account's primary group, or in a second line with the same number.
        assert!(!is_private("ben:x:1001:dan\n", 1001, &[1001]));
        assert!(!is_private("ben:x:1001:ben,dan\n", 1001, &[1001]));
        assert!(!is_private("ben:x:1001:nobody_knows\n", 1001, &[1001]));
        assert!(!is_private("ann:x:1000:\n", 1000, &[1000]));
        assert!(!is_private("ben:x:1001:\nalias:x:1001:dan\n", 1001, &[1001]));
    }

    #[test]
    fn an_unknown_or_empty_group_is_not_private() {
        assert!(!is_private("", 1001, &[1001]));
        assert!(!is_private("empty:x:60:\n", 60, &[1001]));
        assert!(!is_private("ben:x:nonsense:\n:::\n\n", 1001, &[1001]));
    }
}
