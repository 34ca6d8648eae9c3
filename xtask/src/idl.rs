//! The interface description (IDL) of the program, assembled from what the framework's macros print.
//!
//! With the feature `idl-build` each macro leaves a test that prints its part between `--- IDL begin <kind> ---` and
//! `--- IDL end <kind> ---`. Here the parts become one JSON in the shape of the IDL specification 0.1.0, everything
//! sorted, so that the committed file changes only when the interface does. The Anchor CLI is not involved: its IDL
//! builder may install Rust toolchains.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value, json};

use crate::console;
use crate::context::Context;

const BEGIN: &str = "--- IDL begin ";
const END: &str = "--- IDL end ";

pub fn path(context: &Context) -> PathBuf {
    context.root.join("idl").join("kzte.json")
}

/// The IDL that the sources describe, as the text of the file.
pub fn generate(context: &Context) -> Result<String> {
    let mut command = context.cargo();
    command
        .args([
            "test",
            "--locked",
            "--ignore-rust-version",
            "--package",
            "kzte",
            "--features",
            "idl-build",
        ])
        .args([
            "--lib",
            "__anchor_private_print_idl",
            "--",
            "--show-output",
            "--quiet",
            "--test-threads=1",
        ]);
    let printed = console::quietly(&mut command, "print the IDL's parts")?;
    let idl = assemble(&printed, env!("CARGO_PKG_VERSION"))?;
    let mut text = serde_json::to_string_pretty(&idl)?;
    text.push('\n');
    Ok(text)
}

