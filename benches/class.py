#!/usr/bin/env python3
"""What the commands on a class take, each beside its bound (`bound_s`), with their own CPU time and memory.

Usage: benches/class.py [path to a release build of azlab] [--labs N ...] [--quick] [--markdown FILE]
The sandbox runs in process, at 60 service seconds a real one, so its cost is in here too, and whatever else this machine does
is in the times. On a clock of its own: cargo run --release --example class -- --labs N
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEED = "60"
# How far above its bound each command may be (issue 13).
PROVISION, REST = 1.05, 1.1
# The classes on which all commands are measured.
WHOLE = [300, 1000]
# As many labs as a subscription takes, by its resource groups, go into one; more are spread over four.
MOST_IN_ONE, MANY = 490, 4


def run(binary, arguments, directory):
    """Runs azlab; returns (result object, CPU seconds, peak MB)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "AZLAB_"))}
    environment["AZLAB_SANDBOX_DIR"] = directory
    child = subprocess.Popen([binary, *arguments], env=environment, cwd=directory, stdout=subprocess.PIPE)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"azlab {' '.join(arguments)} ended with status {os.waitstatus_to_exitcode(status)}")
    result = json.loads(out) if out.startswith(b"{") else None
    return result, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(binary, labs, commands):
    """One row for each command, on a fresh sandbox."""
    subscriptions = 1 if labs <= MOST_IN_ONE else MANY
    with tempfile.TemporaryDirectory() as directory:
        scenario = ROOT.joinpath("benches/class.toml").read_text()
        file = f'version = 1\n\n[[labs]]\nname = "seat-{{n:03}}"\ncount = {labs}\n'
        names = [f"{n:08}-0000-4000-8000-000000000000" for n in range(1, subscriptions + 1)]
        quota = scenario.split("[settings.quota]\n")[1]
        if subscriptions > 1:
            for name in names:
                scenario += f'\n[[settings.subscriptions]]\nid = "{name}"\nname = "{name}"\n[settings.subscriptions.quota]\n{quota}'
                most = -(-labs // subscriptions)
                file += f'\n[[placement]]\nsubscription = "{name}"\nlocations = ["westeurope"]\nmax_labs = {most}\n'
        pathlib.Path(directory, "scenario.toml").write_text(scenario)
        pathlib.Path(directory, "azlab.toml").write_text(file)
        run(binary, ["sandbox", "scenario", "scenario.toml", "--fresh"], directory)
        for command in commands:
            arguments = [*command.split(), "--sandbox", "--sandbox-speed", SPEED, "-o", "json", "--progress", "none"]
            result, cpu, peak = run(binary, arguments, directory)
            yield labs, command, result, cpu, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", nargs="?", default=str(ROOT / "target/release/azlab"))
    parser.add_argument("--labs", type=int, nargs="+", default=[30, 100, 490], help="classes that are provisioned")
    parser.add_argument("--quick", action="store_true", help="without all commands on whole classes")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    whole = ["provision --all", "status", "provision --all --dry-run", "provision --all", "verify --all", "teardown --all --yes"]
    rows = [row for labs in options.labs for row in measure(options.binary, labs, ["provision --all"])]
    if not options.quick:
        for labs in WHOLE:
            rows += measure(options.binary, labs, whole)
    lines = [
        "| labs | command | service seconds | bound | ratio | reads | writes | deletes | throttled | CPU s | peak MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    missed = []
    for labs, command, result, cpu, peak in rows:
        elapsed, bound, requests = result["elapsed_s"], result["bound_s"], result["requests"]
        counts = " | ".join(str(requests[name]) for name in ("reads", "writes", "deletes", "throttled"))
        lines.append(f"| {labs} | {command} | {elapsed:.1f} | {bound:.1f} | {elapsed / bound:.2f} | {counts} | {cpu:.1f} | {peak:.0f} |")
        is_fresh = command == "provision --all" and requests["writes"] > 0
        if elapsed > (PROVISION if is_fresh else REST) * bound or requests["throttled"]:
            missed.append(f"{command} of {labs}")
    print("\n".join(lines))
    if options.markdown:
        pathlib.Path(options.markdown).write_text("\n".join(lines) + "\n")
    if missed:
        sys.exit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
