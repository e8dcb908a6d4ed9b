"""The Lambda functions of the state machine: four entry points, their environment, their JSON logs."""
