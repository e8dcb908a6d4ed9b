"""The CloudFormation template of a pipeline: one module per part of the stack."""
