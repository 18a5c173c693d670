terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Partial: bucket, key and region come from `init -backend-config`, one key per environment.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
