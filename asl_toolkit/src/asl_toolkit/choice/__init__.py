"""Choice rules of JSONPath states: `comparisons` has the operators, `rules` the compiled rules."""
