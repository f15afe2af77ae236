//! docs/architecture.md, "Layers", against every path in `src/`: dependencies point down only, and in no circle.
mod modules;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use modules::{Mention, Name, Source};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Read once for all tests.
fn source() -> &'static Source {
    static SOURCE: OnceLock<Source> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let source = Source::read(&root().join("src"));
        assert!(source.mentions.len() > 3000, "the walk has seen {} paths alone", source.mentions.len());
        source
    })
}

#[test]
fn every_module_is_in_one_layer() {
    let source = source();
    let there: BTreeSet<&str> = source.children(&[]).map(|name| name[0].as_str()).collect();
    let layers = table::layers(root());
    let named: Vec<&str> = layers.iter().flat_map(|layer| &layer.modules).map(String::as_str).collect();
    assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), there, "the table, and src/");
    assert_eq!(named.len(), there.len(), "each once: {named:?}");
}

#[test]
fn dependencies_point_down_only() {
    let source = source();
    let layers = table::layers(root());
    let level = |module: &str| layers.iter().position(|layer| layer.modules.iter().any(|one| one == module));
    let mut wrong = Vec::new();
    for mention in source.mentions.iter().filter(|mention| !mention.is_foreign && !mention.from.is_empty()) {
        let (from, target) = (&mention.from[0], source.target(&mention.path));
        let Some(to) = target.first().filter(|to| *to != from) else { continue };
        if level(from) >= level(to) {
            wrong.push(format!("{}: `{from}` names `{to}`, which is not below it", mention.place));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_layer_names_what_it_knows_nothing_of() {
    let source = source();
    let mut wrong = Vec::new();
    for layer in table::layers(root()) {
        let of_layer = |mention: &&Mention| mention.from.first().is_some_and(|from| layer.modules.contains(from));
        for mention in source.mentions.iter().filter(of_layer) {
            let target = if mention.is_foreign { mention.path.clone() } else { source.target(&mention.path) };
            if let Some(name) = target.first().filter(|name| layer.knows_nothing_of.contains(name)) {
                wrong.push(format!("{}: `{}` names `{name}`", mention.place, mention.from[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The module of `folder` in which `name` lies; the folder itself is its `mod.rs`.
fn part(folder: &[String], name: &[String]) -> Option<Name> {
    name.starts_with(folder).then(|| name[..name.len().min(folder.len() + 1)].to_vec())
}

#[test]
fn no_folder_has_modules_in_a_circle() {
    let source = source();
    let mut wrong = Vec::new();
    for folder in source.folders() {
        let mut edges: BTreeMap<Name, BTreeMap<Name, &str>> = BTreeMap::new();
        for mention in source.mentions.iter().filter(|mention| !mention.is_foreign) {
            // A folder that passes on what its modules have does not stand on them.
            if mention.is_passed_on && mention.from == *folder {
                continue;
            }
            let (Some(from), Some(to)) = (part(folder, &mention.from), part(folder, &source.target(&mention.path)))
            else {
                continue;
            };
            if from != to {
                edges.entry(from).or_default().entry(to).or_insert(&mention.place);
            }
        }
        wrong.extend(circles(&edges));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The shortest circle through each module that is in one, told once.
fn circles(edges: &BTreeMap<Name, BTreeMap<Name, &str>>) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for start in edges.keys() {
        let Some(circle) = circle(edges, start) else { continue };
        let members: BTreeSet<&Name> = circle.iter().collect();
        if seen.insert(members.into_iter().cloned().collect::<Vec<_>>()) {
            let arrows = circle.iter().zip(circle.iter().cycle().skip(1));
            let lines =
                arrows.map(|(from, to)| format!("{} -> {} ({})", from.join("::"), to.join("::"), edges[from][to]));
            told.insert(format!("a circle: {}", lines.collect::<Vec<_>>().join(", ")));
        }
    }
    told
}

/// The shortest way from `start` back to it.
fn circle(edges: &BTreeMap<Name, BTreeMap<Name, &str>>, start: &Name) -> Option<Vec<Name>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in edges.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push([way.as_slice(), std::slice::from_ref(next)].concat());
                }
            }
        }
        ways = longer;
    }
    None
}
