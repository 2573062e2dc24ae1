"""`headrace bench config`: its names, its peers, its verdicts, and what it leaves behind. No figure is held against a limit here: a busy
machine would decide the test."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
SMALL = ("--keys", "1000", "--repeat", "1")
SIZES = ["small", "medium", "large"]
SINGLE = ["overrides_100_ms", "overridden_100_ms", "validate_500_ms", "defaults_500_ms", "lookup_first_ns", "lookup_ns", "bound_ns",
          "snapshot_ns", "reload_ms", "reload_cpu_ms"]


def run(*arguments, **options):
    options.setdefault("timeout", 300)
    return subprocess.run([HEADRACE, "bench", "config", *arguments], capture_output=True, check=False, **options)


def check_figures(report):
    assert list(report["load_ms"]) == list(report["tree_ms"]) == SIZES, report
    assert list(report["flat_ms"]) == ["keys_1000", "keys_10000"], report
    assert list(report["seeds"]) == ["keys_1_ms", "keys_100_ms", "keys_1000_ms"], report
    for group in ("load_ms", "tree_ms", "flat_ms", "seeds"):
        assert all(figure > 0 for figure in report[group].values()), report
    for name in SINGLE:
        assert report[name] > 0 or name == "overrides_100_ms", (name, report)
    assert report["load_ms"]["small"] < report["load_ms"]["large"], report


def check_spread(spread):
    assert list(spread) == ["least", "median", "most"] and 0 <= spread["least"] <= spread["median"] <= spread["most"], spread


def check_peer(peers, name, cases, relation, ratios):
    """A peer of which every figure that it can have is there; or it is missing, and says so."""
    if "missing" in peers[name]:
        stores.skip(f"bench config: {name} in the same run", peers[name]["missing"])
        return
    with stores.case(f"bench config: {name} in the same run"):
        peer = peers[name]
        assert list(peer["load_ms"]) == SIZES and peer["version"], peer
        assert all(peer[case] > 0 for case in cases) and [name for name in peer[relation] if name != "overrides_100"] == ratios, peer
        for spread in peer[relation].values():
            check_spread(spread)


def check_limits(report):
    values = {"lookup_ns": report["lookup_ns"], "bound_ns": report["bound_ns"], "snapshot_ns": report["snapshot_ns"],
              "flat_10000_by_1000": report["ratios"]["flat_10000_by_1000"]["median"], "validate_500_ms": report["validate_500_ms"]}
    for name, value in values.items():
        limit = report["limits"][name]
        assert abs(limit["value"] - value) < 0.06 and limit["met"] == (limit["value"] <= limit["at_most"]), (name, limit, value)
    assert report["limits"]["load_large_by_libyaml"]["at_most"] == 2.2 and report["goals"]["load_large_by_libyaml"]["at_most"] == 2
    assert report["limits"]["pydantic_by_load_large"]["at_least"] == 8, report["limits"]


def check_report(folder):
    done = run(*SMALL, "--json", "-", "--directory", folder, "--python", sys.executable)
    report = json.loads(done.stdout)
    with stores.case("bench config: names of figures"):
        assert done.returncode == 0, done.stderr
        check_figures(report)
        assert report["harness"] == "config" and report["keys"] == 1000 and report["readers"] == 4, report
        assert report["repeat"] == 1 and report["page_cache"] == "warm", report
    with stores.case("bench config: limits and their verdicts"):
        check_limits(report)
    both = ["load_small", "load_medium", "load_large"]
    trees = ["tree_small", "tree_medium", "tree_large"]
    check_peer(report["peers"], "libyaml", ("validate_500_ms",), "slower", both + trees + ["flat_10000", "validate_500", "defaults_500"])
    check_peer(report["peers"], "pydantic", ("validate_500_ms", "overridden_100_ms"), "faster",
               both + ["validate_500", "defaults_500"])
    with stores.case("bench config: the ratio to libyaml is that of the figures of one round"):
        libyaml = report["peers"]["libyaml"]
        ratio = report["load_ms"]["large"] / libyaml["load_ms"]["large"]
        assert abs(libyaml["slower"]["load_large"]["median"] - ratio) < 0.01, (ratio, libyaml)
    with stores.case("bench config: its files are gone"):
        assert os.listdir(folder) == [], os.listdir(folder)


def check_rounds(folder):
    done = run("--keys", "1000", "--repeat", "3", "--readers", "2", "--no-peers", "--json", "-", "--directory", folder)
    report = json.loads(done.stdout)
    with stores.case("bench config: several rounds, and their spread; so many readers"):
        assert done.returncode == 0 and report["repeat"] == 3 and report["readers"] == 2, done
        for group in (*report["spread"]["load_ms"].values(), report["spread"]["reload_ms"], report["ratios"]["flat_10000_by_1000"]):
            check_spread(group)
        assert len(set(report["spread"]["load_ms"]["large"].values())) > 1, report["spread"]
        assert report["load_ms"]["large"] == report["spread"]["load_ms"]["large"]["median"], report
    with stores.case("bench config --no-peers: this library alone, and limits that need others are open"):
        assert report["peers"] == {}, report["peers"]
        assert report["limits"]["load_large_by_libyaml"]["met"] is None, report["limits"]


def check_text(folder):
    target = os.path.join(folder, "report.json")
    done = run(*SMALL, "--no-peers", "--json", target, "--directory", folder)
    with stores.case("bench config: as a table, and as JSON in a file"):
        assert done.returncode == 0 and b"page cache warm; 1 round:" in done.stdout and b"load_ms.large" in done.stdout, done
        assert b"not measured" in done.stdout, done
        with open(target, encoding="utf-8") as file:
            check_figures(json.load(file))


def check_missing(folder):
    done = run(*SMALL, "--peers", folder, "--json", "-")
    with stores.case("bench config: a peer that is not there is named"):
        peers = json.loads(done.stdout)["peers"]
        assert done.returncode == 0 and list(peers) == ["libyaml", "pydantic"], done
        assert os.path.join(folder, "config_libyaml") in peers["libyaml"]["missing"], peers
        assert "No such file" in peers["pydantic"]["missing"] and "load_ms" not in peers["pydantic"], peers
    bare = os.path.join(folder, "python")
    with open(bare, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec {sys.executable} -I -S \"$@\"\n")
    os.chmod(bare, 0o755)
    done = run(*SMALL, "--python", bare, "--json", "-")
    with stores.case("bench config --python: one without the packages is left out, and said so"):
        pydantic = json.loads(done.stdout)["peers"]["pydantic"]
        assert done.returncode == 0 and "No module named" in pydantic["missing"] and "load_ms" not in pydantic, pydantic
    done = run(*SMALL, "--python", os.path.join(folder, "nobody"))
    with stores.case("bench config --python: one that is not there, in the table"):
        assert done.returncode == 0 and b"pydantic is missing: " in done.stdout, done


def check_refused(folder):
    with stores.case("bench config: a folder that is not there"):
        done = run("--directory", os.path.join(folder, "nowhere"), "--json", "-")
        error = json.loads(done.stdout)["error"]
        assert done.returncode == 3 and "nowhere" in error["message"] and "--directory" in error["message"], done
    with stores.case("bench config: the folder of TMPDIR"):
        done = run(env=dict(os.environ, TMPDIR=os.path.join(folder, "elsewhere")))
        assert done.returncode == 3 and b"elsewhere" in done.stderr, done


def check_signal(folder):
    with stores.case("bench config: SIGTERM ends it and its files are gone"):
        process = subprocess.Popen([HEADRACE, "bench", "config", "--no-peers", "--keys", "10000000", "--repeat", "60",
                                    "--directory", folder])
        until = time.monotonic() + 120
        while not os.listdir(folder) and time.monotonic() < until:
            time.sleep(0.01)
        assert os.listdir(folder)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == -signal.SIGTERM
        assert os.listdir(folder) == [], os.listdir(folder)


def check_beside(folder):
    for load, able, unable in (("tree", ("libyaml", "pyyaml", "ruamel"), ("pydantic",)), ("schema", ("libyaml", "pydantic"), ("pyyaml", "ruamel"))):
        done = run("--keys", "1000", "--rounds", "1", "--file", "small", "--load", load, "--beside", "libyaml,pyyaml,pydantic,ruamel",
                   "--python", sys.executable, "--json", "-", "--directory", folder)
        report = json.loads(done.stdout)
        programs = {program["name"]: program for program in report["programs"]}
        with stores.case(f"bench config --beside --load {load}: each program has made all loads of the file"):
            assert done.returncode == 0 and report["workload"] == {"document": "small", "load": load, "keys": 50, "operations": 20}, report
            for name in ("headrace", *able):
                if name not in ("headrace", "libyaml") and "No module" in str(programs[name]["missing"]):
                    assert "pip install" in programs[name]["install"], programs[name]
                    continue
                assert programs[name]["operations"]["succeeded"] == 20 and programs[name]["figures"]["p50_ms"]["median"] > 0, programs[name]
        with stores.case(f"bench config --beside --load {load}: who cannot do it says what to ask for"):
            for name in unable:
                assert "--load" in programs[name]["install"] or "pip install" in programs[name]["install"], programs[name]
    with stores.case("bench config --beside: its files are gone"):
        assert os.listdir(folder) == [], os.listdir(folder)
    for arguments, words in ((("--beside", "libyaml", "--readers", "2"), "--readers"), (("--file", "large"), "needs --beside"),
                             (("--load", "tree"), "needs --beside")):
        with stores.case(f"bench config {' '.join(arguments)} is refused"):
            done = run(*arguments)
            assert done.returncode == 2 and words in done.stderr.decode(), done


def check_as_peer(folder):
    path = os.path.join(folder, "a.yaml")
    work = {"protocol": 1, "kind": "config", "path": path, "load": "tree", "operations": 3}
    with open(path, "w", encoding="utf-8") as file:
        file.write("a: 1\nb: [1, 2]\n")
    with stores.case("bench config --as-peer: the work of standard input, and a file that is none"):
        done = run("--as-peer", input=json.dumps(work).encode())
        result = json.loads(done.stdout)
        assert done.returncode == 0 and result["operations"]["succeeded"] == 3 and result["bytes_received"] == 3 * os.path.getsize(path), result
        done = run("--as-peer", input=json.dumps({**work, "path": path + "x"}).encode())
        assert done.returncode == 1 and b"a.yamlx" in done.stderr and not done.stdout, done


def main():
    for check in (check_beside, check_as_peer, check_report, check_rounds, check_text, check_missing, check_refused, check_signal):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    stores.finish()


if __name__ == "__main__":
    main()
