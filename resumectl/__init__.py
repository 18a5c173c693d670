"""Deploys a serverless resume site on AWS: Terraform, Lambda, S3 and CloudFront in one command."""

__version__ = "0.1.0"
