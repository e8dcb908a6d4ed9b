"""The arguments of the job: where they come from, how they are checked, and what they mean."""
