"""The services that Tasks call: the handler contract, Lambda functions in this process, and AWS services through boto3."""
