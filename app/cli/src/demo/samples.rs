//! The sample statements: templates whose placeholders become the addresses of this run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::failure::{Failure, Result};

/// Writes a sample with every placeholder replaced into `folder`; returns where.
///
/// `resolve` gives the text for a placeholder's kind and name: `wallet`, `tulpar-market`.
pub fn fill(
    samples: &Path,
    name: &str,
    folder: &Path,
    resolve: &dyn Fn(&str, &str) -> Option<String>,
) -> Result<PathBuf> {
    let source = samples.join(name);
    let template = fs::read_to_string(&source).map_err(|error| Failure::file(&source, &error))?;
    let target = folder.join(name);
    let text = replace(&template, resolve)
        .map_err(|placeholder| Failure::input(format!("{name}: nothing stands for {placeholder}"), ""))?;
    fs::write(&target, text).map_err(|error| Failure::file(&target, &error))?;
    Ok(target)
}

/// Replaces `{kind:name}` in a text; an error is the placeholder that nothing stands for.
fn replace(template: &str, resolve: &dyn Fn(&str, &str) -> Option<String>) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let placeholder = after
            .split_once('}')
            .and_then(|(inner, tail)| Some((inner.split_once(':')?, inner, tail)));
        text.push_str(before);
        match placeholder {
            Some(((kind, name), inner, tail)) => {
                text.push_str(&resolve(kind, name).ok_or_else(|| format!("{{{inner}}}"))?);
                rest = tail;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_other_braces_kept() {
        let resolve = |kind: &str, name: &str| (kind == "wallet").then(|| name.to_uppercase());
        assert_eq!(
            replace("a {wallet:x} b {wallet:y}{", &resolve),
            Ok("a X b Y{".to_owned())
        );
        assert_eq!(replace("a {b} c", &resolve), Ok("a {b} c".to_owned()));
        assert_eq!(
            replace("{redemption:R}", &resolve),
            Err("{redemption:R}".to_owned())
        );
    }
}
