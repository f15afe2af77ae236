//! How tools use the served sandbox: lines to be copied into a shell.

use serde_json::{Map, Value, json};

use crate::outcome::sandbox::{SCHEMA, Serving};
use crate::values::{shell_word, without_bytes};

/// For people.
pub(super) fn text(serving: &Serving) -> String {
    let mut text = format!("serving the sandbox at {} (Ctrl-C ends it)\n", serving.url);
    if serving.allow_remote {
        text.push_str("warning: other machines can reach it, and anyone with the secrets below can use it\n");
        if serving.has_certificate {
            text.push_str(&format!(
                "warning: its certificate is for this machine: on another one, use ssh -L {0}:localhost:{0} and the same lines\n",
                serving.port
            ));
        }
    }
    for tool in &serving.tools {
        text.push_str(&format!("\n# {}\n", tool.about));
        for (name, value) in &tool.environment {
            text.push_str(&format!("export {name}={}\n", shell_word(value)));
        }
        for command in &tool.commands {
            text.push_str(&format!("{command}\n"));
        }
        if !tool.then.is_empty() {
            text.push_str(&format!("{}\n", tool.then));
        }
    }
    text
}

/// For scripts.
pub(super) fn object(serving: &Serving) -> Value {
    let environment = |variables: &[(&'static str, String)]| -> Value {
        let all = variables.iter().map(|(name, value)| ((*name).to_owned(), Value::from(without_bytes(value))));
        Value::Object(all.collect())
    };
    // What is only told why it cannot use it is for people.
    let usable = serving.tools.iter().filter(|tool| !tool.environment.is_empty() || !tool.commands.is_empty());
    let tools = usable.map(|tool| {
        let commands: Vec<&String> = tool.commands.iter().filter(|command| !command.starts_with('#')).collect();
        (tool.name.to_owned(), json!({"environment": environment(&tool.environment), "commands": commands}))
    });
    json!({
        "schema": SCHEMA,
        "url": serving.url,
        "environment": environment(&serving.environment),
        "tools": tools.collect::<Map<_, _>>(),
    })
}
