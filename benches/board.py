#!/usr/bin/env python3
"""What a board of 1,000 seats takes: the browser until it is drawn, and azlab while nothing changes.

Usage: benches/board.py [path to a release build of azlab] [--labs N] [--times N] [--seconds N]
The page is drawn when its first frame is out (`data-drawn-ms` of the page, from the start of its script). What azlab costs is
the CPU time of `azlab board` alone, at real time: the sandbox is served by another process.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from handout import ROOT

# Issue 14.
BOUND_MS, BOUND_SHARE = 200, 0.02
SUBSCRIPTIONS = 4


def cpu_s(pid):
    """CPU seconds of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Browser:
    """Headless Chromium through chromedriver (W3C WebDriver)."""

    def __init__(self, chromedriver):
        self.driver = subprocess.Popen([chromedriver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                self.at = f"http://127.0.0.1:{found[1]}/session"
                break
        arguments = ["--headless=new", "--no-sandbox", "--window-size=1920,1080"]
        session = self.ask("", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}})
        self.at += f"/{session['sessionId']}"

    def ask(self, path, body):
        request = urllib.request.Request(self.at + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=120))["value"]

    def drawn_ms(self, page):
        """Milliseconds until the page is drawn."""
        self.ask("/url", {"url": page.as_uri()})
        until = time.monotonic() + 60
        while time.monotonic() < until:
            said = self.ask("/execute/sync", {"script": "return document.documentElement.dataset.drawnMs ?? null", "args": []})
            if said is not None:
                return int(said)
        sys.exit("the page does not say when it was drawn")

    def close(self):
        urllib.request.urlopen(urllib.request.Request(self.at, method="DELETE"), timeout=60)
        self.driver.terminate()
        self.driver.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", nargs="?", type=pathlib.Path, default=ROOT / "target/release/azlab")
    parser.add_argument("--labs", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    binary = options.binary.resolve()
    chromedriver = shutil.which("chromedriver")
    with tempfile.TemporaryDirectory() as directory:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "AZLAB_"))}
        environment["AZLAB_SANDBOX_DIR"] = directory

        def run(*arguments):
            done = subprocess.run([binary, *arguments], env=environment, cwd=directory, capture_output=True)
            if done.returncode:
                sys.exit(f"azlab {' '.join(arguments)}: {done.stderr.decode()}")
            return done.stdout

        scenario = (ROOT / "benches/class.toml").read_text()
        quota = scenario.split("[settings.quota]\n")[1]
        file = f'version = 1\nttl = "8h"\n\n[[labs]]\nname = "seat-{{n:04}}"\ncount = {options.labs}\n'
        for number in range(1, SUBSCRIPTIONS + 1):
            name = f"{number:08}-0000-4000-8000-000000000000"
            scenario += f'\n[[settings.subscriptions]]\nid = "{name}"\nname = "{name}"\n[settings.subscriptions.quota]\n{quota}'
            most = -(-options.labs // SUBSCRIPTIONS)
            file += f'\n[[placement]]\nsubscription = "{name}"\nlocations = ["westeurope"]\nmax_labs = {most}\n'
        pathlib.Path(directory, "scenario.toml").write_text(scenario)
        pathlib.Path(directory, "azlab.toml").write_text(file)
        run("sandbox", "scenario", "scenario.toml", "--fresh")
        run("provision", "--all", "--sandbox", "--sandbox-speed", "100", "--progress", "none")

        rows, missed = [], False
        page = pathlib.Path(directory, "board.html")
        run("board", "--all", "--sandbox", "--sandbox-speed", "100", "--out", str(page))
        if chromedriver:
            browser = Browser(chromedriver)
            times = [browser.drawn_ms(page) for _ in range(options.times)]
            browser.close()
            median = statistics.median(times)
            missed |= median > BOUND_MS
            rows.append(f"| drawn in Chromium, ms | {median:.0f} ({min(times)} to {max(times)}) | {BOUND_MS} | {median / BOUND_MS:.2f} |")

        served = subprocess.Popen([binary, "sandbox", "serve", "--listen", "127.0.0.1:0", "-o", "json", "--sandbox-speed", "1"],
                                  env=environment, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        watched = None
        try:
            about = json.loads(served.stdout.readline())
            lines = about["environment"]
            watched = subprocess.Popen([binary, "board", "--all", "--listen", "127.0.0.1:0"], env=environment | lines, cwd=directory,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # The first looks read every lab by itself, in turns.
            time.sleep(options.seconds)
            began, before = time.monotonic(), cpu_s(watched.pid)
            time.sleep(options.seconds)
            share = (cpu_s(watched.pid) - before) / (time.monotonic() - began)
            assert watched.poll() is None, f"the board ended with {watched.returncode}"
        finally:
            for child in (watched, served):
                if child:
                    child.terminate()
                    child.wait()
        missed |= share > BOUND_SHARE
        rows.append(f"| azlab while nothing changes, of a core | {share:.4f} | {BOUND_SHARE} | {share / BOUND_SHARE:.2f} |")
        print(f"| board of {options.labs} seats | measured | bound | measured / bound |\n|---|---|---|---|")
        print("\n".join(rows))
        sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
