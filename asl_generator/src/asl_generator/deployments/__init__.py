"""The deployments of the job types: the sections of extract.toml, and the place that a machine is built for."""
