"""An AWS account on this machine: moto's server, with a Step Functions that runs what was deployed there."""
