"""`headrace report --baseline` beside a regression that was put in: perf/compare/baseline_sleep.py in its short form, three runs that are a
tenth slower and three that are a hundredth slower. The program without sanitizers, as the time of a sleep is measured."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = os.environ.get("HR_HEADRACE_RELEASE", stores.HEADRACE)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "found.json")
        done = subprocess.run([sys.executable, os.path.join(HERE, "../../perf/compare/baseline_sleep.py"), "--headrace", HEADRACE, "--runs", "3", "--rounds", "4", "--retries", "1",
                               "--json", path], capture_output=True, check=False, timeout=600)
        with stores.case("report --baseline: a peer that is a tenth slower is flagged, each time"):
            assert os.path.exists(path), done.stderr.decode()[-400:]
            with open(path, encoding="utf-8") as file:
                found = json.load(file)
            assert found["10"]["runs"] == found["10"]["flagged"] == 3, found
        with stores.case("report --baseline: one that is a hundredth slower is not"):
            assert found["1"]["runs"] == 3 and found["1"]["flagged"] == 0 == done.returncode, (found, done.returncode)
    stores.finish()


if __name__ == "__main__":
    main()
