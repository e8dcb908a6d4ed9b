"""The job type codebuild: one build per table, in another account, written in JSONata."""
