//! README.md, CONTRIBUTING.md and docs/ name files, folders, recipes and examples that exist.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file and folder of the repository, by its path from the root; what git and cargo make is left out.
fn inventory() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    collect(root(), &mut all);
    all
}

fn collect(folder: &Path, all: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let short = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        if [".git", "target"].contains(&short.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, all);
        }
        all.insert(short);
    }
}

fn pages() -> Vec<PathBuf> {
    let below = |folder: &str| {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "md"))
    };
    let top = ["README.md", "CONTRIBUTING.md"].map(|name| root().join(name));
    let mut pages: Vec<PathBuf> = top.into_iter().chain(below("docs")).chain(below("docs/guides")).collect();
    pages.sort();
    pages
}

/// What stands in backquotes in the prose of a page, each with its line; blocks of code are none.
fn quoted(page: &str) -> Vec<(usize, &str)> {
    let mut is_code = false;
    let mut found = Vec::new();
    for (at, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            found.extend(line.split('`').skip(1).step_by(2).map(|text| (at + 1, text)));
        }
    }
    found
}

/// Whether a quoted text names something of this repository: a source file or a page, or a path below one of its folders.
fn is_path(text: &str, folders: &BTreeSet<String>) -> bool {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "_-./".contains(one);
    let first = text.split('/').next().unwrap_or_default();
    let end = text.rsplit('.').next().unwrap_or_default();
    let is_below = text.contains('/') && folders.contains(first);
    let is_file = text.contains('.') && ["rs", "md", "sh", "py", "patch"].contains(&end);
    text.chars().all(is_plain) && !text.starts_with(['/', '.', '-']) && (is_below || is_file)
}

/// Whether one of the repository's paths is `text`, or ends with it.
fn exists(all: &BTreeSet<String>, text: &str) -> bool {
    let text = text.trim_end_matches('/');
    all.contains(text) || all.iter().any(|path| path.ends_with(&format!("/{text}")))
}

#[test]
fn every_path_in_backquotes_on_a_page_exists() {
    let all = inventory();
    let of = |folder: &str| {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap());
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    let named = |folder: &String| !["target", ".git"].contains(&folder.as_str());
    let folders: BTreeSet<String> = of(".").filter(named).chain(of("src")).collect();
    let (mut count, mut missing) = (0, Vec::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (line, path) in quoted(&text).into_iter().filter(|(_, text)| is_path(text, &folders)) {
            count += 1;
            // A page tells of files that a step makes; they are marked as new.
            let is_new = text.lines().nth(line - 1).is_some_and(|line| line.contains(&format!("`{path}` (new)")));
            if !is_new && !exists(&all, path) {
                missing.push(format!("{}:{line}: {path}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(count > 100, "{count} paths are few");
    assert!(missing.is_empty(), "these do not exist:\n{}", missing.join("\n"));
}

#[test]
fn every_link_on_a_page_leads_to_a_file() {
    let (mut count, mut missing) = (0, Vec::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            count += 1;
            let file = target.split('#').next().unwrap_or_default();
            if !page.parent().unwrap().join(file).exists() {
                missing.push(format!("{}: {target}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(count > 10, "{count} links are few");
    assert!(missing.is_empty(), "these lead nowhere:\n{}", missing.join("\n"));
}

/// The word behind each `before` in a text.
fn words_after<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let is_word = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_';
    let rests = text.split(before).skip(1);
    rests
        .map(|rest| &rest[..rest.find(|one| !is_word(one)).unwrap_or(rest.len())])
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn every_recipe_example_and_package_that_a_page_runs_exists() {
    let recipes = fs::read_to_string(root().join("justfile")).unwrap();
    let is_recipe = |name: &str| {
        recipes.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([':', ' '])))
    };
    let is_example = |name: &str| {
        let homes = ["examples", "crates/azlab-sandbox/examples"];
        homes.iter().any(|home| root().join(home).join(format!("{name}.rs")).exists())
    };
    let is_package = |name: &str| name == "azlab" || root().join("crates").join(name).exists();
    let (mut count, mut missing) = (0, Vec::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let mut judge = |what: &str, before: &str, exists: &dyn Fn(&str) -> bool| {
            for name in words_after(&text, before) {
                count += 1;
                if !exists(name) {
                    missing.push(format!("{}: the {what} {name}", page.strip_prefix(root()).unwrap().display()));
                }
            }
        };
        judge("recipe", "`just ", &is_recipe);
        judge("recipe", "\njust ", &is_recipe);
        judge("example", "--example ", &is_example);
        judge("package", "cargo test -p ", &is_package);
    }
    assert!(count > 10, "{count} commands are few");
    assert!(missing.is_empty(), "these do not exist:\n{}", missing.join("\n"));
}
