"""extract_ecs."""
