resource "aws_s3_bucket" "site" {
  bucket        = "${local.name}-site-${data.aws_caller_identity.current.account_id}"
  force_destroy = !var.protected
}

resource "aws_s3_bucket_ownership_controls" "site" {
  bucket = aws_s3_bucket.site.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket = aws_s3_bucket.site.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "site" {
  bucket = aws_s3_bucket.site.id

  rule {
    bucket_key_enabled = false

    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "site" {
  bucket = aws_s3_bucket.site.id

  versioning_configuration {
    status = "Enabled"
  }
}

# No expiration of old versions: a rollback restores them, and resumectl deletes those that no kept release needs.
# Not in the embedded cloud: the provider waits 55 seconds for a lifecycle configuration.
resource "aws_s3_bucket_lifecycle_configuration" "site" {
  count = local.emulated ? 0 : 1

  bucket = aws_s3_bucket_versioning.site.bucket

  rule {
    id     = "tidy"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

# The distribution may only read objects. Without s3:ListBucket S3 returns 403 for a missing object: see cdn.tf.
resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.read_by_distribution], local.emulated ? [] : [local.deny_plain_http])
  })

  depends_on = [aws_s3_bucket_public_access_block.site]
}

locals {
  read_by_distribution = {
    Sid       = "ReadByDistribution"
    Effect    = "Allow"
    Principal = { Service = "cloudfront.amazonaws.com" }
    Action    = "s3:GetObject"
    Resource  = "${aws_s3_bucket.site.arn}/*"
    Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.site.arn } }
  }

  # Not in the embedded cloud, which has no HTTPS.
  deny_plain_http = {
    Sid       = "DenyPlainHttp"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = [aws_s3_bucket.site.arn, "${aws_s3_bucket.site.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}
