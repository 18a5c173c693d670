# Created only if a domain is set.

data "aws_route53_zone" "site" {
  count = var.domain == null ? 0 : 1

  name = local.zone

  lifecycle {
    precondition {
      condition     = endswith(".${var.domain}", ".${local.zone}")
      error_message = "The domain ${var.domain} is not in the hosted zone ${local.zone}. Correct zone, or remove it from resumectl.toml."
    }
  }
}

resource "aws_acm_certificate" "site" {
  count    = var.domain == null ? 0 : 1
  provider = aws.us_east_1

  domain_name       = var.domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # The certificate has one domain name, so there is one validation record.
  certificate_proof = one([for certificate in aws_acm_certificate.site : one(certificate.domain_validation_options)])
}

resource "aws_route53_record" "certificate" {
  count = var.domain == null ? 0 : 1

  zone_id         = data.aws_route53_zone.site[0].zone_id
  name            = local.certificate_proof.resource_record_name
  type            = local.certificate_proof.resource_record_type
  records         = [local.certificate_proof.resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "site" {
  count    = var.domain == null ? 0 : 1
  provider = aws.us_east_1

  certificate_arn         = aws_acm_certificate.site[0].arn
  validation_record_fqdns = aws_route53_record.certificate[*].fqdn
}

resource "aws_route53_record" "site" {
  for_each = var.domain == null ? [] : toset(["A", "AAAA"])

  zone_id = data.aws_route53_zone.site[0].zone_id
  name    = var.domain
  type    = each.key

  alias {
    name                   = aws_cloudfront_distribution.site.domain_name
    zone_id                = aws_cloudfront_distribution.site.hosted_zone_id
    evaluate_target_health = false
  }
}
