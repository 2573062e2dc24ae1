#!/usr/bin/env python3
"""PyYAML with its C loader: a tree of dicts, lists and values. Speaks the protocol of docs/peers.md."""
import configs


def measure(work):
    import yaml

    def load(path):
        with open(path, "rb") as file:
            return yaml.load(file, Loader=yaml.CSafeLoader)

    return configs.measure(work, {"loader": "CSafeLoader"}, {"PyYAML": yaml.__version__}, load)


if __name__ == "__main__":
    configs.run("pyyaml", measure, ["yaml", "yaml.cyaml"], "pip install PyYAML")
