#include "orchestrator/config/config.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/unit/orchestrator/config/config_file.hpp"

namespace tributary::config {

using namespace std::chrono_literals;

namespace {

bool tells(Reading const& reading, std::string const& line_end) {
    return std::any_of(reading.problems.begin(), reading.problems.end(), [&](std::string const& line) {
        return line.ends_with(line_end);
    });
}

}  // namespace

TEST_CASE(
    "a host that no endpoint can have is told, and every spelling of one that it can is taken", "[config]"
) {
    ConfigFile const file;
    auto const with = [&file](std::string const& host) {
        return file.read("[delivery]\nallowed_hosts = [\"" + host + "\"]\n" + kPartner);
    };
    for (auto const* wrong :
         {"", "https://app.example", "app.example:8443", "*.example", "app.example/x", "[::1]:443", "a b"}) {
        INFO(wrong);
        auto const reading = with(wrong);
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(
            reading.problems.front(), Catch::Matchers::ContainsSubstring("[delivery] allowed_hosts: ")
        );
    }
    for (auto const& [written, meant] : std::map<std::string, std::string>{
             {"App.Example.", "app.example"},
             {"192.0.2.1", "192.0.2.1"},
             {"[2606:4700::1111]", "2606:4700::1111"},
             {"2606:4700:0:0:0::1111", "2606:4700::1111"}
         }) {
        INFO(written);
        auto const reading = with(written);
        REQUIRE(reading.problems.empty());
        CHECK(reading.config.delivery.policy.allowed_hosts == std::vector<std::string>{meant});
    }
}

TEST_CASE("everything but the partners has a default", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(kPartner);
    REQUIRE(reading.problems.empty());
    auto const& config = reading.config;
    CHECK(config.server.listen.port == 8080);
    CHECK(config.operations.listen.port == 9090);
    CHECK(config.cache.path == (file.folder() / "tributary.db").string());
    CHECK(config.discovery.deadline == 5min);
    CHECK(config.delivery.rules.retry_for == 15min);
    REQUIRE(config.partners.size() == 1);
    CHECK(config.partners.front().name == "p001");
    CHECK(config.partners.front().query_timeout == 60s);
    CHECK(config.partners.front().max_concurrent == 4);
}

TEST_CASE("acceptance by search makes auto a search, and leaves what was chosen", "[config]") {
    using partner::DiscoveryMethod;
    ConfigFile const file;
    std::string const forced =
        "[[partner]]\nid = \"p002\"\nfhir = \"http://127.0.0.1:9001/p002/fhir\"\ndiscovery = \"match\"\n";
    auto const strict = file.read(kPartner + forced);
    REQUIRE(strict.config.partners.size() == 2);
    CHECK(strict.config.partners[0].discovery == DiscoveryMethod::automatic);
    auto const search = file.read("[discovery]\nacceptance = \"search\"\n" + (kPartner + forced));
    REQUIRE(search.config.partners.size() == 2);
    CHECK(search.config.partners[0].discovery == DiscoveryMethod::search);
    CHECK(search.config.partners[1].discovery == DiscoveryMethod::match);
}

TEST_CASE("a file without a partner is refused", "[config]") {
    ConfigFile const file;
    auto const reading = file.read("[server]\nlisten = \"127.0.0.1:0\"\n");
    REQUIRE(reading.problems.size() == 1);
    CHECK_THAT(reading.problems.front(), Catch::Matchers::ContainsSubstring("no partner to ask"));
}

TEST_CASE("all problems are told together, each with its line", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(
        "[server]\n"
        "lisen = \"127.0.0.1:0\"\n"
        "drain = \"10\"\n"
        "[discovery]\n"
        "acceptance = \"loose\"\n"
        "max_matches = 0\n"
        "[[partner]]\n"
        "id = \"P 1\"\n"
        "fhir = \"ftp://example.org\"\n"
    );
    auto const where = (file.folder() / "tributary.toml").string();
    REQUIRE(reading.problems.size() == 6);
    CHECK(
        std::find(
            reading.problems.begin(),
            reading.problems.end(),
            where + ":2: [server] lisen: unknown key (did you mean \"listen\"?)"
        ) != reading.problems.end()
    );
    CHECK_THAT(
        reading.problems[0], Catch::Matchers::ContainsSubstring(":3: [server] drain: \"10\" is no duration")
    );
    CHECK(tells(
        reading, ":5: [discovery] acceptance: \"loose\" is not offered: use one of \"strict\", \"search\""
    ));
    CHECK(tells(reading, ":6: [discovery] max_matches: must be a whole number from 1 to 100"));
    CHECK(tells(reading, ":8: [[partner]] id: \"P 1\" must be 1 to 32 characters of a-z, 0-9 and -"));
}

TEST_CASE("a key that is not built yet is unknown", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(std::string("directory = \"directory.json\"\n") + kPartner);
    REQUIRE(reading.problems.size() == 1);
    CHECK_THAT(reading.problems.front(), Catch::Matchers::ContainsSubstring("directory: unknown key"));
}

TEST_CASE("what no request could carry is no header", "[config]") {
    ConfigFile const file;
    for (std::string const name : {"\"Bad Header\"", "\"\"", "\"X:Y\""}) {
        auto const reading = file.read(std::string(kPartner) + "headers = { " + name + " = \"x\" }\n");
        INFO(name);
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(reading.problems.front(), Catch::Matchers::ContainsSubstring("is no name of a header"));
    }
    for (std::string const value : {"a\\u0000b", "a\\nb", "a\\u007f", "a\\u001b[2J"}) {
        auto const reading = file.read(std::string(kPartner) + "headers = { X = \"" + value + "\" }\n");
        INFO(value);
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(
            reading.problems.front(), Catch::Matchers::ContainsSubstring("headers: X must not contain")
        );
    }
    for (std::string const name : {"Host", "content-length", "Connection"}) {
        auto const reading = file.read(std::string(kPartner) + "headers = { " + name + " = \"x\" }\n");
        INFO(name);
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(reading.problems.front(), Catch::Matchers::EndsWith("leave it out"));
    }
}

TEST_CASE("strings take environment variables, and an unset one is told", "[config]") {
    ConfigFile const file;
    std::string const text =
        std::string(kPartner) + "headers = { Authorization = \"Bearer ${RIVERSIDE_TOKEN}!\" }\n";
    SECTION("set") {
        auto const reading = file.read(text, {{"RIVERSIDE_TOKEN", "s3cret"}});
        REQUIRE(reading.problems.empty());
        REQUIRE(reading.config.partners.front().headers.size() == 1);
        CHECK(reading.config.partners.front().headers.front().second == "Bearer s3cret!");
    }
    SECTION("unset") {
        auto const reading = file.read(text);
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(
            reading.problems.front(),
            Catch::Matchers::ContainsSubstring(
                ":4: [[partner]] headers: the environment variable RIVERSIDE_TOKEN is not set"
            )
        );
    }
}

TEST_CASE("what a variable brings in is not told", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(
        "[server]\n"
        "listen = \"${SECRET}\"\n"
        "drain = \"${SECRET}\"\n"
        "[partner_defaults]\n"
        "allowed_origins = [\"${SECRET}\"]\n"
        "[[partner]]\n"
        "id = \"p001\"\n"
        "fhir = \"ftp://${SECRET}@example.org\"\n",
        {{"SECRET", "s3cret"}}
    );
    CHECK(reading.problems.size() == 4);
    for (auto const& problem : reading.problems) {
        CHECK(problem.find("s3cret") == std::string::npos);
        CHECK_THAT(problem, Catch::Matchers::ContainsSubstring("${SECRET}"));
    }
}

TEST_CASE("a time in which nothing can be done, and a size that holds nothing, are refused", "[config]") {
    ConfigFile const file;
    for (std::string const key : {"connect", "discovery", "query", "retrieve", "probe"}) {
        INFO(key);
        auto const reading = file.read(std::string(kPartner) + key + "_timeout = \"0s\"\n");
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(
            reading.problems[0],
            Catch::Matchers::EndsWith(key + "_timeout: \"0s\" is too short: at least \"1ms\"")
        );
    }
    for (std::string const key : {"request_body", "request_head", "partner_body", "document_body"}) {
        INFO(key);
        auto const reading = file.read(std::string(kPartner) + "[limits]\n" + key + " = \"0B\"\n");
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(
            reading.problems[0], Catch::Matchers::EndsWith(key + ": \"0B\" is too small: at least \"1B\"")
        );
    }
    CHECK(file.read(std::string(kPartner) + "[limits]\nrequest_time = \"0s\"\n").problems.size() == 1);
    for (std::string const key : {"timeout", "handshake_within", "binding_token_life"}) {
        INFO(key);
        auto const reading = file.read(std::string(kPartner) + "[delivery]\n" + key + " = \"0s\"\n");
        CHECK(reading.problems.size() == 1);
    }
    CHECK(file.read(std::string(kPartner) + "[limits]\ncriteria = \"0B\"\n").problems.size() == 1);
}

TEST_CASE("where none means never or at once, it is accepted", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(
        "[server]\ndrain = \"0s\"\n[discovery]\nrefresh = \"0s\"\nprogress_interval = \"0s\"\n"
        "[delivery]\nhandshake_delay = \"0s\"\nretry_for = \"0s\"\n" +
        std::string(kPartner)
    );
    CHECK(reading.problems.empty());
}

TEST_CASE("a time below a second is kept as it is written", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(
        "[discovery]\nrefresh = \"300ms\"\ndeadline = \"301ms\"\nreuse = \"302ms\"\n"
        "[delivery]\nretry_for = \"303ms\"\nhandshake_within = \"304ms\"\noff_after = \"1500ms\"\n"
        "binding_token_life = \"305ms\"\n" +
        std::string(kPartner)
    );
    REQUIRE(reading.problems.empty());
    auto const& config = reading.config;
    CHECK(config.discovery.refresh == 300ms);
    CHECK(config.discovery.deadline == 301ms);
    CHECK(config.discovery.reuse == 302ms);
    CHECK(config.delivery.rules.retry_for == 303ms);
    CHECK(config.delivery.rules.handshake_within == 304ms);
    CHECK(config.delivery.rules.off_after == 1500ms);
    CHECK(config.delivery.binding_token_life == 305ms);
}

TEST_CASE("an origin is kept as browsers write it, and what none of them can send is refused", "[config]") {
    ConfigFile const file;
    auto const read = [&file](std::string const& origin) {
        return file.read("[server]\nallowed_origins = [\"" + origin + "\"]\n" + kPartner);
    };
    std::vector<std::pair<std::string, std::string>> const kept{
        {"https://app.example", "https://app.example"},
        {"https://app.example/", "https://app.example"},
        {"HTTPS://App.Example:443", "https://app.example"},
        {"http://localhost:8000", "http://localhost:8000"},
        {"capacitor://localhost", "capacitor://localhost"},
        {"*", "*"}
    };
    for (auto const& [written, origin] : kept) {
        INFO(written);
        auto const reading = read(written);
        CHECK(reading.problems.empty());
        CHECK(reading.config.server.allowed_origins == std::vector{origin});
    }
    for (auto const* wrong :
         {"",
          "app.example",
          "null",
          "https://",
          "https://app.example/path",
          "https://app.example//",
          "https://*.example",
          "*.example",
          "wss://app.example",
          "https://app.example:0",
          "://app.example"}) {
        INFO(wrong);
        auto const reading = read(wrong);
        REQUIRE(reading.problems.size() == 1);
        CHECK_THAT(
            reading.problems[0],
            Catch::Matchers::ContainsSubstring("allowed_origins: \"" + std::string(wrong) + "\" is no origin")
        );
    }
}

TEST_CASE("a partner whose id is empty is refused", "[config]") {
    ConfigFile const file;
    auto const reading = file.read("[[partner]]\nid = \"\"\nfhir = \"https://p1.example/fhir\"\n");
    CHECK(tells(reading, ":2: [[partner]] id: \"\" must be 1 to 32 characters of a-z, 0-9 and -"));
}

TEST_CASE("a base that is empty is refused, but for the public one", "[config]") {
    ConfigFile const file;
    CHECK(file.read("[server]\npublic_base = \"\"\n" + std::string(kPartner)).problems.empty());
    auto const canonical = file.read("[server]\ncanonical_base = \"\"\n" + std::string(kPartner));
    REQUIRE(canonical.problems.size() == 1);
    CHECK_THAT(
        canonical.problems[0],
        Catch::Matchers::ContainsSubstring(":2: [server] canonical_base: \"\" is no base URL")
    );
    CHECK(file.read("[[partner]]\nid = \"p001\"\nfhir = \"\"\n").problems.size() == 1);
}

TEST_CASE("a base ends with its path", "[config]") {
    ConfigFile const file;
    for (std::string const end : {"?a=b", "#part", "/fhir#", "/fhir/?"}) {
        auto const base = "\"http://docs.example" + end + "\"\n";
        INFO(base);
        auto const reading = file.read(
            "[server]\npublic_base = " + base + "canonical_base = " + base +
            "[[partner]]\nid = \"p001\"\nfhir = " + base
        );
        CHECK(reading.problems.size() == 3);
    }
}

TEST_CASE("a number that is none, and a list of others, are refused once", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(
        "[partner_defaults]\nretry_share = nan\nallowed_origins = [1, 2]\n" + std::string(kPartner)
    );
    CHECK(reading.problems.size() == 2);
}

TEST_CASE("a partner id stands for one partner over all files", "[config]") {
    ConfigFile const file;
    file.write("partners.toml", std::string("\n") + kPartner);
    auto const reading = file.read(std::string("partners_file = \"partners.toml\"\n") + kPartner);
    REQUIRE(reading.problems.size() == 1);
    CHECK_THAT(
        reading.problems.front(),
        Catch::Matchers::ContainsSubstring(
            "partners.toml:3: [[partner]] id: \"p001\" is the id of another partner already"
        )
    );
    CHECK_THAT(reading.problems.front(), Catch::Matchers::ContainsSubstring("tributary.toml:2"));
}

TEST_CASE("a partner's own keys win over the defaults", "[config]") {
    ConfigFile const file;
    auto const reading = file.read(
        std::string("[partner_defaults]\nquery_timeout = \"5s\"\nattempts = 7\n") + kPartner +
        "query_timeout = \"1s\"\n"
    );
    REQUIRE(reading.problems.empty());
    CHECK(reading.config.partners.front().query_timeout == 1s);
    CHECK(reading.config.partners.front().attempts == 7);
}

TEST_CASE("a listener that is not loopback needs TLS or a word", "[config]") {
    ConfigFile const file;
    CHECK(file.read(std::string("[server]\nlisten = \"0.0.0.0:8080\"\n") + kPartner).problems.size() == 1);
    CHECK(file.read(std::string("[server]\nlisten = \"0.0.0.0:8080\"\nallow_http = true\n") + kPartner)
              .problems.empty());
}

TEST_CASE("a file that is no TOML is told with its line", "[config]") {
    ConfigFile const file;
    auto const reading = file.read("[server]\nlisten = \n");
    REQUIRE(reading.problems.size() == 1);
    CHECK_THAT(reading.problems.front(), Catch::Matchers::ContainsSubstring("tributary.toml:2: "));
}

TEST_CASE("a webhook secret is its prefix and a key in base64", "[config]") {
    ConfigFile file;
    auto const read = [&file](std::string const& secret) {
        return file.read(std::string(kPartner) + "[delivery]\nwebhook_secret = \"" + secret + "\"\n");
    };
    auto const right = read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    CHECK(right.problems.empty());
    CHECK(right.config.delivery.webhook_key.size() == 24);
    auto const none = read("");
    CHECK(none.problems.empty());
    CHECK(none.config.delivery.webhook_key.empty());
    for (auto const* wrong : {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_***"}) {
        auto const reading = read(wrong);
        REQUIRE(reading.problems.size() == 1);
        CHECK(reading.problems.front().find(wrong) == std::string::npos);
    }
}

TEST_CASE("endpoints may be at port 443 and above 1023, at 80 with plain HTTP only", "[config][D1.2]") {
    ConfigFile file;
    auto const allowed = [&file](std::string const& keys, std::string const& url) {
        auto const reading = file.read(std::string(kPartner) + "[delivery]\n" + keys);
        return net::check_url(reading.config.delivery.policy, *net::parse_url(url)).has_value();
    };
    CHECK(allowed("", "https://a.example/x"));
    CHECK(allowed("", "https://a.example:8443/x"));
    CHECK_FALSE(allowed("", "https://a.example:22/x"));
    CHECK_FALSE(allowed("", "https://a.example:80/x"));
    CHECK(allowed("allow_http = true\n", "http://a.example/x"));
    CHECK_FALSE(allowed("allow_http = true\n", "http://a.example:25/x"));
}

}  // namespace tributary::config
