"""PyYAML's C loader and pydantic-settings as `headrace bench config` measures them. Prints a line a figure; without arguments it is a
peer of `bench config --beside` (docs/peers.md).

usage: config_pydantic.py [FOLDER KEYS]

The models say what perf/src/config/config_bench_schema.c says; variables stand above the file.
"""
import os
import statistics
import sys
import time

try:
    import pydantic
    import pydantic_settings
    import yaml
    from yaml import CSafeLoader
except ImportError as problem:
    if len(sys.argv) == 1:
        import configs
        configs.lack("pydantic", str(problem), "pip install pydantic-settings PyYAML")
    print(f"missing {sys.executable}: {problem} (pip install pydantic-settings PyYAML; --python says which Python)")
    sys.exit(0)
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "HR_BENCH_CONFIG_"
LOADS_MIN, LOADS_MAX, SHARE = 3, 1000, 10  # it is so many times slower, and a median needs no more loads
CASES = (("load_ms.small", "small", 50), ("load_ms.medium", "medium", 1000), ("load_ms.large", "large", 10000),
         ("validate_500_ms", "entries_500", 1000), ("defaults_500_ms", "sparse_500", 1000))
OTHERS = {"URL": "https://other.internal/", "WORKERS": "4", "RATE": "1.5", "ENABLED": "false", "LEVEL": "debug", "TIMEOUT": "10s",
          "MEMORY": "1MiB", "DESCRIPTION": "another one", "POOL__SIZE": "2", "POOL__IDLE": "1m"}

Duration = Annotated[str, Field(pattern=r"^([0-9]+(ns|us|ms|s|m|h|d))+$")]
Url = Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*://\S+$")]
Size = Annotated[str, Field(pattern=r"^[0-9]+(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Pool(Strict):
    size: Annotated[int, Field(ge=1, le=1024)] = 10
    idle: Duration = "30s"


class Service(Strict):
    url: Url
    workers: Annotated[int, Field(ge=1, le=1024)] = 4
    rate: Annotated[float, Field(ge=0, le=1e6)] = 100
    enabled: bool = True
    level: Literal["debug", "info", "warning", "error"] = "info"
    timeout: Duration = "30s"
    memory: Size = "64MiB"
    description: Annotated[str, Field(max_length=200)] | None = None
    pool: Pool = Field(default_factory=Pool)


class EntryPool(Strict):
    size: Annotated[int, Field(ge=1, le=1024)]


class Entry(Strict):
    url: Url
    pool: EntryPool


class Settings(pydantic_settings.BaseSettings):
    model_config = pydantic_settings.SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid")
    name: Annotated[str, Field(min_length=1)] = "bench"
    revision: Annotated[int, Field(ge=0)] = 0
    revision_again: Annotated[int, Field(ge=0)] = 0
    services: dict[str, Service] = {}
    entries: dict[str, Entry] = {}

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings):
        return env_settings, init_settings


def load(path):
    start = time.perf_counter_ns()
    with open(path, "rb") as file:
        settings = Settings(**yaml.load(file, Loader=CSafeLoader))
    return (time.perf_counter_ns() - start) / 1e6, settings


def loads_of(keys, of_document):
    return min(max(keys // of_document // SHARE, LOADS_MIN), LOADS_MAX)


def override():
    for service in range(10):
        for name, value in OTHERS.items():
            os.environ[f"{PREFIX}SERVICES__SERVICE_{service:04d}__{name}"] = value


def restore():
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]


def measure_variables(path, loads):
    plain, overridden = [], []
    for _ in range(loads + 1):
        restore()
        plain.append(load(path)[0])
        override()
        milliseconds, settings = load(path)
        overridden.append(milliseconds)
    assert all(service.workers == 4 and service.pool.size == 2 for service in settings.services.values()), settings
    restore()
    more, less = statistics.median(overridden[1:]), statistics.median(plain[1:])
    print(f"overrides_100_ms {max(more - less, 0):.6f}")
    print(f"overridden_100_ms {more:.6f}")


def measure(work):
    import configs
    versions = {"pydantic-settings": pydantic_settings.__version__, "pydantic": pydantic.VERSION, "PyYAML": yaml.__version__}
    return configs.measure(work, {"loader": "CSafeLoader, then a model"}, versions, load)


def main():
    if len(sys.argv) == 1:
        import configs
        configs.run("pydantic", measure, loads=("schema",))
        return
    folder, keys = sys.argv[1], int(sys.argv[2])
    print(f"version {pydantic_settings.__version__}, pydantic {pydantic.VERSION}, PyYAML {yaml.__version__}")
    for figure, name, of_document in CASES:
        path = os.path.join(folder, f"{name}.yaml")
        load(path)  # the first does not count
        print(f"{figure} {statistics.median(load(path)[0] for _ in range(loads_of(keys, of_document))):.6f}")
    measure_variables(os.path.join(folder, "keys_100.yaml"), loads_of(keys, 100))


if __name__ == "__main__":
    main()
