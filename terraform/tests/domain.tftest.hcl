# The site's own name, its certificate and its records.

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
  function    = { package = "function.zip", handler = "counter.handler" }
}

run "with_a_domain" {
  variables {
    domain = "example.com"
  }

  assert {
    condition = (
      aws_cloudfront_distribution.site.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
      && aws_cloudfront_distribution.site.viewer_certificate[0].ssl_support_method == "sni-only"
      && aws_cloudfront_distribution.site.viewer_certificate[0].acm_certificate_arn == output.certificate_arn
    )
    error_message = "With a certificate nothing below TLS 1.2 may be spoken."
  }

  assert {
    condition     = aws_cloudfront_distribution.site.aliases == toset(["example.com"])
    error_message = "The distribution must answer to the domain."
  }

  assert {
    condition     = toset(keys(aws_route53_record.site)) == toset(["A", "AAAA"])
    error_message = "The domain needs an address of both kinds."
  }

  assert {
    condition     = data.aws_route53_zone.site[0].name == "example.com"
    error_message = "A domain of two labels is its own zone."
  }

  assert {
    condition     = output.site_url == "https://example.com" && output.counter_url == "https://example.com/api/count"
    error_message = "The addresses must be those of the domain."
  }
}

run "a_subdomain_is_in_its_parents_zone" {
  variables {
    domain = "resume.example.co.uk"
  }

  assert {
    condition     = data.aws_route53_zone.site[0].name == "example.co.uk"
    error_message = "The zone of a longer name is its parent."
  }
}

run "a_zone_must_hold_the_domain" {
  command = plan

  variables {
    domain = "resume.example.com"
    zone   = "ample.com"
  }

  expect_failures = [data.aws_route53_zone.site]
}
