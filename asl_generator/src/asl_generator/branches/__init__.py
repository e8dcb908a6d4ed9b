"""The branches of the job types: their states, their faults, and what the generator adds to them."""
