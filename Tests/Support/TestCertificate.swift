// SPDX-License-Identifier: Apache-2.0

/// Certificates for tests, valid until 2120, each signed by itself; their keys are nobody's secret.
package enum TestCertificate {
    /// For `relay.example.net`.
    package static let relay = """
        -----BEGIN CERTIFICATE-----
        MIIBeTCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFyZWxheS5l
        eGFtcGxlLm5ldDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowHDEa
        MBgGA1UEAwwRcmVsYXkuZXhhbXBsZS5uZXQwWTATBgcqhkjOPQIBBggqhkjOPQMB
        BwNCAARp5ScoVcN37ECL17H1eU37meXWVS3aSB0AsQY1hHzFKWpQUrCiiMLwUiuf
        RrMgQDNKMaMht05S1rtz9WubqDywo1AwTjAcBgNVHREEFTATghFyZWxheS5leGFt
        cGxlLm5ldDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBQcWCu7wYFu/MZY8RKw
        NGghVpv0njAKBggqhkjOPQQDAgNIADBFAiEA4NkaK64hevIKXl+jwgLJRJNCsEJ3
        XJSk5cd1azUWE9sCIDk7wGBXPjXFCiIP4/cUWhrTbCTQA5JrMoezOrO2gd7I
        -----END CERTIFICATE-----
        """

    package static let relayKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/liVu3AZu9JXGwKH
        N7TmK35S1zAoi694GWjMXZQiA7mhRANCAARp5ScoVcN37ECL17H1eU37meXWVS3a
        SB0AsQY1hHzFKWpQUrCiiMLwUiufRrMgQDNKMaMht05S1rtz9WubqDyw
        -----END PRIVATE KEY-----
        """

    /// For `other.example.net`.
    package static let other = """
        -----BEGIN CERTIFICATE-----
        MIIBeTCCAR+gAwIBAgIBAjAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFvdGhlci5l
        eGFtcGxlLm5ldDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowHDEa
        MBgGA1UEAwwRb3RoZXIuZXhhbXBsZS5uZXQwWTATBgcqhkjOPQIBBggqhkjOPQMB
        BwNCAARKuNxwIRrgIzn5GnbdsTrrZMvxsy3qVcxA4LOsloX78RIng0ii9AuHhECW
        nOXAfgpHg9n+QktOwVufxyTKJCWro1AwTjAcBgNVHREEFTATghFvdGhlci5leGFt
        cGxlLm5ldDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBQcJvEJedIPvR+GzP4K
        ukQn9odCAjAKBggqhkjOPQQDAgNIADBFAiEA3BrTLmlmcXtKGw/EdONiV5zrfAlu
        WDf3jYK0JF2LlFoCIAu3JYprTyYh82VjFy6tVTlB3W/XAotRjmz5XqhOU6zO
        -----END CERTIFICATE-----
        """

    package static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFPFLvgyk2ez/2tkE
        vbp+31uYuf7uPv1S/RTxSbdW2BahRANCAARKuNxwIRrgIzn5GnbdsTrrZMvxsy3q
        VcxA4LOsloX78RIng0ii9AuHhECWnOXAfgpHg9n+QktOwVufxyTKJCWr
        -----END PRIVATE KEY-----
        """
}
