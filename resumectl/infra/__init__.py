"""The infrastructure part: Terraform, its plan as snapshots, its state as outputs."""
