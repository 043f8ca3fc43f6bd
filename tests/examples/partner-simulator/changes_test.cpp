#include "examples/partner-simulator/changes.hpp"

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

constexpr std::uint64_t kSeed = 20260701;
constexpr int kDocuments = 2000;

/// Two communities; each document is at the first, every tenth at both.
Network make_network() {
    Network network;
    network.communities = {{"p001", "", "", ""}, {"p002", "", "", ""}};
    for (int i = 0; i < kDocuments; ++i) {
        Document document;
        document.id = document.truth = "d" + std::to_string(i);
        document.patient_id = document.listed_for = "a";
        document.master_identifier = uri_identifier("urn:oid:2.999." + std::to_string(i));
        document.contents = {{"text/plain", Bytes(document.id), document.id + "-text"}};
        network.communities[0].documents.push_back(document);
        document.copy_class = CopyClass::exact_copy;
        if (i % 10 == 0) network.communities[1].documents.push_back(document);
    }
    return network;
}

template <class Predicate>
auto count(Network const& network, Predicate const& is) {
    auto const& documents = network.communities[0].documents;
    return std::count_if(documents.begin(), documents.end(), is);
}

bool is_current(Document const& document) { return document.status == "current"; }

}  // namespace

TEST_CASE(
    "half of the documents are there at first, and each tick brings a twentieth as many", "[simulator]"
) {
    auto network = make_network();
    auto const feed = withhold_changes(kSeed, network);
    auto before = network.communities[0].documents.size();
    CHECK(std::abs(static_cast<double>(before) - 1000) < 80);
    for (auto const& edits : feed) {
        apply_edits(network, edits);
        auto const after = network.communities[0].documents.size();
        CHECK(after > before + 30);
        CHECK(after < before + 100);
        before = after;
    }
    CHECK(count(network, [](Document const& d) {
              return d.truth.find('|') == std::string::npos;
          }) == kDocuments);
}

TEST_CASE("some documents are replaced by a version of other bytes, some are retracted", "[simulator]") {
    auto network = make_network();
    for (auto const& edits : withhold_changes(kSeed, network)) apply_edits(network, edits);
    auto const superseded = count(network, [](Document const& d) { return d.status == "superseded"; });
    auto const retracted = count(network, [](Document const& d) { return d.status == "entered-in-error"; });
    auto const versions = count(network, [](Document const& d) { return !d.replaces.value.empty(); });
    CHECK(superseded == versions);
    CHECK(superseded > 150);
    CHECK(retracted > 70);
    CHECK(retracted < 200);
    auto const& documents = network.communities[0].documents;
    for (auto const& version : documents) {
        if (version.replaces.value.empty()) continue;
        auto const old = std::find_if(documents.begin(), documents.end(), [&](Document const& d) {
            return d.master_identifier.value == version.replaces.value;
        });
        REQUIRE(old != documents.end());
        CHECK(old->status == "superseded");
        CHECK(old->version == 2);
        CHECK_FALSE(old->contents[0].bytes == version.contents[0].bytes);
        CHECK(is_current(version));
    }
}

TEST_CASE("the copies of a document come and go with it, and are not replaced", "[simulator]") {
    auto network = make_network();
    for (auto const& edits : withhold_changes(kSeed, network)) {
        apply_edits(network, edits);
        std::set<std::pair<std::string, std::string>> first, second;
        for (auto const& document : network.communities[0].documents)
            first.emplace(document.truth, document.status);
        for (auto const& document : network.communities[1].documents)
            second.emplace(document.truth, document.status);
        CHECK(std::includes(first.begin(), first.end(), second.begin(), second.end()));
    }
    CHECK(network.communities[1].documents.size() == kDocuments / 10);
}

TEST_CASE("the feed is the same for a seed, and another for another", "[simulator]") {
    auto one = make_network(), same = make_network(), other = make_network();
    auto const feed = withhold_changes(kSeed, one);
    CHECK(withhold_changes(kSeed, same)[3].size() == feed[3].size());
    CHECK(same.communities[0].documents.size() == one.communities[0].documents.size());
    withhold_changes(1, other);
    CHECK(other.communities[0].documents.size() != one.communities[0].documents.size());
}

}  // namespace tributary::simulator
