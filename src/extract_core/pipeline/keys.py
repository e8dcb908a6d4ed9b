"""The keys of extract.toml: what each means, and the value that it has if the file does not set it. docs/reference shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Key(NamedTuple):
    """A key: its meaning, and its default as TOML writes it. None: it has no default."""

    meaning: str
    default: str | None = None


PIPELINE: Final[Mapping[str, Key]] = {
    "name": Key(
        "The name of the state machine, and part of the names of its Lambda functions: letters, digits, - and _, at most 40.",
        '"extract"',
    ),
    "config_uri": Key("The folder with SOURCE.yml for each source.", '"config/"'),
    "data_uri": Key("Where the jobs write.", '".extract/data/"'),
    "runs_uri": Key("Plans, and the reports of the jobs.", '".extract/runs/"'),
    "tracking": Key("The tracking store: a file, or dynamodb://TABLE?region=REGION.", '".extract/tracking.db"'),
    "state_machine": Key("The ARN of the deployed state machine that extract run starts."),
    "region": Key("The AWS region.", '"us-east-1"'),
    "account": Key("The AWS account: twelve digits.", '"000000000000"'),
    "partition": Key("The AWS partition: aws, aws-cn or aws-us-gov.", '"aws"'),
}
MACHINE: Final[Mapping[str, Key]] = {
    "map": Key(
        "How the machine iterates over the tables. distributed: a child execution per table, up to 100,000 tables per run. "
        "inline: one execution for all tables, about 200 per run.",
        '"distributed"',
    ),
    "max_concurrency": Key("Tables at the same time: at most 10,000, with inline 40.", "10"),
    "retries": Key("Whether a table gets another attempt after a temporary failure (max_attempts in the config).", "true"),
    "share": Key("Whether small tables share jobs. It needs retries.", "true"),
    "share_tables": Key("At most so many tables per shared job: 2 to 200.", "50"),
    "share_minutes": Key("About how long a shared job takes: 1 to 240.", "10"),
}
DEPLOY: Final[Mapping[str, Key]] = {
    "artifacts_uri": Key("A folder in S3 for bundles, scripts and templates. Default: s3://NAME-artifacts-ACCOUNT-REGION/."),
    "stack": Key("The name of the stack. Default: the name of the pipeline."),
    "architecture": Key(
        "The processor of the Lambda functions, and of containers that the stack makes: arm64 or x86_64.", '"arm64"'
    ),
    "runtime": Key("The runtime of the Lambda functions: python3.11 to python3.14.", '"python3.13"'),
    "log_retention_days": Key("How long the logs of the machine and of the functions are kept.", "90"),
    "managed": Key(
        "The parts that the stack makes: alarms, alias, buckets, reconcile, tracking.",
        '["alarms", "alias", "reconcile", "tracking"]',
    ),
    "alarm_email": Key("Gets a message when a run fails. AWS asks this address to confirm."),
    "event_bus": Key("The name or ARN of an EventBridge bus that gets the end of each run."),
    "tracing": Key("Whether the machine sends traces to X-Ray.", "false"),
    "tags": Key('Tags of every resource that has tags: {team = "data"}.', "{}"),
    "permissions_boundary": Key("The ARN of a policy that bounds every role."),
    "kms_key": Key(
        "The ARN of a key that encrypts managed buckets, the machine and its log. "
        "Its policy must let logs.REGION.amazonaws.com use it."
    ),
    "subnets": Key(
        "With security_groups: the VPC of the Lambda functions. It needs endpoints of S3, DynamoDB and Step Functions, or NAT.",
        "[]",
    ),
    "security_groups": Key("See subnets.", "[]"),
}
SCHEDULE: Final[Mapping[str, Key]] = {
    "when": Key("An expression of EventBridge Scheduler: cron(…), rate(…) or at(…). Required."),
    "event": Key('The event that starts the run: {source = "sales", tables = "*"}. Required.'),
    "timezone": Key("The time zone of when.", '"UTC"'),
    "enabled": Key("false: the schedule stays, and starts no runs.", "true"),
}
NOTIFY: Final[Mapping[str, Key]] = {
    "topic": Key("The ARN of an SNS topic that gets a message when a run fails."),
    "webhook": Key("The address, https://…, that gets the message."),
    "webhook_secret": Key("In place of webhook: the name of a secret in Secrets Manager whose text is the address."),
    "template": Key('The JSON that the webhook is sent: {text = "$text"}. Required with a webhook.'),
}
SECTIONS: Final[Mapping[str, Mapping[str, Key]]] = {
    "pipeline": PIPELINE,
    "machine": MACHINE,
    "job_types.TYPE": {
        "…": Key("Where this job type runs; the page of the job type lists its keys. Without this section it has no branch."),
        "pool": Key("The default pool of all tables of this job type."),
    },
    "pools": {"NAME": Key("How many jobs may use this pool at once, over all runs.")},
    "deploy": DEPLOY,
    "schedules.NAME": SCHEDULE,
    "notify": NOTIFY,
    "plugins.NAME": {"…": Key("What this plugin needs; its page lists the keys. The section switches the plugin on.")},
    "prices": {
        "as_of": Key("The date of your price list, as text. With it, the report shows money."),
        "TYPE.UNIT": Key("The price of a unit of the bill of this job type, in US dollars."),
    },
}
"""All sections, in the order of the reference."""
