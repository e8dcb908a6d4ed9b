"""What AWS services accept and answer: botocore's models, and facts that the models do not have."""
