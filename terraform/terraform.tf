terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket, key and region come from `init -backend-config`. Each environment has its own key.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
