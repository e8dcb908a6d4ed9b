"""The job type emr_eks: one job run a table on an EMR on EKS virtual cluster."""
