"""Step Functions and what runs there: executions and their history, and the engine for deployed state machines."""
