#!/usr/bin/env python3
"""ruamel.yaml with its safe loader: a tree of dicts, lists and values by YAML 1.2. Speaks the protocol of docs/peers.md."""
import configs


def measure(work):
    import ruamel.yaml

    def load(path):
        with open(path, "rb") as file:
            return ruamel.yaml.YAML(typ="safe", pure=True).load(file)

    return configs.measure(work, {"loader": "safe, in Python alone"}, {"ruamel.yaml": ruamel.yaml.__version__}, load)


if __name__ == "__main__":
    configs.run("ruamel", measure, ["ruamel.yaml"], "pip install ruamel.yaml")
