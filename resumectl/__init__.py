"""Deploy a serverless resume site on AWS: Terraform, Lambda, S3 and CloudFront behind one command."""

__version__ = "0.1.0"
