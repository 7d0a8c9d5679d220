//! Turns a URL that people confuse with the API URL, such as that of a workspace's web page, into the API URL. Pure.

use std::borrow::Cow;

use crate::error::RemoteFault;

/// The API of Prefect Cloud, and its web pages.
const API: &str = "https://api.prefect.cloud";
const PAGES: [&str; 2] = ["https://app.prefect.cloud", "app.prefect.cloud"];

/// The API URL, and a note if it is not the URL that was given.
///
/// # Errors
/// [`RemoteFault::InvalidUrl`] if it is a web page of Prefect Cloud that does not belong to a workspace.
pub fn api(given: &str) -> Result<(Cow<'_, str>, Option<&'static str>), RemoteFault> {
    let given = given.trim();
    let page = PAGES.iter().find_map(|page| given.strip_prefix(page));
    if let Some(path) = page.filter(|path| path.is_empty() || path.starts_with('/')) {
        let mut account = None;
        let mut workspace = None;
        let mut segments = path.split(['/', '?', '#']);
        while let Some(segment) = segments.next() {
            match segment {
                "account" | "accounts" => account = segments.next().filter(|id| is_id(id)),
                "workspace" | "workspaces" => workspace = segments.next().filter(|id| is_id(id)),
                _ => {}
            }
        }
        let (Some(account), Some(workspace)) = (account, workspace) else {
            return Err(RemoteFault::InvalidUrl {
                problem: "it is a web page of Prefect Cloud that does not belong to a workspace",
            });
        };
        let url = format!("{API}/api/accounts/{account}/workspaces/{workspace}");
        return Ok((
            Cow::Owned(url),
            Some("the URL of a web page; the API URL of its workspace is used instead"),
        ));
    }
    if let Some(path) = given.strip_prefix(API)
        && (path.starts_with("/accounts/") || path.starts_with("/account/"))
    {
        return Ok(corrected(path));
    }
    if let Some(path) = given.strip_prefix("https://api.prefect.cloud/api")
        && path.starts_with("/account/")
    {
        return Ok(corrected(path));
    }
    Ok((Cow::Borrowed(given), None))
}

fn corrected(path: &str) -> (Cow<'_, str>, Option<&'static str>) {
    let path = path.replace("/account/", "/accounts/").replace("/workspace/", "/workspaces/");
    let note = "not the API URL; https://api.prefect.cloud/api/accounts/… is used instead";
    (Cow::Owned(format!("{API}/api{path}")), Some(note))
}

/// Whether a segment may be the ID of an account or a workspace: a UUID or a handle.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_a_workspaces_web_page_becomes_the_api_url() {
        let workspace = "https://api.prefect.cloud/api/accounts/a-1/workspaces/w-2";
        for given in [
            "https://app.prefect.cloud/account/a-1/workspace/w-2",
            "https://app.prefect.cloud/account/a-1/workspace/w-2/dashboard?x=y#z",
            "app.prefect.cloud/account/a-1/workspace/w-2",
            "https://api.prefect.cloud/accounts/a-1/workspaces/w-2",
            "https://api.prefect.cloud/api/account/a-1/workspace/w-2",
        ] {
            let (url, note) = api(given).unwrap();
            assert_eq!((url.as_ref(), note.is_some()), (workspace, true), "{given}");
        }
    }

    #[test]
    fn every_other_url_is_unchanged() {
        for given in [
            "https://api.prefect.cloud/api/accounts/a-1/workspaces/w-2",
            "http://127.0.0.1:4200/api",
            "https://app.prefect.cloud.evil.example/account/a/workspace/w",
            "",
        ] {
            let (url, note) = api(given).unwrap();
            assert_eq!((url.as_ref(), note), (given, None));
        }
        assert!(api("https://app.prefect.cloud/auth/login").is_err());
    }
}
