"""Settings of the S3 client beside botocore's: the same variables and files are resolved by both, and must mean the same."""
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

try:
    import botocore.session
except ImportError:
    botocore = None

SHOW = os.path.join(os.path.dirname(stores.HEADRACE), "../tests/s3_settings_show")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_", "BOTOCORE_"))}
COMBINATIONS = 40
FLAG = ("true", "false", "True", "FALSE")
# (botocore's name, variable, key, values); botocore reads no AWS_REGION.
TABLE = [
    ("region", "AWS_DEFAULT_REGION", "region", ("eu-west-1", "eu-central-1", "us-east-1")),
    ("max_attempts", "AWS_MAX_ATTEMPTS", "max_attempts", ("1", "3", "9")),
    ("retry_mode", "AWS_RETRY_MODE", "retry_mode", ("standard", "adaptive", "legacy")),
    ("use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", FLAG),
    ("use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", FLAG),
    ("ignore_configured_endpoint_urls", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", FLAG),
    ("tcp_keepalive", "BOTOCORE_TCP_KEEPALIVE", "tcp_keepalive", FLAG),
    ("user_agent_appid", "AWS_SDK_UA_APP_ID", "sdk_ua_app_id", ("one", "two")),
    ("ca_bundle", "AWS_CA_BUNDLE", "ca_bundle", ("/etc/ssl/one.pem", "/etc/ssl/two.pem")),
    ("request_checksum_calculation", "AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation", ("when_supported", "when_required")),
    ("response_checksum_validation", "AWS_RESPONSE_CHECKSUM_VALIDATION", "response_checksum_validation", ("when_supported", "when_required")),
    ("metadata_service_timeout", "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", ("2", "5")),
    ("metadata_service_num_attempts", "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", ("2", "5")),
    ("ec2_metadata_v1_disabled", "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled", FLAG),
    ("ec2_metadata_service_endpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint", ("http://one", "http://two")),
]
# Of the `s3` section of botocore: (name, variable, key, values).
S3 = [
    ("addressing_style", None, "s3.addressing_style", ("auto", "path", "virtual")),
    ("payload_signing_enabled", None, "s3.payload_signing_enabled", FLAG),
    ("use_arn_region", "AWS_S3_USE_ARN_REGION", "s3.use_arn_region", FLAG),
    ("us_east_1_regional_endpoint", "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "s3.us_east_1_regional_endpoint", ("regional", "legacy")),
]
# Botocore's default, where it is another than ours; a flag is False, a text None.
DEFAULTS = {"addressing_style": "auto", "use_arn_region": True, "us_east_1_regional_endpoint": "regional", "tcp_keepalive": True,
            "max_attempts": 0}
ENDPOINTS = {"AWS_ENDPOINT_URL": "http://global", "AWS_ENDPOINT_URL_S3": "http://service", "AWS_ENDPOINT_URL_STS": "http://sts"}


def section(choice, heading, services):
    """Some of the keys, each with one of its values."""
    lines, nested = [heading], []
    for _, _, key, values in TABLE + S3:
        if choice.random() < 0.35:
            name, value = key.rsplit(".", 1)[-1], choice.choice(values)
            (nested if "." in key else lines).append(f"{name} = {value}" if "." not in key else f"  {name}={value}")
    if services:
        lines += [choice.choice(("", "endpoint_url = http://profile")), choice.choice(("", "services = local"))]
    return "\n".join(lines + (["s3 ="] + nested if nested else []) + ["# the end"]) + "\n"


def make(choice, folder):
    """Two files, and an environment with some of the variables."""
    config = section(choice, "[default]", True) + section(choice, "[profile other]", True)
    config += "[services local]\ns3 =\n  endpoint_url = http://services\n" + choice.choice(("", "sts =\n\n  endpoint_url = http://services-sts\n"))
    credentials = section(choice, "[other]", False)
    variables = {"AWS_CONFIG_FILE": os.path.join(folder, "config"), "AWS_SHARED_CREDENTIALS_FILE": os.path.join(folder, "credentials")}
    for name, text in (("config", config), ("credentials", credentials)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    for _, variable, _, values in TABLE + S3:
        if variable and choice.random() < 0.2:
            variables[variable] = choice.choice(values)
    variables.update({name: url for name, url in ENDPOINTS.items() if choice.random() < 0.2})
    variables.update({name: choice.choice(("default", "other")) for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if choice.random() < 0.4})
    return variables, config, credentials


def ours(variables):
    done = subprocess.run([SHOW], env={**PLAIN, **variables}, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def configured(session, service):
    """The endpoint of a client, where it is not AWS's own."""
    client = session.create_client(service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b", verify=False)
    url = client.meta.endpoint_url
    return None if "amazonaws" in url or "api.aws" in url else url


def theirs(variables):
    os.environ.clear()
    os.environ.update({**PLAIN, **variables})
    session = botocore.session.Session()
    found = {name: session.get_config_variable(name) for name, *_ in TABLE}
    nested = session.get_config_variable("s3") or {}
    found.update({name: nested.get(name) for name, *_ in S3})
    for name, _, _, values in TABLE + S3:
        if found[name] is None:
            found[name] = DEFAULTS.get(name, False if values == FLAG else None)
    found.update(s3=configured(session, "s3"), sts=configured(session, "sts"))
    return found


def main():
    if botocore is None:
        stores.skip("settings beside botocore", "there is none")
        stores.finish()
    for seed in range(COMBINATIONS):
        with tempfile.TemporaryDirectory() as folder, stores.case(f"settings of seed {seed} are botocore's"):
            variables, config, credentials = make(random.Random(seed), folder)
            one, other = ours(variables), theirs(variables)
            different = {name: (one.get(name), value) for name, value in other.items() if one.get(name) != value}
            assert not different, (different, variables, config, credentials)
    stores.finish()


if __name__ == "__main__":
    main()
