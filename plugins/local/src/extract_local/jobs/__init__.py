"""Jobs as processes of this machine: starts, injected faults, and jobs that outlived their runner."""
