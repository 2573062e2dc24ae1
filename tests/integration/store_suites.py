"""The scripts that ask `serve s3` for everything that it has, against a store that keeps objects in files: there it is to be
as in memory."""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import stores  # noqa: E402

scripts = sorted(glob.glob(os.path.join(HERE, "s3_server_*.py")))
assert len(scripts) >= 5, scripts
for script in scripts:
    name = os.path.basename(script)
    with tempfile.TemporaryDirectory() as folder, stores.embedded("--store", os.path.join(folder, "store")) as store:
        done = subprocess.run([sys.executable, script], env={**store.environment(), "HR_ENDPOINT": store.endpoint},
                              capture_output=True, timeout=600, check=False)
        text = (done.stdout + done.stderr).decode()
        stores.check(f"store: {name} in files as in memory", done.returncode == 0,
                     "; ".join(line for line in text.splitlines() if line.startswith("fail")) or text[-600:])
stores.finish()
