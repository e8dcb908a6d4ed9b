"""The job type codebuild: one build a table, in another account, written in JSONata."""
