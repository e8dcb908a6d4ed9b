"""`extract doctor`: what is missing or wrong on this machine, in this project, in AWS."""
