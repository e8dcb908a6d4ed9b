"""Step Functions: executions and their history, and the engine for deployed state machines."""
