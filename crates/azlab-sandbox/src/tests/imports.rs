//! Which module imports which: read from the source, so that no circle grows wider than one provider or one service.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// Where modules may import each other in a circle: within one folder below these, or within one of those.
const EACH_BELOW: [&str; 2] = ["providers", "services"];
const AS_A_WHOLE: [&str; 2] = ["scenario", "serve"];

/// A module's path in the crate: `["arm", "call"]`.
type Module = Vec<String>;

/// The modules of the crate, each with its file; tests are left out.
fn modules() -> BTreeMap<Module, PathBuf> {
    fn walk(folder: &Path, module: &[String], found: &mut BTreeMap<Module, PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if stem == "tests" || stem.ends_with("_tests") {
                continue;
            }
            if path.is_dir() {
                walk(&path, &[module, &[stem]].concat(), found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let is_folder = stem == "mod" || stem == "lib";
                let module = if is_folder { module.to_vec() } else { [module, &[stem]].concat() };
                found.insert(module, path);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[], &mut found);
    found
}

/// Collects what a file imports, by `use` or by a path in its code.
struct Imports<'a> {
    modules: &'a BTreeMap<Module, PathBuf>,
    /// The module that is being read, with the inline ones around the place.
    module: Module,
    found: BTreeSet<Module>,
}

impl Imports<'_> {
    /// Notes the module that a path leads to: the longest beginning of it that is one.
    fn note(&mut self, path: &[String]) {
        let mut absolute = self.module.clone();
        let mut rest = path.iter();
        let Some(first) = rest.next() else { return };
        match first.as_str() {
            "crate" => absolute.clear(),
            "self" => {}
            "super" => drop(absolute.pop()),
            child => {
                absolute.push(child.to_owned());
                // Neither a crate nor a name that was imported, which is noted where it was.
                if !self.modules.contains_key(&absolute) {
                    return;
                }
            }
        }
        for segment in rest {
            match segment.as_str() {
                "super" => drop(absolute.pop()),
                _ => absolute.push(segment.clone()),
            }
        }
        while !self.modules.contains_key(&absolute) {
            absolute.pop();
        }
        self.found.insert(absolute);
    }

    fn note_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.note_tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.note_tree(tree, before)),
            syn::UseTree::Name(name) if name.ident == "self" => self.note(before),
            syn::UseTree::Name(name) => self.note(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.note(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.note(before),
        }
    }

    /// The paths within a macro's tokens.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.note(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.note(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.note_tokens(group.stream());
                    }
                }
            }
        }
        self.note(&path);
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.note(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _visibility: &'ast syn::Visibility) {}

    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        self.note_tokens(one.tokens.clone());
    }
}

/// The imports of every module.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let modules = modules();
    let read = |(module, path): (&Module, &PathBuf)| {
        let file = syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut imports = Imports { modules: &modules, module: module.clone(), found: BTreeSet::new() };
        imports.visit_file(&file);
        imports.found.remove(module);
        (module.clone(), imports.found)
    };
    modules.iter().map(read).collect()
}

/// All modules that a module imports, also by way of others.
fn reached<'a>(imports: &'a BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> BTreeSet<&'a Module> {
    let (mut found, mut open) = (BTreeSet::new(), imports.get_key_value(from).into_iter().collect::<Vec<_>>());
    while let Some((_, next)) = open.pop() {
        open.extend(next.iter().filter(|it| found.insert(*it)).filter_map(|it| imports.get_key_value(it)));
    }
    found
}

/// The folder within which a module may be part of a circle.
fn territory(module: &Module) -> Option<&[String]> {
    let top = module.first()?.as_str();
    if EACH_BELOW.contains(&top) && module.len() > 1 {
        return module.get(..2);
    }
    AS_A_WHOLE.contains(&top).then(|| &module[..1])
}

#[test]
fn no_circle_of_imports_is_wider_than_one_provider_or_one_service() {
    let imports = imports();
    assert!(imports.len() > 80 && imports.values().map(BTreeSet::len).sum::<usize>() > 400, "too few are read");
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|module| (module, reached(&imports, module))).collect();
    let mut circles = Vec::new();
    for (module, others) in &reached {
        for other in others.iter().filter(|other| reached[*other].contains(module)) {
            if territory(module).is_none() || territory(module) != territory(other) {
                circles.push(format!("{} and {}", module.join("::"), other.join("::")));
            }
        }
    }
    assert!(circles.is_empty(), "these import each other, by way of others:\n{}", circles.join("\n"));
}

#[test]
fn nothing_below_resource_manager_knows_a_provider_by_name() {
    // Resource Manager's own parts are asked for by name; whatever else it wants, it asks the list.
    let own = [("arm", ["authorization", "policy", "resources"].as_slice()), ("faults", &[]), ("state", &[])];
    for (module, imported) in imports() {
        let Some((_, known)) = own.iter().find(|(folder, _)| module.first().is_some_and(|top| top == folder)) else {
            continue;
        };
        for other in imported.iter().filter(|other| other.first().is_some_and(|top| top == "providers")) {
            let name = other.get(1).map_or("", String::as_str);
            assert!(known.contains(&name), "{} imports {}", module.join("::"), other.join("::"));
        }
    }
}
