provider "aws" {
  region            = var.region
  max_retries       = local.max_retries
  s3_use_path_style = local.emulated

  # The endpoint of the embedded cloud comes from AWS_ENDPOINT_URL.
  skip_credentials_validation = local.emulated
  skip_metadata_api_check     = local.emulated
  skip_region_validation      = local.emulated

  default_tags {
    tags = local.tags
  }
}

# CloudFront requires its certificate in us-east-1. This provider starts on every run, even without a domain, so it
# skips the requests that the first one has already made.
provider "aws" {
  alias             = "us_east_1"
  region            = "us-east-1"
  max_retries       = local.max_retries
  s3_use_path_style = local.emulated

  skip_credentials_validation = true
  skip_metadata_api_check     = local.emulated
  skip_region_validation      = true
  skip_requesting_account_id  = true

  default_tags {
    tags = local.tags
  }
}
