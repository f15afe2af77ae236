#!/usr/bin/env python3
"""What azlab app costs, each measurement beside its bound, from one run on one machine.

Usage: benches/app.py [path to a release build of azlab] [--kubernetes PROGRAM] [--markdown FILE]
PROGRAM is what tests/kubernetes/install builds; without it (or AZLAB_KUBERNETES) the rows of a real API server are left out. Times
are azlab's own: --no-wait leaves the Pods aside. A class of 40 is deployed onto 40 embedded API servers in azlab's own process,
whose work is in here too, at the service's own speed, so that their latencies count as they are.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Issue 15.
DEPLOY_S, DEPLOY_CPU_S, CLASS_S = 3.0, 0.3, 10.0
CLASS = 40
TIMES = 5


def environment(directory, speed):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "AZLAB_"))}
    return {**clean, "AZLAB_SANDBOX_DIR": directory, "AZLAB_SANDBOX_SPEED": str(speed)}


def run(binary, arguments, directory, speed):
    """Runs azlab in the sandbox of a directory; returns (result object, wall seconds, CPU seconds, peak MB)."""
    command = [binary, *arguments, "--sandbox", "-o", "json", "--progress", "none"]
    began = time.monotonic()
    child = subprocess.Popen(
        command, env=environment(directory, speed), cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    if status:
        sys.exit(f"azlab {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}: {out.decode()[:2000]}")
    return json.loads(out), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def actions(result):
    """How often each action stands in a result."""
    counts = {}
    for lab in result["labs"]:
        for one in lab["app"].get("objects", []):
            counts[one["action"]] = counts.get(one["action"], 0) + 1
    return counts


def expect(result, want):
    if actions(result) != want:
        sys.exit(f"expected {want}, not {actions(result)}")


def on_a_real_server(binary, program):
    """(first deploys, second deploys), each a list of runs."""
    first, second = [], []
    with tempfile.TemporaryDirectory() as directory:
        run(binary, ["provision"], directory, 2000)
        serve = [binary, "sandbox", "serve", "--http", "--listen", "127.0.0.1:0", "-o", "json", "--kubernetes", program]
        server = subprocess.Popen(
            serve, env=environment(directory, 600), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            server.stdout.readline()
            # Starts the control plane, which is no part of what is measured.
            run(binary, ["app", "status"], directory, 600)
            for _ in range(TIMES):
                first.append(run(binary, ["app", "deploy", "--no-wait"], directory, 600))
                expect(first[-1][0], {"created": 19})
                run(binary, ["app", "deploy"], directory, 600)
                second.append(run(binary, ["app", "deploy", "--no-wait"], directory, 600))
                expect(second[-1][0], {"unchanged": 19})
                run(binary, ["app", "remove"], directory, 600)
        finally:
            server.terminate()
            server.wait()
    return first, second


def on_a_class(binary):
    """A deploy of the store demo for each lab of a class at once."""
    with tempfile.TemporaryDirectory() as directory:
        labs = ", ".join(f'"lab{number}"' for number in range(1, CLASS + 1))
        pathlib.Path(directory, "azlab.toml").write_text(f"version = 1\nlabs = [{labs}]\n")
        scenario = str(ROOT / "benches/class.toml")
        subprocess.run(
            [binary, "sandbox", "scenario", scenario], env=environment(directory, 60), stdout=subprocess.DEVNULL, check=True)
        run(binary, ["provision", "--all"], directory, 2000)
        deployed = run(binary, ["app", "deploy", "--all", "--no-wait"], directory, 1)
        expect(deployed[0], {"created": CLASS * 19})
        return deployed


def main():
    arguments = sys.argv[1:]
    taken = {}
    for option in ("--kubernetes", "--markdown"):
        if option in arguments:
            at = arguments.index(option)
            taken[option] = arguments[at + 1]
            del arguments[at:at + 2]
    binary = os.path.abspath(arguments[0] if arguments else ROOT / "target/release/azlab")
    program = taken.get("--kubernetes") or os.environ.get("AZLAB_KUBERNETES")
    rows = []
    if program:
        first, second = on_a_real_server(binary, os.path.abspath(program))
        middle = lambda runs, index: statistics.median(one[index] for one in runs)
        rows += [
            ("the store demo on a real API server, real seconds", middle(first, 1), DEPLOY_S, "19 objects created"),
            ("the same, CPU seconds", middle(first, 2), DEPLOY_CPU_S, ""),
            ("a second time, real seconds", middle(second, 1), DEPLOY_S, "19 objects unchanged"),
            ("the same, CPU seconds", middle(second, 2), DEPLOY_CPU_S, ""),
        ]
    else:
        print("no real API server: name its program with --kubernetes", file=sys.stderr)
    _, wall, cpu, peak = on_a_class(binary)
    rows += [
        (f"the store demo for {CLASS} labs at once, real seconds", wall, CLASS_S, f"{CLASS} embedded API servers"),
        ("the same, CPU seconds", cpu, None, "the servers' own work among them"),
        ("the same, peak MB", peak, None, ""),
    ]
    lines = ["| what | measured | bound | measured / bound | |", "|---|---|---|---|---|"]
    for what, measured, bound, note in rows:
        ratio = f"{measured / bound:.2f}" if bound else ""
        lines.append(f"| {what} | {measured:.3g} | {'' if bound is None else f'{bound:g}'} | {ratio} | {note} |")
    print("\n".join(lines))
    if "--markdown" in taken:
        pathlib.Path(taken["--markdown"]).write_text("\n".join(lines) + "\n")
    missed = [what for what, measured, bound, _ in rows if bound is not None and measured > bound]
    if missed:
        print("missed: " + "; ".join(missed), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
