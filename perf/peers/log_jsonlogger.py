#!/usr/bin/env python3
"""python-json-logger's formatter behind Python's QueueHandler and QueueListener. Speaks the protocol of docs/peers.md."""
import importlib.metadata
import logging
import logging.handlers
import queue

import logs


class Log:
    def __init__(self, work):
        try:
            from pythonjsonlogger.json import JsonFormatter  # from 3.1 on
        except ImportError:
            from pythonjsonlogger.jsonlogger import JsonFormatter
        self.message = work.message
        self.handler = logging.FileHandler(work.path)
        self.handler.setFormatter(JsonFormatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        self.queue = queue.Queue(-1)
        self.listener = logging.handlers.QueueListener(self.queue, self.handler)
        self.logger = logging.Logger(work.name, logging.INFO)
        self.logger.addHandler(logging.handlers.QueueHandler(self.queue))
        self.listener.start()

    def put(self, request, seconds, client):
        self.logger.info(self.message, extra={"request": request, "seconds": seconds, "client": client})

    def flush(self):
        self.queue.join()

    def close(self):
        self.listener.stop()
        self.handler.close()


def measure(work):
    settings = {"queue": "unbounded", "written by": "a thread"}
    return logs.measure(work, settings, {"python-json-logger": importlib.metadata.version("python-json-logger")}, Log)


if __name__ == "__main__":
    logs.run("jsonlogger", measure, ["pythonjsonlogger"], "pip install python-json-logger", ("json",))
