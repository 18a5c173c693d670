# The domain, its certificate and its records.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/mocks"
}

variables {
  project     = "resume"
  environment = "prod"
  region      = "eu-west-2"
  deployment  = "1f2e3d4c/prod/123456789012/eu-west-2"
  function    = { package = "function.zip", handler = "counter.handler" }
}

run "the_site_is_served_on_its_domain" {
  variables {
    domain = "example.com"
  }

  assert {
    condition = (
      aws_cloudfront_distribution.site.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
      && aws_cloudfront_distribution.site.viewer_certificate[0].ssl_support_method == "sni-only"
      && aws_cloudfront_distribution.site.viewer_certificate[0].acm_certificate_arn == output.certificate_arn
    )
    error_message = "With a certificate, TLS 1.2 must be the minimum."
  }

  assert {
    condition     = aws_cloudfront_distribution.site.aliases == toset(["example.com"])
    error_message = "The distribution must have the domain as an alias."
  }

  assert {
    condition     = toset(keys(aws_route53_record.site)) == toset(["A", "AAAA"])
    error_message = "The domain must have an A and an AAAA record."
  }

  assert {
    condition     = data.aws_route53_zone.site[0].name == "example.com"
    error_message = "The zone of a domain that has one must be that one."
  }

  assert {
    condition     = output.site_url == "https://example.com" && output.counter_url == "https://example.com/api/count"
    error_message = "The URLs must be on the domain."
  }
}

run "a_zone_that_is_set_is_used" {
  command = plan

  variables {
    domain = "cv.people.example.com"
    zone   = "example.com"
  }

  assert {
    condition     = data.aws_route53_zone.site[0].name == "example.com"
    error_message = "The zone must be the one that is set, and not a guess from the domain."
  }
}

run "a_name_of_three_labels_can_be_a_zone" {
  command = plan

  variables {
    domain = "jane.co.uk"
  }

  assert {
    condition     = data.aws_route53_zone.site[0].name == "jane.co.uk"
    error_message = "Without zone, it must be the domain, and not a guess."
  }
}

run "a_zone_without_the_domain_is_refused" {
  command = plan

  variables {
    domain = "resume.example.com"
    zone   = "ample.com"
  }

  expect_failures = [data.aws_route53_zone.site]
}