pub fn write(context: &Context) -> Result<PathBuf> {
    let text = generate(context)?;
    let path = path(context);
    let folder = path.parent().context("the IDL has no folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

pub fn check(context: &Context) -> Result<()> {
    let path = path(context);
    let Ok(committed) = fs::read_to_string(&path) else {
        bail!("there is no idl/kzte.json: run `cargo xtask idl` and commit the file");
    };
    let current = generate(context)?;
    match first_difference(&committed, &current) {
        None => Ok(()),
        Some((line, was, is)) => bail!(
            "idl/kzte.json is not what the sources say; line {line} is\n    {was}\nand should be\n    {is}\nRun \
             `cargo xtask idl` and commit the file."
        ),
    }
}

/// The parts as printed, in the order in which they were printed.
fn parts(printed: &str) -> Result<Vec<(String, String)>> {
    let mut parts = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in printed.lines() {
        // A test runner may have written on the same line before.
        let marker = |start| line.split_once(start)?.1.strip_suffix(" ---");
        if let Some(kind) = marker(BEGIN) {
            ensure!(
                open.is_none(),
                "the part `{kind}` of the IDL begins inside another one"
            );
            open = Some((kind.to_owned(), String::new()));
        } else if let Some(kind) = marker(END) {
            match open.take() {
                Some(part) if part.0 == kind => parts.push(part),
                _ => bail!("the part `{kind}` of the IDL ends without having begun"),
            }
        } else if let Some((_, text)) = &mut open {
            text.push_str(line);
            text.push('\n');
        }
    }
    match open {
        None => Ok(parts),
        Some((kind, _)) => bail!("the part `{kind}` of the IDL has no end"),
    }
}

/// One IDL from its parts.
fn assemble(printed: &str, version: &str) -> Result<Value> {
    let mut address = None;
    let mut program = None;
    let mut errors = Vec::new();
    let mut events = Vec::new();
    let mut constants = Vec::new();
    let mut types = Named::new("type");
    for (kind, text) in parts(printed)? {
        if kind == "address" {
            address = Some(text.trim().to_owned());
            continue;
        }
        let part: Value =
            serde_json::from_str(&text).with_context(|| format!("the part `{kind}` is not JSON: {text}"))?;
        match kind.as_str() {
            "program" => {
                ensure!(program.is_none(), "the IDL describes two programs");
                program = Some(part);
            }
            "errors" => errors.extend(list(&part)),
            "const" => constants.push(part),
            "event" => {
                events.push(
                    part.get("event")
                        .cloned()
                        .context("an event without its header")?,
                );
                types.add_all(&part)?;
            }
            other => bail!("the framework prints a part that is unknown here: `{other}`"),
        }
    }
    let mut program = program.context(
        "the framework printed no program: is `#[program]` in programs/kzte/src/lib.rs, and the feature `idl-build` \
         in its Cargo.toml?",
    )?;
    types.add_all(&program)?;
    let mut types = types.0;
    let aliases = take_aliases(&mut types);

    let mut idl = Map::new();
    idl.insert(
        "address".into(),
        address
            .filter(|text| !text.is_empty())
            .context("no address")?
            .into(),
    );
    let mut metadata = program
        .get_mut("metadata")
        .map(Value::take)
        .context("the program has no metadata")?;
    // The macro writes a fixed version.
    metadata
        .as_object_mut()
        .context("metadata is not an object")?
        .insert("version".into(), version.into());
    idl.insert("metadata".into(), metadata);
    let sections = [
        ("instructions", sorted(entries(&program, "instructions"))?),
        ("accounts", sorted(entries(&program, "accounts"))?),
        ("events", sorted(events)?),
        ("errors", by_code(errors)?),
        ("types", types.into_values().collect()),
        ("constants", sorted(constants)?),
    ];
    for (name, mut content) in sections {
        content.iter_mut().for_each(|one| replace_aliases(one, &aliases));
        if ["instructions", "accounts", "events"].contains(&name) {
            check_discriminators(name, &content)?;
        }
        if !content.is_empty() || name == "instructions" {
            idl.insert(name.into(), Value::Array(content));
        }
    }
    Ok(Value::Object(idl))
}

/// Entries by name; the same one may come twice, two different ones may not.
struct Named(BTreeMap<String, Value>, &'static str);

impl Named {
    fn new(what: &'static str) -> Named {
        Named(BTreeMap::new(), what)
    }

    fn add(&mut self, one: Value) -> Result<()> {
        let name = name(&one)?.to_owned();
        if let Some(other) = self.0.get(&name) {
            ensure!(
                *other == one,
                "there are two different entries for the {} `{name}`",
                self.1
            );
            return Ok(());
        }
        self.0.insert(name, one);
        Ok(())
    }

    fn add_all(&mut self, part: &Value) -> Result<()> {
        entries(part, "types")
            .into_iter()
            .try_for_each(|one| self.add(one))
    }
}

fn entries(part: &Value, section: &str) -> Vec<Value> {
    part.get(section).map(list).unwrap_or_default()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn name(one: &Value) -> Result<&str> {
    one.get("name")
        .and_then(Value::as_str)
        .with_context(|| format!("an entry without a name: {one}"))
}

fn sorted(list: Vec<Value>) -> Result<Vec<Value>> {
    let mut named = Named::new("name");
    list.into_iter().try_for_each(|one| named.add(one))?;
    Ok(named.0.into_values().collect())
}

fn by_code(list: Vec<Value>) -> Result<Vec<Value>> {
    let mut codes = BTreeMap::new();
    for one in list {
        let code = one
            .get("code")
            .and_then(Value::as_u64)
            .with_context(|| format!("an error without code: {one}"))?;
        if let Some(other) = codes.insert(code, one) {
            bail!("the error code {code} is taken twice; once by {other}");
        }
    }
    Ok(codes.into_values().collect())
}

/// Removes the types that are only another word for a type (`Pod` integers are), which generators of clients reject.
fn take_aliases(types: &mut BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let alias = |one: &Value| -> Option<Value> {
        let body = one.get("type")?;
        (body.get("kind")?.as_str()? == "type").then(|| body.get("alias").cloned())?
    };
    let mut aliases: BTreeMap<String, Value> = types
        .iter()
        .filter_map(|(name, one)| Some((name.clone(), alias(one)?)))
        .collect();
    types.retain(|name, _| !aliases.contains_key(name));
    // An alias of an alias; as many rounds as there are aliases reach every bottom.
    for _ in 0..aliases.len() {
        let known = aliases.clone();
        aliases.values_mut().for_each(|one| replace_aliases(one, &known));
    }
    aliases
}

fn replace_aliases(value: &mut Value, aliases: &BTreeMap<String, Value>) {
    if let Some(target) = value
        .get("defined")
        .and_then(|defined| defined.get("name"))
        .and_then(Value::as_str)
        .and_then(|name| aliases.get(name))
    {
        *value = target.clone();
        return;
    }
    match value {
        Value::Array(list) => list.iter_mut().for_each(|one| replace_aliases(one, aliases)),
        Value::Object(map) => map.values_mut().for_each(|one| replace_aliases(one, aliases)),
        _ => {}
    }
}

/// A discriminator is the first thing a reader looks at: none may be empty or begin like another one.
fn check_discriminators(section: &str, list: &[Value]) -> Result<()> {
    let mut seen: Vec<(&str, &[Value])> = Vec::new();
    for one in list {
        let name = name(one)?;
        let bytes = one
            .get("discriminator")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        ensure!(!bytes.is_empty(), "{section}: `{name}` has no discriminator");
        ensure!(
            bytes.iter().any(|byte| *byte != json!(0)),
            "{section}: the discriminator of `{name}` is all zero"
        );
        for (other, taken) in &seen {
            ensure!(
                !bytes.starts_with(taken) && !taken.starts_with(bytes),
                "{section}: the discriminators of `{name}` and `{other}` begin alike"
            );
        }
        seen.push((name, bytes));
    }
    Ok(())
}

/// The first line in which two texts differ, and what each has there.
fn first_difference(was: &str, is: &str) -> Option<(usize, String, String)> {
    if was == is {
        return None;
    }
    let (mut left, mut right) = (was.lines(), is.lines());
    let shown =
        |line: Option<&str>| line.map_or_else(|| "(nothing)".to_owned(), |line| line.trim().to_owned());
    for number in 1.. {
        let (a, b) = (left.next(), right.next());
        if a != b || a.is_none() {
            return Some((number, shown(a), shown(b)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"
running 4 tests
....
successes:

---- a stdout ----
--- IDL begin address ---
KZTEaddress
--- IDL end address ---

---- b stdout ----
test b ... --- IDL begin program ---
{"address":"","metadata":{"name":"kzte","version":"0.0.0","spec":"0.1.0"},"instructions":[
{"name":"mint","discriminator":[2],"accounts":[],"args":[{"name":"n","type":{"defined":{"name":"Tiyn"}}}]},
{"name":"burn","discriminator":[1],"accounts":[],"args":[]}],
"accounts":[{"name":"Config","discriminator":[9]}],
"types":[{"name":"Config","type":{"kind":"struct","fields":[{"name":"a","type":{"vec":{"defined":{"name":"Tiyn"}}}}]}},
{"name":"Tiyn","type":{"kind":"type","alias":{"defined":{"name":"PodU64"}}}},
{"name":"PodU64","type":{"kind":"type","alias":"u64"}}]}
--- IDL end program ---
---- c stdout ----
--- IDL begin event ---
{"event":{"name":"Minted","discriminator":[7]},"types":[{"name":"Minted","type":{"kind":"struct","fields":[]}},{"name":"PodU64","type":{"kind":"type","alias":"u64"}}]}
--- IDL end event ---
--- IDL begin errors ---
[{"code":6001,"name":"B"},{"code":6000,"name":"A","msg":"no"}]
--- IDL end errors ---
--- IDL begin const ---
{"name":"SEED","type":"bytes","value":"[1]"}
--- IDL end const ---
"#;

    #[test]
    fn parts_become_one_sorted_description() {
        let idl = assemble(PRINTED, "0.1.0").unwrap();
        let keys: Vec<_> = idl.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            keys,
            [
                "address",
                "metadata",
                "instructions",
                "accounts",
                "events",
                "errors",
                "types",
                "constants"
            ]
        );
        assert_eq!(idl["address"], "KZTEaddress");
        assert_eq!(idl["metadata"]["version"], "0.1.0");
        assert_eq!(idl["instructions"][0]["name"], "burn");
        assert_eq!(idl["errors"][0]["code"], 6000);
        assert_eq!(idl["constants"][0]["name"], "SEED");
    }

    #[test]
    fn aliases_give_way_to_what_they_stand_for() {
        let idl = assemble(PRINTED, "0.1.0").unwrap();
        let types: Vec<_> = list(&idl["types"])
            .iter()
            .map(|one| name(one).unwrap().to_owned())
            .collect();
        assert_eq!(types, ["Config", "Minted"]);
        assert_eq!(idl["instructions"][1]["args"][0]["type"], "u64");
        assert_eq!(
            idl["types"][0]["type"]["fields"][0]["type"],
            json!({"vec": "u64"})
        );
    }

    #[test]
    fn the_order_of_printing_does_not_matter() {
        let shuffled = PRINTED.replace(
            "[{\"code\":6001,\"name\":\"B\"},{\"code\":6000,\"name\":\"A\",\"msg\":\"no\"}]",
            "[{\"code\":6000,\"name\":\"A\",\"msg\":\"no\"},{\"code\":6001,\"name\":\"B\"}]",
        );
        assert_ne!(shuffled, PRINTED);
        let text = |printed| serde_json::to_string(&assemble(printed, "1").unwrap()).unwrap();
        assert_eq!(text(&shuffled), text(PRINTED));
    }

    #[test]
    fn contradictions_are_refused() {
        let refused = |from: &str, to: &str| {
            let changed = PRINTED.replacen(from, to, 1);
            assert_ne!(changed, PRINTED, "{from}");
            assemble(&changed, "1").unwrap_err().to_string()
        };
        assert!(refused("\"discriminator\":[2]", "\"discriminator\":[1,2]").contains("begin alike"));
        assert!(refused("\"discriminator\":[9]", "\"discriminator\":[]").contains("no discriminator"));
        assert!(refused("\"discriminator\":[7]", "\"discriminator\":[0]").contains("all zero"));
        assert!(refused("\"code\":6001", "\"code\":6000").contains("taken twice"));
        assert!(
            refused("{\"name\":\"Minted\",\"type\"", "{\"name\":\"Config\",\"type\"")
                .contains("two different")
        );
        assert!(refused("--- IDL end errors ---", "").contains("inside another"));
        assert!(refused("IDL begin const", "IDL begin novelty").contains("without having begun"));
        assert!(refused("KZTEaddress", "").contains("no address"));
        assert!(
            assemble("running 0 tests", "1")
                .unwrap_err()
                .to_string()
                .contains("no program")
        );
    }

    #[test]
    fn a_difference_is_named_by_its_first_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(
            first_difference("a\nb\n", "a\n c\n"),
            Some((2, "b".into(), "c".into()))
        );
        assert_eq!(
            first_difference("a\n", "a\nb\n"),
            Some((2, "(nothing)".into(), "b".into()))
        );
    }
}
