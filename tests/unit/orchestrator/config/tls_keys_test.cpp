#include "orchestrator/config/tls_keys.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/orchestrator/config/config_file.hpp"

namespace tributary::config {

TEST_CASE("a certificate without its key, and client certificates without TLS, are told", "[config]") {
    ConfigFile const file;
    file.write("a.pem", "x");
    auto const reading = file.read(
        "[server]\ntls_client_ca = \"a.pem\"\n" + std::string(kPartner) +
        "tls_client_certificate = \"a.pem\"\n"
    );
    REQUIRE(reading.problems.size() == 2);
    CHECK_THAT(reading.problems[0], Catch::Matchers::ContainsSubstring("tls_client_ca"));
    CHECK_THAT(reading.problems[1], Catch::Matchers::ContainsSubstring("go together"));
}

TEST_CASE("a certificate that cannot be read is the only thing told of it", "[config]") {
    ConfigFile const file;
    file.write("key.pem", "x");
    auto const reading = file.read(
        "[server]\nlisten = \"0.0.0.0:8443\"\ntls_certificate = \"none.pem\"\ntls_key = \"key.pem\"\n" +
        std::string(kPartner) + "tls_client_certificate = \"key.pem\"\ntls_client_key = \"none.pem\"\n"
    );
    REQUIRE(reading.problems.size() == 2);
    CHECK_THAT(reading.problems[0], Catch::Matchers::ContainsSubstring("tls_certificate: cannot read"));
    CHECK_THAT(reading.problems[1], Catch::Matchers::ContainsSubstring("tls_client_key: cannot read"));
}

TEST_CASE("a key of another certificate, and an authority that is none, are told", "[config][tls]") {
    ConfigFile const file;
    Certificates certificates;
    certificates.add("ours", "DNS:localhost");
    certificates.add("other", "DNS:localhost");
    file.write("no-authority.pem", "x");
    auto const read = [&](std::string const& key, std::string const& authority) {
        return file.read(
            "[server]\ntls_certificate = \"" + certificates.certificate("ours") + "\"\ntls_key = \"" +
            certificates.key(key) + "\"\n[delivery]\ntls_ca = \"" + authority + "\"\n" + kPartner
        );
    };
    CHECK(read("ours", certificates.ca()).problems.empty());
    auto const wrong = read("other", "no-authority.pem");
    REQUIRE(wrong.problems.size() == 2);
    CHECK_THAT(wrong.problems[0], Catch::Matchers::ContainsSubstring(":2: [server] tls_certificate: key "));
    CHECK_THAT(wrong.problems[1], Catch::Matchers::ContainsSubstring(":5: [delivery] tls_ca: CA file "));
}

TEST_CASE("what is wrong with the certificates of several partners is told together", "[config][tls]") {
    ConfigFile const file;
    Certificates certificates;
    certificates.add("ours", "DNS:localhost");
    certificates.add("other", "DNS:localhost");
    file.write("no-authority.pem", "x");
    auto const partner = [](std::string const& id, std::string const& keys) {
        return "[[partner]]\nid = \"" + id + "\"\nfhir = \"https://127.0.0.1:1/fhir\"\n" + keys + '\n';
    };
    auto const certificate = "tls_client_certificate = \"" + certificates.certificate("ours") + "\"\n";
    auto const key = [&](std::string const& name) {
        return "tls_client_key = \"" + certificates.key(name) + "\"\n";
    };
    auto const authority = "tls_ca = \"" + certificates.ca() + "\"\n";
    std::string const defaults = "[partner_defaults]\n" + certificate;
    CHECK(file.read(defaults + key("ours") + partner("p001", authority)).problems.empty());
    auto const wrong = file.read(
        defaults + key("ours") + partner("p001", "tls_ca = \"no-authority.pem\"") +
        partner("p002", key("other")) + partner("p003", "")
    );
    REQUIRE(wrong.problems.size() == 2);
    CHECK_THAT(wrong.problems[0], Catch::Matchers::ContainsSubstring(":7: [[partner]] tls_ca: CA file "));
    CHECK_THAT(
        wrong.problems[1], Catch::Matchers::ContainsSubstring(":11: [[partner]] tls_client_key: key ")
    );
    auto const once = file.read(defaults + key("other") + partner("p001", "") + partner("p002", ""));
    REQUIRE(once.problems.size() == 1);
    CHECK_THAT(once.problems[0], Catch::Matchers::ContainsSubstring(":2: [partner_defaults] "));
}

}  // namespace tributary::config
