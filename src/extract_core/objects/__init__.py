"""Objects behind URIs: configs, plans and results. `routed.open_objects` gives the store."""
