#!/usr/bin/env python3
"""structlog with a filtering bound logger and its WriteLogger, which writes in the caller's own thread. Speaks the protocol of docs/peers.md."""
import importlib.metadata

import logs


class Log:
    def __init__(self, work):
        import structlog
        self.file = open(work.path, "a", encoding="utf-8")  # closed by close()
        last = structlog.processors.JSONRenderer() if work.form == "json" else structlog.processors.LogfmtRenderer()
        self.logger = structlog.wrap_logger(
            structlog.WriteLogger(self.file), wrapper_class=structlog.make_filtering_bound_logger(20), cache_logger_on_first_use=True,
            processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), last]).bind(logger=work.name)
        self.message = work.message

    def put(self, request, seconds, client):
        self.logger.info(self.message, request=request, seconds=seconds, client=client)

    def flush(self):
        self.file.flush()

    def close(self):
        self.file.close()


def measure(work):
    renderer = "JSON" if work.form == "json" else "logfmt"
    settings = {"renderer": renderer, "written by": "the caller", "file": "flushed at each line"}
    return logs.measure(work, settings, {"structlog": importlib.metadata.version("structlog")}, Log)


if __name__ == "__main__":
    logs.run("structlog", measure, ["structlog"], "pip install structlog")
